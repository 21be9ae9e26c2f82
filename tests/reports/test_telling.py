from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.reports.books import NOW
from triage.reports.report import Report, Share, Table, share, wilson
from triage.reports.telling import duration, has_few, percent, period, told


def test_the_wilson_interval_is_that_of_the_textbook():
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_share_of_few_mails_shows_its_interval_and_is_marked():
    assert told(Share(10, 100)) == "10%"
    assert told(Share(3, 29)) == "10% (4%–26%) *"
    assert told(Share(0, 0)) == told(None) == "–"


def test_neither_none_nor_all_is_told_when_it_is_not_so():
    assert [percent(value) for value in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_times_are_told_in_the_unit_that_suits_them():
    spans = (0.25, 4.84, 59, 600, 7_200, 90_000, 300_000)
    assert [duration(timedelta(seconds=span)) for span in spans] == [
        "250 ms",
        "4.8 s",
        "59 s",
        "10 min",
        "2.0 h",
        "25 h",
        "3.5 days",
    ]


def test_the_period_names_the_last_day_that_counts():
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert [
        period(Report("missing", "M", (), NOW, *bounds)) for bounds in ((), (march,), (None, april), (march, april))
    ] == [
        "all recorded mail",
        "from 2026-03-01 until now",
        "from the beginning to 2026-03-31",
        "from 2026-03-01 to 2026-03-31",
    ]


def test_the_remark_on_few_mails_stands_only_where_something_is_marked():
    def report(*cells):
        return Report("missing", "M", (Table("t", "T", "d", (share("part"),), tuple((cell,) for cell in cells)),), NOW)

    assert has_few(report(Share(1, 3)))
    assert not has_few(report(Share(1, 300), Share(0, 0)))
