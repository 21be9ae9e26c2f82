"""What the ledger tells of the desk's health: counts and ages, read in one look. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.store import alerts
from triage.store.outbox import ALERTS
from triage.store.personal import WAITING
from triage.store.schema import outbox, trouble, verdict
from triage.store.trouble import OPEN


@dataclass(frozen=True, slots=True)
class Signs:
    """The ledger at one moment."""

    handled: Mapping[str, int]  # mails by action
    letters: Mapping[str, int]  # in the outbox, by state
    alerts_waiting: int  # letters of alarm that have not left
    due_since: datetime | None  # since when the first letter in line could leave
    waiting_since: datetime | None  # when the oldest letter that has not left was written
    trouble: int  # mails set aside
    trouble_since: datetime | None
    standing: Sequence[alerts.Alert]  # what staff were told of and is not over


def read(db: sa.Connection, now: datetime) -> Signs:
    """Look once."""
    due = sa.select(sa.func.min(outbox.c.next_at)).where(outbox.c.state == "queued", outbox.c.next_at <= now)
    oldest = sa.select(sa.func.min(outbox.c.queued_at)).where(outbox.c.state.in_(WAITING))
    aside = sa.select(sa.func.count(), sa.func.min(trouble.c.first_at)).where(trouble.c.state.in_(OPEN))
    mails, since = db.execute(aside).one()
    return Signs(
        handled=_handled(db),
        letters=_letters(db),
        alerts_waiting=_alerts_waiting(db),
        due_since=db.execute(due).scalar(),
        waiting_since=db.execute(oldest).scalar(),
        trouble=mails,
        trouble_since=since,
        standing=alerts.standing(db),
    )


def _handled(db: sa.Connection) -> dict[str, int]:
    rows = db.execute(sa.select(verdict.c.action, sa.func.count().label("mails")).group_by(verdict.c.action))
    return {row.action: row.mails for row in rows}


def _letters(db: sa.Connection) -> dict[str, int]:
    rows = db.execute(sa.select(outbox.c.state, sa.func.count().label("letters")).group_by(outbox.c.state))
    return {row.state: row.letters for row in rows}


def _alerts_waiting(db: sa.Connection) -> int:
    counted = sa.select(sa.func.count()).where(outbox.c.state.in_(WAITING), outbox.c.route == ALERTS)
    return db.execute(counted).scalar_one()
