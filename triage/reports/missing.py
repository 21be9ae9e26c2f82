"""The missing-info report: of the fields that technical mails need, how many first mails lacked each, and what came of
asking for them. The definitions stand in the tables, so that no figure travels without its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from triage.reports.grouping import bars_of, chart_of, group_cells, group_columns
from triage.reports.report import Cell, Chart, Report, Row, Share, Table, number, share, text, time
from triage.store.figures.counting import DIMENSIONS, Scope
from triage.store.figures.missing import AskingCount, CorrectedFields, FieldCount, MissingFigures

BY = ("field", *DIMENSIONS)

FIELDS = (
    "Counted are first mails of tickets whose profile requires the field. A field is missing when nothing in the mail "
    "gives it: subject, text, signature or attachments; quoted history and the documentation's placeholders do not "
    "count. An inferred field is given only indirectly, such as the environment by the host of a call: it counts as "
    "given, and is counted apart."
)
ASKING = (
    "Counted are tickets whose first mail needed at least one field. Complete at first: it lacked none. The others were "
    "asked once or twice for what was missing; since then they were completed (the thread gave the rest), still wait, "
    "or are with people. A ticket that was closed in another way is in none of these three."
)
TIME = (
    "Counted are tickets that had to be asked and are complete now: from the moment the first mail was handled to the "
    "moment the mail with the last missing field was. Nine of ten took no longer than the figure of that name."
)
WEEKS = "First mails that needed at least one field, by the week in which they were handled (its Monday, UTC)."
CORRECTED = (
    "What staff said of such first mails (the last correction of each). Asked in vain: the mail gave the field after "
    "all. Overlooked: it was missing, and was not asked for. The rates above are what the desk found."
)


def report(figures: MissingFigures, scope: Scope, now: datetime) -> Report:
    """Missing information. `now` is the moment of the figures."""
    by = scope.by
    tables = (
        _fields(figures, by),
        _asking(figures, by),
        _weeks(figures),
        _time(figures, by),
        _corrected(figures.corrected),
    )
    return Report("missing", "Missing information", tables, now, scope.since, scope.until, _headline(figures))


def without_field(scope: Scope) -> Scope:
    """The scope for counting: by field every figure of fields is broken down anyway."""
    return replace(scope, by=tuple(name for name in scope.by if name != "field"))


def _headline(figures: MissingFigures) -> tuple[tuple[str, Cell], ...]:
    every = next((each for each in figures.asking if each.group == ()), None)
    if every is None:
        return ()
    worst = max((each for each in figures.fields if each.group == ()), key=_rate)
    lacking = every.tickets - every.complete
    return (
        ("complete at first mail", Share(every.complete, every.tickets)),
        (f"lacked {_words(worst.field)}, the field missing most often", Share(worst.missing, worst.needed)),
        ("completed after we asked", Share(every.completed, lacking)),
        ("median time to complete", next((each.median for each in figures.times if each.group == ()), None)),
    )


def _rate(count: FieldCount) -> float:
    return count.missing / count.needed


def _words(field: str) -> str:
    return field.replace("_", " ")


def _fields(figures: MissingFigures, by: tuple[str, ...]) -> Table:
    rows = sorted(figures.fields, key=lambda each: (each.group, -_rate(each), each.field))
    return Table(
        "fields",
        "Missing fields",
        FIELDS,
        (
            *group_columns(by),
            text("field"),
            number("needed"),
            number("missing"),
            share("share", "share missing"),
            number("inferred"),
        ),
        tuple(
            (
                *group_cells(each.group, by),
                each.field,
                each.needed,
                each.missing,
                Share(each.missing, each.needed),
                each.inferred,
            )
            for each in rows
        ),
        "No technical mail has been handled in this time.",
        chart_of(by, "field", "share"),
    )


def _asking(figures: MissingFigures, by: tuple[str, ...]) -> Table:
    columns = (
        number("tickets"),
        share("complete", "complete at first"),
        number("asked_once"),
        number("asked_twice"),
        share("completed", "completed when asked"),
        number("waiting", "still waiting"),
        number("people", "with people"),
    )
    rows = tuple((*group_cells(each.group, by), *_asked(each)) for each in figures.asking)
    charts = bars_of(by, "complete")
    return Table("asking", "What came of asking", ASKING, (*group_columns(by), *columns), rows, charts=charts)


def _asked(each: AskingCount) -> tuple[Cell, ...]:
    return (
        each.tickets,
        Share(each.complete, each.tickets),
        each.asked_once,
        each.asked_twice,
        Share(each.completed, each.tickets - each.complete),
        each.waiting,
        each.people,
    )


def _weeks(figures: MissingFigures) -> Table:
    columns = (text("week"), number("tickets"), share("complete", "complete at first"))
    rows: tuple[Row, ...] = tuple(
        (*each.group, each.tickets, Share(each.complete, each.tickets)) for each in figures.weeks
    )
    return Table(
        "weeks", "Complete at first, by week", WEEKS, columns, rows, charts=(Chart("lines", "week", "complete"),)
    )


def _time(figures: MissingFigures, by: tuple[str, ...]) -> Table:
    columns = (
        number("tickets"),
        share("within_a_day"),
        time("median"),
        time("nine_of_ten"),
        time("longest"),
    )
    rows: tuple[Row, ...] = tuple(
        (
            *group_cells(each.group, by),
            each.count,
            Share(each.within, each.count),
            each.median,
            each.most,
            each.longest,
        )
        for each in figures.times
    )
    return Table("time", "Time to complete", TIME, (*group_columns(by), *columns), rows)


def _corrected(corrections: Sequence[CorrectedFields]) -> Table:
    in_vain = Counter(field for each in corrections for field in set(each.before) - set(each.after))
    overlooked = Counter(field for each in corrections for field in set(each.after) - set(each.before))
    columns = (text("field"), number("asked_in_vain"), number("overlooked"))
    rows = tuple((field, in_vain[field], overlooked[field]) for field in sorted(in_vain | overlooked))
    return Table("corrected", "Fields corrected by staff", CORRECTED, columns, rows)
