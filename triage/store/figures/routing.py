"""Where mail went, who decided it, and where staff said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from triage.domain import Action, DecidedBy, Kind
from triage.store.figures.counting import (
    MAIL,
    NOBODY,
    Scope,
    each_object,
    group_of,
    groups,
    joined_texts,
    key_of,
    over_all_and_each,
    total,
    within,
)
from triage.store.schema import correction, mail, verdict

NEW = mail.c.kind == Kind.NEW.value
_SEPARATOR = "\n"  # stands in no rule id
_LATER = correction.alias("later")
_CORRECTS = sa.and_(  # the last topic that staff named for a mail, where it is another one
    correction.c.mail == mail.c.id,
    correction.c.topic != sa.func.coalesce(verdict.c.topic, ""),
    ~sa.exists().where(_LATER.c.mail == correction.c.mail, _LATER.c.topic.is_not(None), _LATER.c.id > correction.c.id),
)
_LOOKED_OVER = MAIL.outerjoin(correction, _CORRECTS)


@dataclass(frozen=True, slots=True)
class TopicCount:
    """How many new mails of a topic ended in each action (in the order of Action)."""

    group: tuple[str, ...]
    topic: str
    actions: tuple[int, ...]
    corrected: int  # staff said it was another topic


@dataclass(frozen=True, slots=True)
class DeciderCount:
    """How many new mails a stage decided, and how many of them staff gave another topic."""

    group: tuple[str, ...]
    decided_by: str
    mails: int
    review: int
    corrected: int


@dataclass(frozen=True, slots=True)
class SilenceCount:
    """How many mails were not answered, for one of the guard's reasons."""

    group: tuple[str, ...]
    kind: str
    reason: str
    mails: int


@dataclass(frozen=True, slots=True)
class Override:
    """How often staff moved a mail from one topic to another."""

    before: str
    after: str
    mails: int


@dataclass(frozen=True, slots=True)
class Firing:
    """Mails in which exactly these rules fired and which were decided alike.

    `rules` are (rule, topic) pairs; a rule that only raises a flag has the topic "". `corrected` is the topic that
    staff named instead, None when they did not.
    """

    rules: frozenset[tuple[str, str]]
    decided_by: str
    topic: str
    review: bool
    corrected: str | None
    mails: int


@dataclass(frozen=True, slots=True)
class RoutingFigures:
    """All that the routing report shows. A group of () is over everything."""

    topics: Sequence[TopicCount]
    deciders: Sequence[DeciderCount]
    weeks: Sequence[TopicCount]
    silenced: Sequence[SilenceCount]
    overrides: Sequence[Override]
    firings: Sequence[Firing]


def measure(db: sa.Connection, scope: Scope) -> RoutingFigures:
    """Count everything."""
    return RoutingFigures(
        over_all_and_each(topics, db, scope),
        over_all_and_each(deciders, db, scope),
        topics(db, replace(scope, by=("week",))),
        over_all_and_each(silenced, db, scope),
        overrides(db, scope),
        firings(db, scope),
    )


def topics(db: sa.Connection, scope: Scope) -> Sequence[TopicCount]:
    """New mails per group and topic, by action."""
    columns = groups(db, scope, NEW)
    topic = sa.func.coalesce(verdict.c.topic, NOBODY).label("topic")
    found = (
        sa.select(
            *columns,
            topic,
            *(total(verdict.c.action == action.value).label(action.value) for action in Action),
            sa.func.count(correction.c.id).label("corrected"),
        )
        .select_from(_LOOKED_OVER)
        .where(NEW, *within(scope))
        .group_by(*columns, topic)
        .order_by(*columns, sa.func.count().desc(), topic)
    )
    return [
        TopicCount(
            group_of(row, columns),
            row.topic,
            tuple(int(getattr(row, action.value)) for action in Action),
            row.corrected,
        )
        for row in db.execute(found)
    ]


def topics_by_language(db: sa.Connection, scope: Scope) -> Sequence[TopicCount]:
    """New mails per language and topic, whatever the scope is broken down by."""
    return topics(db, replace(scope, by=("language",)))


