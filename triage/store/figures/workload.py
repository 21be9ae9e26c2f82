"""How much mail came, when, and how much of it was left to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from triage.domain import Kind, TicketState, Tray
from triage.store.figures.counting import MAIL, Scope, group_of, groups, hour_of_week, over_all_and_each, total, within
from triage.store.schema import mail, ticket, trouble


@dataclass(frozen=True, slots=True)
class MailCount:
    """Mails of a group by kind (in the order of Kind), and how many of them rest in a tray that people work on."""

    group: tuple[str, ...]
    kinds: tuple[int, ...]
    ready: int
    review: int


@dataclass(frozen=True, slots=True)
class HourCount:
    """New and follow-up mails in one hour of the week: `hour` 0 is Monday 0:00 to 1:00 UTC, 167 the last."""

    hour: int
    mails: int


@dataclass(frozen=True, slots=True)
class StateCount:
    """Tickets opened in the time asked for, by where they stand now."""

    state: str
    tickets: int


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """All that the report on the work shows. A group of () is over everything."""

    mails: Sequence[MailCount]
    weeks: Sequence[MailCount]
    hours: Sequence[HourCount]
    states: Sequence[StateCount]
    set_aside: int


def measure(db: sa.Connection, scope: Scope) -> WorkFigures:
    """Count everything."""
    return WorkFigures(
        over_all_and_each(mails, db, scope),
        mails(db, replace(scope, by=("week",))),
        hours(db, scope),
        states(db, scope),
        set_aside(db, scope),
    )


def mails(db: sa.Connection, scope: Scope) -> Sequence[MailCount]:
    """Every handled mail, per group."""
    columns = groups(db, scope)
    found = (
        sa.select(
            *columns,
            *(total(mail.c.kind == kind.value).label(kind.value) for kind in Kind),
            total(mail.c.tray == Tray.READY.value).label("ready"),
            total(mail.c.tray == Tray.REVIEW.value).label("review"),
            sa.func.count().label("mails"),
        )
        .select_from(MAIL)
        .where(*within(scope))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [
        MailCount(
            group_of(row, columns),
            tuple(int(getattr(row, kind.value)) for kind in Kind),
            int(row.ready),
            int(row.review),
        )
        for row in db.execute(found)
        if row.mails
    ]


def hours(db: sa.Connection, scope: Scope) -> Sequence[HourCount]:
    """When people write, by the hour of the week in which their mail was handled."""
    hour = hour_of_week(mail.c.handled_at).label("hour")
    found = (
        sa.select(hour, sa.func.count().label("mails"))
        .where(mail.c.kind.in_((Kind.NEW.value, Kind.FOLLOWUP.value)), *within(scope))
        .group_by(hour)
        .order_by(hour)
    )
    return [HourCount(row.hour, row.mails) for row in db.execute(found)]


def states(db: sa.Connection, scope: Scope) -> Sequence[StateCount]:
    """Tickets by state; a merged ticket is not counted."""
    limits = [ticket.c.opened_at >= scope.since] if scope.since else []
    limits += [ticket.c.opened_at < scope.until] if scope.until else []
    counted = sa.select(ticket.c.state, sa.func.count().label("tickets")).where(ticket.c.merged_into.is_(None), *limits)
    found = {row.state: row.tickets for row in db.execute(counted.group_by(ticket.c.state))}
    return [StateCount(state.value, found[state.value]) for state in TicketState if state.value in found]


def set_aside(db: sa.Connection, scope: Scope) -> int:
    """Mails that could not be handled when they came."""
    limits = [trouble.c.first_at >= scope.since] if scope.since else []
    limits += [trouble.c.first_at < scope.until] if scope.until else []
    return db.execute(sa.select(sa.func.count()).select_from(trouble).where(*limits)).scalar_one()
