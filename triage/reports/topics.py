"""The routing report: what the mail was about, who decided it, how much went to people, and where staff said otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from triage.domain import Action
from triage.reports.grouping import bars_of, chart_of, group_cells, group_columns, named
from triage.reports.report import Cell, Chart, Column, Report, Row, Share, Table, number, share, text
from triage.reports.rules import RuleCount, count_rules
from triage.store.figures.counting import DIMENSIONS, Scope
from triage.store.figures.routing import DeciderCount, Override, RoutingFigures, SilenceCount, TopicCount

BY = DIMENSIONS
UNSURE = "(unsure)"

TOPICS = (
    "Counted are new mails: those that opened a ticket. (unsure): neither rules nor model were sure of a topic. The actions are what "
    "the desk did; review: a human decides. Corrected: staff gave the mail another topic (its last correction counts)."
)
WEEKS = "New mails by the week in which they were handled (its Monday, UTC), and what the desk did with them."
REVIEW = "Counted are new mails. Review share: how many of them the desk left to a human to decide."
DECIDED = (
    "Counted are new mails, by the stage that settled them: rules, the model (classifier), or nobody (fallback). Review "
    "share and corrected (staff gave the mail another topic) are shares of the mails of that stage."
)
RULES = (
    "Counted are new mails. Fired: the rule saw its words. Decided: rules settled the mail, and this one spoke for the "
    "topic. Overridden: of the mails it decided, staff gave so many another topic. Several rules may share one mail."
)
OVERRIDES = "New mails that staff gave another topic, from the desk's topic to theirs (the last correction counts)."
SILENCED = "Mails the desk left unanswered, by the guard's reason: machine mail and spam. They open no ticket."

_ACTIONS = tuple(
    action for action in Action if action not in (Action.ATTACH, Action.NONE)
)  # that a new mail can end in


def report(figures: RoutingFigures, scope: Scope, now: datetime) -> Report:
    """Routing. `now` is the moment of the figures."""
    by = scope.by
    tables = (
        _topics(figures.topics, by),
        _weeks(figures.weeks),
        _review(figures.deciders, by),
        _deciders(figures.deciders, by),
        _overrides(figures.overrides),
        _rules(count_rules(figures.firings)),
        _silenced(figures.silenced, by),
    )
    return Report("routing", "Routing", tables, now, scope.since, scope.until, _headline(figures))


def _headline(figures: RoutingFigures) -> tuple[tuple[str, Cell], ...]:
    every = [each for each in figures.deciders if each.group == ()]
    mails = sum(each.mails for each in every)
    if not mails:
        return ()
    return (
        ("new mails", mails),
        ("needed a human to decide", Share(sum(each.review for each in every), mails)),
        ("corrected by staff", Share(sum(each.corrected for each in every), mails)),
        ("silenced", sum(each.mails for each in figures.silenced if each.group == ())),
    )


def _topics(counts: Sequence[TopicCount], by: tuple[str, ...]) -> Table:
    columns = (text("topic"), number("mails"), *_action_columns(), share("corrected"))
    rows: tuple[Row, ...] = tuple(
        (*group_cells(each.group, by), named(each.topic, UNSURE), *_topic_cells(each)) for each in counts
    )
    charts = chart_of(by, "topic", "mails")
    return Table("topics", "Topics and actions", TOPICS, (*group_columns(by), *columns), rows, charts=charts)


def _topic_cells(each: TopicCount) -> tuple[Cell, ...]:
    mails = sum(each.actions)
    return (mails, *_shown(each.actions), Share(each.corrected, mails))


def _action_columns() -> tuple[Column, ...]:
    return tuple(number(action.value) for action in _ACTIONS)


def _shown(actions: Sequence[int]) -> tuple[int, ...]:
    return tuple(count for action, count in zip(Action, actions, strict=True) if action in _ACTIONS)


def _weeks(counts: Sequence[TopicCount]) -> Table:
    weeks: dict[str, list[int]] = {}
    for each in counts:
        row = weeks.setdefault(each.group[0], [0] * len(_ACTIONS))
        row[:] = [one + other for one, other in zip(row, _shown(each.actions), strict=True)]
    columns = (text("week"), number("mails"), *_action_columns())
    rows: tuple[Row, ...] = tuple((week, sum(actions), *actions) for week, actions in sorted(weeks.items()))
    stack = Chart("stack", "week", values=tuple(action.value for action in _ACTIONS))
    return Table("weeks", "Actions by week", WEEKS, columns, rows, charts=(stack,))


def _review(counts: Sequence[DeciderCount], by: tuple[str, ...]) -> Table:
    """One row a group: the stages added up."""
    sums: dict[tuple[str, ...], list[int]] = {}
    for each in counts:
        row = sums.setdefault(each.group, [0, 0])
        row[0] += each.review
        row[1] += each.mails
    columns = (*group_columns(by), number("mails"), share("review", "review share"))
    rows = tuple((*group_cells(group, by), mails, Share(review, mails)) for group, (review, mails) in sums.items())
    return Table("review", "Mails a human had to decide", REVIEW, columns, rows, charts=bars_of(by, "review"))


def _deciders(counts: Sequence[DeciderCount], by: tuple[str, ...]) -> Table:
    columns = (text("decided_by"), number("mails"), share("review", "review share"), share("corrected"))
    rows: tuple[Row, ...] = tuple(
        (
            *group_cells(each.group, by),
            each.decided_by,
            each.mails,
            Share(each.review, each.mails),
            Share(each.corrected, each.mails),
        )
        for each in counts
    )
    charts = chart_of(by, "decided_by", "mails")
    return Table("decided", "Who decided", DECIDED, (*group_columns(by), *columns), rows, charts=charts)


def _overrides(counts: Iterable[Override]) -> Table:
    columns = (text("before", "desk's topic"), text("after", "staff's topic"), number("mails"))
    rows = tuple((named(each.before, UNSURE), each.after, each.mails) for each in counts)
    return Table("overrides", "Topics that staff corrected", OVERRIDES, columns, rows, "Staff corrected no topic.")


def _rules(counts: Iterable[RuleCount]) -> Table:
    columns = (text("rule"), number("fired"), number("decided"), share("overridden"))
    ordered = sorted(counts, key=lambda each: (-each.overridden, -each.decided, -each.fired, each.rule))
    rows = tuple((each.rule, each.fired, each.decided, Share(each.overridden, each.decided)) for each in ordered)
    return Table("rules", "Rules", RULES, columns, rows, "No rule fired in this time.")


def _silenced(counts: Iterable[SilenceCount], by: tuple[str, ...]) -> Table:
    columns = (text("reason"), text("kind"), number("mails"))
    rows = tuple((*group_cells(each.group, by), each.reason, each.kind, each.mails) for each in counts)
    charts = chart_of(by, "reason", "mails")
    return Table("silenced", "Silenced mail", SILENCED, (*group_columns(by), *columns), rows, charts=charts)
