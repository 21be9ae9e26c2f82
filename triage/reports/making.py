"""The reports by name: figures of one moment of the database, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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
    (report,) = make_all(store, scope, (name,))
    return report


def make_all(store: Store, scope: Scope, names: Iterable[str] = tuple(BY)) -> tuple[Report, ...]:
    """Several reports of one and the same moment. Raises StoreLost."""
    now, fields = store.clock(), missing.without_field(scope)
    with store.snapshot() as db:
        makers: Mapping[str, Callable[[], Report]] = {
            "missing": lambda: missing.report(missing_figures.measure(db, fields), fields, now),
            "routing": lambda: topics.report(routing_figures.measure(db, scope), scope, now),
            "replies": lambda: replies.report(reply_figures.measure(db, scope, now - replies.SETTLING), scope, now),
            "workload": lambda: workload.report(work_figures.measure(db, scope), scope, now),
        }
        return tuple(makers[name]() for name in names)


def rules_cost(store: Store, scope: Scope, standing: rules.Standing) -> Report:
    """What the rules cost and earn. Raises StoreLost."""
    with store.snapshot() as db:
        firings = routing_figures.firings(db, scope)
        languages = routing_figures.topics_by_language(db, scope)
    return rules.cost(firings, languages, standing, scope, store.clock())
