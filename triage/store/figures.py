"""Counts for the reports. Each query says which mails count; nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.store.schema import finding, mail, required, verdict


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How often a required field was asked for and was not there.

    Counted over first mails of tickets only; `inferred` are those found indirectly (e.g. the environment
    from a host): present, but reported apart.
    """

    group: str
    field: str
    needed: int
    missing: int
    inferred: int


@dataclass(frozen=True, slots=True)
class ActionCount:
    """How many mails of a topic ended in an action."""

    topic: str
    action: str
    mails: int


GROUPS = {  # what missing-info rates can be broken down by, and the column that holds it
    "profile": verdict.c.profile,
    "language": mail.c.language,
    "sender": mail.c.sender_domain,
}


def missing_fields(
    db: sa.Connection, group: str, since: datetime | None, until: datetime | None
) -> Sequence[FieldCount]:
    """Missing-info counts per field and group; `group` is a key of GROUPS."""
    column = GROUPS[group]
    inferred = (
        sa.select(finding.c.id)
        .where(finding.c.mail == required.c.mail, finding.c.field == required.c.field, finding.c.note == "inferred")
        .exists()
    )
    counted = (
        sa.select(
            sa.func.coalesce(column, "-").label("group"),
            required.c.field,
            sa.func.count().label("needed"),
            sa.func.sum(sa.case((required.c.missing, 1), else_=0)).label("missing"),
            sa.func.sum(sa.case((sa.and_(~required.c.missing, inferred), 1), else_=0)).label("inferred"),
        )
        .select_from(required.join(mail, mail.c.id == required.c.mail).join(verdict, verdict.c.mail == mail.c.id))
        .where(mail.c.first, *_within(since, until))
        .group_by("group", required.c.field)
        .order_by("group", required.c.field)
    )
    rows = db.execute(counted)
    return [FieldCount(row.group, row.field, row.needed, int(row.missing), int(row.inferred)) for row in rows]


def actions(db: sa.Connection, since: datetime | None, until: datetime | None) -> Sequence[ActionCount]:
    """How mails were routed: every handled mail, silent ones included."""
    topic = sa.func.coalesce(verdict.c.topic, mail.c.silence, "-").label("topic")
    counted = (
        sa.select(topic, verdict.c.action, sa.func.count().label("mails"))
        .select_from(verdict.join(mail, mail.c.id == verdict.c.mail))
        .where(*_within(since, until))
        .group_by(topic, verdict.c.action)
        .order_by(sa.desc("mails"), topic)
    )
    return [ActionCount(row.topic, row.action, row.mails) for row in db.execute(counted)]


def complete_at_first(db: sa.Connection, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """First mails with required fields: how many lacked nothing, and how many there were."""
    lacking = sa.select(required.c.mail).where(required.c.missing).distinct()
    asked = sa.select(required.c.mail).distinct()
    counted = sa.select(sa.func.sum(sa.case((mail.c.id.not_in(lacking), 1), else_=0)), sa.func.count()).where(
        mail.c.first, mail.c.id.in_(asked), *_within(since, until)
    )
    complete, total = db.execute(counted).one()
    return int(complete or 0), int(total)


def _within(since: datetime | None, until: datetime | None) -> list[sa.ColumnElement[bool]]:
    limits: list[sa.ColumnElement[bool]] = []
    if since is not None:
        limits.append(mail.c.handled_at >= since)
    if until is not None:
        limits.append(mail.c.handled_at < until)
    return limits
