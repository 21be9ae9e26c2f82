from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.reports.books import MIDDLE, NOW, Books
from triage.reports import making
from triage.reports.exporting import as_csv, as_json
from triage.reports.report import Report, Share, Table, number, share, text, time
from triage.store.figures.counting import Scope

SCHEMA = json.loads(Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8"))


def test_json_of_every_report_keeps_to_the_schema(books: Books):
    for scope in (Scope(), MIDDLE, Scope(by=("week", "language")), Scope(until=Scope(NOW).since, since=NOW)):
        document = json.loads(as_json(making.make_all(books.store, scope)))
        Draft202012Validator(SCHEMA).validate(document)
        assert [report["report"] for report in document["reports"]] == list(making.BY)


def test_a_share_carries_both_numbers_and_its_interval_and_a_time_is_seconds():
    table = Table(
        "t", "T", "d" * 20, (share("part"), time("span"), text("name")), ((Share(1, 4), timedelta(minutes=2), None),)
    )
    document = json.loads(as_json([Report("missing", "M", (table,), NOW)]))
    assert document["reports"][0]["tables"][0]["rows"] == [
        {"part": {"hits": 1, "of": 4, "share": 0.25, "low": 0.0456, "high": 0.6994}, "span": 120.0, "name": None}
    ]


def test_csv_is_quoted_so_that_every_reader_finds_the_same_cells():
    names = ('says "hello", twice', "two\nlines", "æøå;")
    table = Table("t", "T", "d", (text("name"), number("mails")), tuple((name, 1) for name in names))
    assert [row["name"] for row in csv.DictReader(io.StringIO(as_csv(table), newline=""))] == list(names)


def test_csv_spreads_a_share_over_five_columns_and_leaves_nothing_to_tell_empty():
    table = Table("t", "T", "d", (text("name"), share("part")), (("a", Share(0, 0)), ("b", None), ("c", Share(3, 3))))
    rows = list(csv.reader(io.StringIO(as_csv(table))))
    assert rows[0] == ["name", "part_hits", "part_of", "part_share", "part_low", "part_high"]
    assert rows[1:] == [
        ["a", "0", "0", "", "0.0", "1.0"],
        ["b", "", "", "", "", ""],
        ["c", "3", "3", "1.0", "0.4385", "1.0"],
    ]


def test_no_cell_of_a_stranger_makes_a_spreadsheet_compute():
    table = Table("t", "T", "d", (text("sender"),), (("=HYPERLINK(1)",), ("@sum",), ("+1",), ("-1",), ("\tx",), ("-",)))
    assert [row[0] for row in csv.reader(io.StringIO(as_csv(table)))][1:] == [
        "'=HYPERLINK(1)",
        "'@sum",
        "'+1",
        "'-1",
        "'\tx",
        "-",
    ]
