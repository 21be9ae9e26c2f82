from __future__ import annotations

import base64
import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.reports.books import NOW, Books
from triage.reports import making
from triage.reports.page import MOST_ROWS, page
from triage.reports.report import Chart, Report, Share, Table, number, share, text
from triage.store.figures.counting import Scope


class Outline(HTMLParser):
    """Every start tag with its attributes, and whether all tags close in order."""

    VOID = frozenset({"meta", "img", "source", "link", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def html(shelf: Books) -> str:
    return page(making.make_all(shelf.store, Scope()), "Sample Desk")


def test_the_page_is_well_formed_and_names_its_language(html: str):
    outline = Outline(html)
    assert outline.open == []
    assert outline.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in outline.all("meta")


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing(html: str):
    outline = Outline(html)
    addresses = [
        value or "" for _, each in outline.tags for name, value in each.items() if name in ("src", "srcset", "href")
    ]
    assert addresses
    assert all(re.match(r"data:image/svg\+xml;base64,|#", address) for address in addresses)
    assert not re.search(r"@import|url\(|<script|<iframe|<object", html)
    assert any("default-src 'none'" in (each.get("content") or "") for each in outline.all("meta"))


def test_the_pictures_load_nothing_either(html: str):
    for address in re.findall(r"base64,([A-Za-z0-9+/=]+)", html):
        picture = ElementTree.fromstring(base64.b64decode(address))
        linked = [value for each in picture.iter() for name, value in each.items() if name.endswith(("href", "src"))]
        assert all(value.startswith("#") for value in linked)
        assert not [each for each in picture.iter() if each.tag.endswith(("script", "foreignObject"))]


def test_every_table_of_every_report_is_there_with_its_definition_and_heading(html: str, shelf: Books):
    for report in making.make_all(shelf.store, Scope()):
        for table in report.tables:
            assert f'<h3 id="{report.name}-{table.id}">{table.title}</h3>' in html
            assert table.definition in unescape(html)
    assert html.count("<table>") == sum(
        bool(table.rows) for report in making.make_all(shelf.store, Scope()) for table in report.tables
    )


def test_headings_follow_each_other_without_a_gap(html: str):
    levels = [int(tag[1]) for tag, _ in Outline(html).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_chart_has_its_message_in_words_and_a_picture_for_phones(html: str):
    outline = Outline(html)
    images = outline.all("img")
    assert len(images) >= 8
    assert all((image["alt"] or "").endswith("All figures are in the table below.") for image in images)
    assert len(outline.all("source")) == len(images)


def test_tables_can_be_heard_and_scrolled_by_keyboard(html: str):
    outline = Outline(html)
    assert all(cell["scope"] in ("row", "col") for cell in outline.all("th"))
    ids = {each["id"] for _, each in outline.tags if each.get("id")}
    scrolled = [each for each in outline.all("div") if each.get("class") == "scroll"]
    assert all(
        each["tabindex"] == "0" and each["role"] == "region" and each["aria-labelledby"] in ids for each in scrolled
    )


def test_words_of_strangers_stay_words():
    columns = (text("sender"), number("mails"))
    rows = (("<script>alert(1)</script>", 2), ('"><img src=x>', 1))
    table = Table("t", "T", "d", columns, rows, charts=(Chart("bars", "sender", "mails"),))
    html = page([Report("workload", "W", (table,), NOW)], "Desk <b>")
    assert "<script>" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_long_table_says_how_to_get_the_rest():
    table = Table("rules", "Rules", "d", (text("rule"),), tuple((f"rule {number}",) for number in range(MOST_ROWS + 5)))
    html = page([Report("routing", "Routing", (table,), NOW)], "Desk")
    assert html.count('<th scope="row">') == MOST_ROWS
    assert "5 more rows: <code>triage report routing --table rules --format csv</code>" in html


def test_few_mails_are_marked_and_explained():
    table = Table("t", "T", "d", (text("field"), share("part")), (("msn", Share(1, 3)),))
    html = page([Report("missing", "M", (table,), NOW)], "Desk")
    assert '33% <span class="few">(6%–79%) *</span>' in html
    assert "Wilson interval" in html


def test_nothing_to_tell_is_said(shelf: Books):
    html = page(making.make_all(shelf.store, Scope(since=NOW)), "Desk")
    assert "No technical mail has been handled in this time." in html
    assert "<img" not in html
