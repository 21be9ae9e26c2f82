"""The report on the work: how much mail came, when people write, and how much of it is left to the team."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from triage.domain import Kind
from triage.reports.grouping import bars_of, group_cells, group_columns
from triage.reports.report import Cell, Chart, Report, Row, Share, Table, number, share, text
from triage.store.figures.counting import DIMENSIONS, Scope
from triage.store.figures.workload import HourCount, MailCount, StateCount, WorkFigures

BY = DIMENSIONS
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

MAILS = (
    "Every mail the desk handled: new (it opened a ticket), followup (it joined one), automatic and spam (left "
    "unanswered). For people: it rests in the ready or the review tray; the share is of new and follow-up mails."
)
WEEKS = "Every handled mail by the week in which it was handled (its Monday, UTC)."
HOURS = "New and follow-up mails by weekday and hour (UTC) in which they were handled."
STATES = "Tickets that were opened in this time, by where they stand now. Merged tickets are left out."


def report(figures: WorkFigures, scope: Scope, now: datetime) -> Report:
    """The work. `now` is the moment of the figures."""
    tables = (
        _weeks(figures.weeks),
        _mails(figures.mails, scope.by),
        _hours(figures.hours),
        _states(figures.states),
    )
    return Report("workload", "Workload", tables, now, scope.since, scope.until, _headline(figures))


def _headline(figures: WorkFigures) -> tuple[tuple[str, Cell], ...]:
    every = next((each for each in figures.mails if each.group == ()), None)
    if every is None:
        return ()
    return (
        ("mails handled", sum(every.kinds)),
        ("left to people", _for_people(every)),
        ("tickets opened", sum(each.tickets for each in figures.states)),
        ("set aside in trouble", figures.set_aside),
    )


def _for_people(each: MailCount) -> Share:
    human = sum(count for kind, count in zip(Kind, each.kinds, strict=True) if kind in (Kind.NEW, Kind.FOLLOWUP))
    return Share(each.ready + each.review, human)


def _mails(counts: Iterable[MailCount], by: tuple[str, ...]) -> Table:
    columns = (
        number("mails"),
        *(number(kind.value) for kind in Kind),
        number("ready"),
        number("review"),
        share("people", "for people"),
    )
    rows: tuple[Row, ...] = tuple(
        (
            *group_cells(each.group, by),
            sum(each.kinds),
            *each.kinds,
            each.ready,
            each.review,
            _for_people(each),
        )
        for each in counts
    )
    charts = () if by == ("week",) else bars_of(by, "mails")  # the weeks are drawn in their own table
    return Table("mails", "Mail by kind", MAILS, (*group_columns(by), *columns), rows, charts=charts)


def _weeks(counts: Sequence[MailCount]) -> Table:
    kinds = tuple(kind.value for kind in Kind)
    columns = (text("week"), number("mails"), *(number(kind) for kind in kinds))
    rows: tuple[Row, ...] = tuple((*each.group, sum(each.kinds), *each.kinds) for each in counts)
    return Table("weeks", "Mail by week", WEEKS, columns, rows, charts=(Chart("stack", "week", values=kinds),))


def _hours(counts: Iterable[HourCount]) -> Table:
    """A row an hour, a column a day."""
    mails = {each.hour: each.mails for each in counts}
    columns = (text("hour"), *(number(day.lower(), day) for day in DAYS))
    hours = range(24) if mails else ()
    rows: tuple[Row, ...] = tuple(
        (f"{hour:02d}", *(mails.get(24 * day + hour, 0) for day in range(len(DAYS)))) for hour in hours
    )
    heat = Chart("heat", "hour", values=tuple(day.lower() for day in DAYS))
    return Table("hours", "When people write", HOURS, columns, rows, charts=(heat,))


def _states(counts: Iterable[StateCount]) -> Table:
    rows = tuple((each.state, each.tickets) for each in counts)
    return Table(
        "states",
        "Tickets by state",
        STATES,
        (text("state"), number("tickets")),
        rows,
        charts=(Chart("bars", "state", "tickets"),),
    )
