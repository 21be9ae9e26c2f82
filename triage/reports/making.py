"""The reports by name: figures of one moment of the database, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from triage.reports import missing, replies, rules, topics, workload
from triage.reports.report import Report
from triage.store.figures import missing as missing_figures
from triage.store.figures import replies as reply_figures
from triage.store.figures import routing as routing_figures
from triage.store.figures import workload as work_figures
from triage.store.figures.counting import Scope
from triage.store.store import Store

BY: Mapping[str, tuple[str, ...]] = {  # the reports, and what each can be broken down by
    "missing": missing.BY,
    "routing": topics.BY,
    "replies": replies.BY,
    "workload": workload.BY,
}


def make(name: str, store: Store, scope: Scope) -> Report:
    """One report; `name` is a key of BY. Raises StoreLost."""
    return _MAKERS[name](store, scope)


def make_all(store: Store, scope: Scope) -> tuple[Report, ...]:
    """Every report. Raises StoreLost."""
    return tuple(make(name, store, scope) for name in BY)


def rules_cost(store: Store, scope: Scope, standing: rules.Standing) -> Report:
    """What the rules cost and earn. Raises StoreLost."""
    with store.snapshot() as db:
        firings = routing_figures.firings(db, scope)
        languages = routing_figures.topics_by_language(db, scope)
    return rules.cost(firings, languages, standing, scope, store.clock())


def _missing(store: Store, scope: Scope) -> Report:
    scope = missing.without_field(scope)
    with store.snapshot() as db:
        figures = missing_figures.measure(db, scope)
    return missing.report(figures, scope, store.clock())


def _routing(store: Store, scope: Scope) -> Report:
    with store.snapshot() as db:
        figures = routing_figures.measure(db, scope)
    return topics.report(figures, scope, store.clock())


def _replies(store: Store, scope: Scope) -> Report:
    now = store.clock()
    with store.snapshot() as db:
        figures = reply_figures.measure(db, scope, now - replies.SETTLING)
    return replies.report(figures, scope, now)


def _workload(store: Store, scope: Scope) -> Report:
    with store.snapshot() as db:
        figures = work_figures.measure(db, scope)
    return workload.report(figures, scope, store.clock())


_MAKERS: Mapping[str, Callable[[Store, Scope], Report]] = {
    "missing": _missing,
    "routing": _routing,
    "replies": _replies,
    "workload": _workload,
}
