"""The report on replies: what went out, how soon, and after which known answers nobody had to write again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from triage.reports.grouping import bars_of, group_cells, group_columns
from triage.reports.report import Cell, Chart, Report, Share, Table, number, share, text, time
from triage.store.figures.counting import DIMENSIONS, Scope, Spread
from triage.store.figures.replies import HintCount, ReplyCount, ReplyFigures

BY = DIMENSIONS
SETTLING = timedelta(days=7)  # without another mail, after which a known answer counts as having settled the matter

SENT = (
    "Replies to mails handled in this time, by the template and the language they were written in. Waiting: queued for "
    "the mail server. Given up: refused, or deferred for too long ('triage trouble list')."
)
LATENCY = (
    "Replies that were sent: from the moment their mail was handled to the moment the mail server took the reply. The "
    "time a mail lay in the mailbox before is not in it. Nine of ten took no longer than the figure of that name."
)
HINTS = (
    "Known answers in replies to first mails that are at least seven days old. Settled: nobody wrote in the ticket "
    "again. A reply with two known answers counts for both. The last row is technical replies without any, to compare: "
    "a sender who got what was missing some other way counts as settled too."
)


def report(figures: ReplyFigures, scope: Scope, now: datetime) -> Report:
    """Replies. `now` is the moment of the figures."""
    by = scope.by
    tables = (_latency(figures.latency, by), _sent(figures.sent, by), _hints(figures.hints, figures.without_hints))
    return Report("replies", "Replies", tables, now, scope.since, scope.until, _headline(figures))


def _headline(figures: ReplyFigures) -> tuple[tuple[str, Cell], ...]:
    every = [each for each in figures.sent if each.group == ()]
    times = next((each for each in figures.latency if each.group == ()), None)
    if times is None:
        return ()
    return (
        ("replies sent", sum(each.sent for each in every)),
        ("left within a minute", Share(times.within, times.count)),
        ("median time to the reply", times.median),
        ("waiting or given up", sum(each.waiting + each.given_up for each in every)),
    )


def _latency(spreads: Iterable[Spread], by: tuple[str, ...]) -> Table:
    columns = (number("replies"), share("within_a_minute"), time("median"), time("nine_of_ten"), time("longest"))
    rows = tuple((*group_cells(each.group, by), *_times(each)) for each in spreads)
    charts = bars_of(by, "median")
    return Table("latency", "How soon replies left", LATENCY, (*group_columns(by), *columns), rows, charts=charts)


def _times(each: Spread) -> tuple[Cell, ...]:
    return (each.count, Share(each.within, each.count), each.median, each.most, each.longest)


def _sent(counts: Sequence[ReplyCount], by: tuple[str, ...]) -> Table:
    columns = (
        text("template"),
        text("language"),
        number("replies"),
        number("sent"),
        number("waiting"),
        number("given_up"),
    )
    if "language" in by:
        columns = (columns[0], text("language_of_reply"), *columns[2:])
    rows = tuple(
        (
            *group_cells(each.group, by),
            each.template,
            each.language,
            each.replies,
            each.sent,
            each.waiting,
            each.given_up,
        )
        for each in counts
    )
    charts = () if by else (Chart("heat", "template", "replies", series="language"),)
    return Table("sent", "Replies by template", SENT, (*group_columns(by), *columns), rows, charts=charts)


def _hints(counts: Sequence[HintCount], without: HintCount) -> Table:
    columns = (text("known_answer"), number("given"), share("settled"))
    rows = tuple((each.hint, each.given, Share(each.settled, each.given)) for each in counts)
    if rows:
        rows += (("(no known answer)", without.given, Share(without.settled, without.given)),)
    return Table(
        "hints",
        "Known answers",
        HINTS,
        columns,
        rows,
        "No known answer was given in this time, seven days ago or earlier.",
        (Chart("bars", "known_answer", "settled"),),
    )
