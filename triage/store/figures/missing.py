"""How often required fields were missing, and what came of asking for them.

Only the first mail of a ticket counts, and only when its profile requires anything (DOMAIN section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from triage.store.figures.counting import (
    MAIL,
    Scope,
    Spread,
    group_of,
    groups,
    over_all_and_each,
    seconds_between,
    spreads,
    total,
    within,
)
from triage.store.schema import correction, finding, mail, required, ticket

_A_DAY = timedelta(days=1)
_NO_VALUES = ("placeholder", "invalid")  # notes of findings that satisfy nothing
_NEEDING = sa.exists().where(required.c.mail == mail.c.id)
_LACKING = sa.exists().where(required.c.mail == mail.c.id, required.c.missing)
_ASKED = sa.and_(mail.c.first, _NEEDING)


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How often a required field was not there. `inferred` were found indirectly only (the environment from a host):
    they are there, and reported apart."""

    group: tuple[str, ...]
    field: str
    needed: int
    missing: int
    inferred: int


@dataclass(frozen=True, slots=True)
class AskingCount:
    """What became of the tickets whose first mail needed fields; all but `tickets` are parts of it.

    `complete` lacked nothing at first. Of the others `asked_once` and `asked_twice` were asked that often;
    `completed` gave the rest when asked, `waiting` were asked and have not, `people` ended with a human.
    """

    group: tuple[str, ...]
    tickets: int
    complete: int
    asked_once: int
    asked_twice: int
    completed: int
    waiting: int
    people: int


@dataclass(frozen=True, slots=True)
class CorrectedFields:
    """What staff said of one first mail's missing fields."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissingFigures:
    """All that the missing-info report shows. A group of () is over everything."""

    fields: Sequence[FieldCount]
    asking: Sequence[AskingCount]
    times: Sequence[Spread]
    weeks: Sequence[AskingCount]
    corrected: Sequence[CorrectedFields]


def measure(db: sa.Connection, scope: Scope) -> MissingFigures:
    """Count everything."""
    return MissingFigures(
        over_all_and_each(missing_fields, db, scope),
        over_all_and_each(asking, db, scope),
        over_all_and_each(time_to_complete, db, scope),
        asking(db, replace(scope, by=("week",))),
        corrected_fields(db, scope),
    )


def missing_fields(db: sa.Connection, scope: Scope) -> Sequence[FieldCount]:
    """Counts per group and required field."""
    columns = groups(db, scope, _ASKED)
    found = (
        sa.select(
            *columns,
            required.c.field,
            sa.func.count().label("needed"),
            total(required.c.missing).label("missing"),
            total(sa.and_(~required.c.missing, _found(True), ~_found(False))).label("inferred"),
        )
        .select_from(MAIL.join(required, required.c.mail == mail.c.id))
        .where(mail.c.first, *within(scope))
        .group_by(*columns, required.c.field)
        .order_by(*columns, required.c.field)
    )
    return [
        FieldCount(group_of(row, columns), row.field, row.needed, int(row.missing), int(row.inferred))
        for row in db.execute(found)
    ]


def _found(inferred: bool) -> sa.Exists:
    """Whether the mail gives the field indirectly, or in so many words."""
    note = finding.c.note == "inferred" if inferred else finding.c.note.not_in(("inferred", *_NO_VALUES))
    return sa.exists().where(finding.c.mail == required.c.mail, finding.c.field == required.c.field, note)


def asking(db: sa.Connection, scope: Scope) -> Sequence[AskingCount]:
    """What became of asking, per group."""
    columns = groups(db, scope, _ASKED)
    completed = ticket.c.completed_at.is_not(None)
    asked = ticket.c.asked > 0
    found = (
        sa.select(
            *columns,
            sa.func.count().label("tickets"),
            total(~_LACKING).label("complete"),
            total(sa.and_(_LACKING, ticket.c.asked == 1)).label("asked_once"),
            total(sa.and_(_LACKING, ticket.c.asked > 1)).label("asked_twice"),
            total(sa.and_(_LACKING, asked, completed)).label("completed"),
            total(sa.and_(_LACKING, asked, ~completed, ticket.c.state == "waiting_for_info")).label("waiting"),
            total(sa.and_(_LACKING, asked, ~completed, ticket.c.state == "review")).label("people"),
        )
        .select_from(MAIL.join(ticket, ticket.c.number == mail.c.ticket))
        .where(_ASKED, *within(scope))
        .group_by(*columns)
        .order_by(*columns)
    )
    rows = db.execute(found)
    return [
        AskingCount(
            group_of(row, columns),
            row.tickets,
            *(int(each) for each in row[len(columns) + 1 :]),
        )
        for row in rows
        if row.tickets
    ]


def time_to_complete(db: sa.Connection, scope: Scope) -> Sequence[Spread]:
    """From the first mail to the moment nothing was missing any more, of tickets that had to be asked; `within` a day."""
    conditions = sa.and_(_ASKED, _LACKING)
    columns = groups(db, scope, conditions)
    durations = (
        sa.select(*columns, seconds_between(ticket.c.opened_at, ticket.c.completed_at).label("seconds"))
        .select_from(MAIL.join(ticket, ticket.c.number == mail.c.ticket))
        .where(conditions, ticket.c.completed_at.is_not(None), *within(scope))
        .cte("durations")
    )
    return spreads(db, durations, columns, _A_DAY)


def corrected_fields(db: sa.Connection, scope: Scope) -> Sequence[CorrectedFields]:
    """The last word of staff on the fields of each first mail of which they said anything."""
    last = sa.select(sa.func.max(correction.c.id)).where(correction.c.missing.is_not(None)).group_by(correction.c.mail)
    found = (
        sa.select(correction.c.missing_before, correction.c.missing)
        .select_from(MAIL.join(correction, correction.c.mail == mail.c.id))
        .where(correction.c.id.in_(last), _ASKED, *within(scope))
        .order_by(correction.c.id)
    )
    return [CorrectedFields(tuple(row.missing_before), tuple(row.missing)) for row in db.execute(found)]
