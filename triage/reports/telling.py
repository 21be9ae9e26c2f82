"""Cells in words for people: a share as a percentage with its interval where the sample is small, a time in its unit."""

from __future__ import annotations

from datetime import timedelta

from triage.reports.report import Cell, Report, Share

FEW_MAILS = "* few mails: the true share lies in the range given, 95 times in 100 (Wilson interval)"
NONE = "–"  # nothing to tell


def told(cell: Cell) -> str:
    """One cell."""
    if cell is None:
        return NONE
    if isinstance(cell, Share):
        return _share(cell)
    if isinstance(cell, timedelta):
        return duration(cell)
    return f"{cell:,}" if isinstance(cell, int) else cell


def _share(share: Share) -> str:
    if share.value is None:
        return NONE
    if not share.few:
        return percent(share.value)
    low, high = share.interval
    return f"{percent(share.value)} ({low:.0%}–{high:.0%}) *"


def percent(value: float) -> str:
    """A share as whole percents; what is neither none nor all is never told as 0 or 100."""
    if 0 < value < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= value < 1 else f"{value:.0%}"


def duration(span: timedelta) -> str:
    """A time in the unit that suits it."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    for limit, unit, name in ((90, 1, "s"), (5_400, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            value = seconds / unit
            return f"{value:.1f} {name}" if value < 10 else f"{value:.0f} {name}"
    return f"{seconds / 86_400:.1f} days"


def period(report: Report) -> str:
    """The days a report is about, in words; the last one included."""
    if report.since is None and report.until is None:
        return "all recorded mail"
    since = f"from {report.since:%Y-%m-%d}" if report.since else "from the beginning"
    if report.until is None:
        return f"{since} until now"
    return f"{since} to {report.until - timedelta(microseconds=1):%Y-%m-%d}"


def has_few(report: Report) -> bool:
    """Whether any share of a report is marked as one of few mails."""
    cells = (cell for table in report.tables for row in table.rows for cell in row)
    return any(isinstance(cell, Share) and cell.few and cell.of for cell in cells)