def deciders(db: sa.Connection, scope: Scope) -> Sequence[DeciderCount]:
    """New mails per group and the stage that decided them."""
    columns = groups(db, scope, NEW)
    found = (
        sa.select(
            *columns,
            verdict.c.decided_by,
            sa.func.count().label("mails"),
            total(verdict.c.action == Action.REVIEW.value).label("review"),
            sa.func.count(correction.c.id).label("corrected"),
        )
        .select_from(_LOOKED_OVER)
        .where(NEW, *within(scope))
        .group_by(*columns, verdict.c.decided_by)
        .order_by(*columns, sa.func.count().desc(), verdict.c.decided_by)
    )
    return [
        DeciderCount(group_of(row, columns), row.decided_by, row.mails, int(row.review), row.corrected)
        for row in db.execute(found)
    ]


def silenced(db: sa.Connection, scope: Scope) -> Sequence[SilenceCount]:
    """Mails that were not answered, per group and the guard's reason."""
    quiet = mail.c.silence.is_not(None)
    columns = groups(db, scope, quiet)
    found = (
        sa.select(*columns, mail.c.kind, mail.c.silence, sa.func.count().label("mails"))
        .select_from(MAIL)
        .where(quiet, *within(scope))
        .group_by(*columns, mail.c.kind, mail.c.silence)
        .order_by(*columns, sa.func.count().desc(), mail.c.silence)
    )
    return [SilenceCount(group_of(row, columns), row.kind, row.silence, row.mails) for row in db.execute(found)]


def overrides(db: sa.Connection, scope: Scope) -> Sequence[Override]:
    """New mails that staff gave another topic: from where to where."""
    before = sa.func.coalesce(verdict.c.topic, NOBODY).label("before")
    found = (
        sa.select(before, correction.c.topic, sa.func.count().label("mails"))
        .select_from(MAIL.join(correction, _CORRECTS))
        .where(NEW, *within(scope))
        .group_by(before, correction.c.topic)
        .order_by(sa.func.count().desc(), before, correction.c.topic)
    )
    return [Override(row.before, row.topic, row.mails) for row in db.execute(found)]


def firings(db: sa.Connection, scope: Scope) -> Sequence[Firing]:
    """New mails by the rules that fired in them: the ground of every figure about rules.

    The groups of `scope` are not looked at.
    """
    each = each_object(db, verdict.c.evidence, "each")
    rule, topic = (key_of(db, each.c.value, name) for name in ("rule", "topic"))
    named = (
        sa.select(mail.c.id.label("mail"), rule.concat("\t").concat(sa.func.coalesce(topic, "")).label("rule"))
        .distinct()
        .select_from(MAIL.join(each, sa.true()))
        .where(NEW, key_of(db, each.c.value, "source") == DecidedBy.RULE.value, *within(scope))
        .order_by("mail", "rule")
        .subquery("named")
    )
    together = (
        sa.select(named.c.mail, joined_texts(db, named.c.rule, _SEPARATOR).label("rules"))
        .group_by(named.c.mail)
        .subquery("together")
    )
    return [_firing(row) for row in db.execute(_alike(together, scope))]


def _alike(together: sa.Subquery, scope: Scope) -> sa.Select[tuple[object, ...]]:
    """How many mails share rules, verdict and correction."""
    kinds = (
        sa.func.coalesce(together.c.rules, "").label("rules"),
        verdict.c.decided_by,
        sa.func.coalesce(verdict.c.topic, NOBODY).label("topic"),
        (verdict.c.action == Action.REVIEW.value).label("review"),
        correction.c.topic.label("corrected"),
    )
    joined = _LOOKED_OVER.outerjoin(together, together.c.mail == mail.c.id)
    counted = sa.select(*kinds, sa.func.count().label("mails")).select_from(joined).where(NEW, *within(scope))
    return counted.group_by(*kinds)


def _firing(row: sa.Row[tuple[object, ...]]) -> Firing:
    pairs = (each.partition("\t") for each in row.rules.split(_SEPARATOR) if each)
    rules = frozenset((rule, topic) for rule, _, topic in pairs)
    return Firing(rules, row.decided_by, row.topic, bool(row.review), row.corrected, row.mails)
