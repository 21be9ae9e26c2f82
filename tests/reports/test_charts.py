from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest

from tests.reports.books import NOW, Books
from triage.reports import charts, drawing, making
from triage.reports.report import Chart, Report, Share, Table, number, share, text, time
from triage.store.figures.counting import Scope

SHARES = Table(
    "fields",
    "Missing fields",
    "d",
    (text("week"), text("field"), share("share")),
    (
        ("all", "msn", Share(9, 20)),
        ("2026-03-02", "msn", Share(4, 10)),
        ("2026-03-23", "msn", Share(5, 10)),
        ("2026-03-02", "order_id", Share(1, 10)),
        ("2026-03-23", "order_id", Share(0, 0)),
    ),
)
LINES = Chart("lines", "week", "share", series="field")


def values(spec):
    """The drawn rows of a specification."""
    return spec["data"]["values"]


@pytest.mark.parametrize("by", [(), ("week",), ("sender",)])
def test_every_chart_of_every_report_is_drawn_in_both_widths(shelf: Books, by: tuple[str, ...]):
    drawn = 0
    for report in making.make_all(shelf.store, Scope(by=by)):
        for table in report.tables:
            for chart in table.charts:
                for width in (charts.WIDE, charts.NARROW):
                    if spec := charts.whole(table, chart, width):
                        picture = ElementTree.fromstring(drawing.svg(spec))
                        assert float(picture.get("width")) <= width + 60
                        drawn += 1
    assert drawn >= 8


def test_what_is_counted_over_everything_is_not_drawn_beside_its_parts():
    spec = charts.spec(SHARES, LINES, charts.WIDE)
    assert spec is not None
    assert [(row["label"], row["series"], row["value"]) for row in values(spec)] == [
        ("2026-03-02", "msn", 0.4),
        ("2026-03-23", "msn", 0.5),
        ("2026-03-02", "order_id", 0.1),
    ]


def test_weeks_without_mail_keep_their_place():
    spec = charts.spec(SHARES, LINES, charts.WIDE)
    assert spec is not None
    axis = spec["layer"][0]["encoding"]["x"]
    assert axis["scale"]["domain"] == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]


def test_lines_differ_in_colour_and_in_their_marks():
    spec = charts.spec(SHARES, LINES, charts.WIDE)
    assert spec is not None
    encoding = spec["layer"][0]["encoding"]
    assert len(set(encoding["color"]["scale"]["range"])) == len(set(encoding["shape"]["scale"]["range"])) == 2


def test_bars_of_shares_show_their_intervals():
    table = Table("t", "T", "d", (text("field"), share("share")), (("msn", Share(1, 10)), ("order_id", Share(5, 10))))
    spec = charts.spec(table, Chart("bars", "field", "share"), charts.WIDE)
    assert spec is not None
    assert (values(spec)[0]["low"], values(spec)[0]["high"]) == Share(1, 10).interval
    assert any(layer["mark"]["type"] == "rule" for layer in spec["layer"])


@pytest.mark.parametrize("rows", [(), (("msn", 3),), (("msn", 0), ("order_id", 0))])
def test_too_little_to_compare_is_not_drawn(rows):
    table = Table("t", "T", "d", (text("field"), number("mails")), rows)
    assert charts.whole(table, Chart("bars", "field", "mails"), charts.WIDE) is None


def test_a_chart_is_told_in_words_with_its_highest_and_lowest():
    columns = (text("field"), time("median"))
    table = Table("t", "Times", "d", columns, (("order_id", timedelta(hours=30)), ("msn", timedelta(minutes=5))))
    words = charts.in_words(table, Chart("bars", "field", "median"))
    assert words.startswith("Bar chart: Times. Highest: order id, 30 h; lowest: msn, 5.0 min.")


def test_all_charts_make_one_picture(shelf: Books):
    spec = charts.together(making.make_all(shelf.store, Scope()), charts.WIDE)
    assert spec is not None
    assert len(spec["vconcat"]) >= 8
    picture = drawing.png(spec)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20], "big") > 2 * 700


def test_a_report_of_nothing_has_no_picture():
    assert charts.together([Report("missing", "M", (), NOW)], charts.WIDE) is None


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    with pytest.raises(drawing.ChartsMissing, match=r"pip install 'triage\[reports\]'"):
        drawing.svg({})
