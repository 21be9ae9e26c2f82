"""What the ledger tells of the desk's health: counts and ages, read in one look. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


_COUNT = sa.func.count()
_DUE = sa.select(sa.func.min(outbox.c.next_at)).where(
    outbox.c.state == "queued", outbox.c.next_at <= sa.bindparam("now", type_=outbox.c.next_at.type)
)
_OLDEST = sa.select(sa.func.min(outbox.c.queued_at)).where(outbox.c.state.in_(WAITING))
_ASIDE = sa.select(_COUNT, sa.func.min(trouble.c.first_at)).where(trouble.c.state.in_(OPEN))
_HANDLED = sa.select(verdict.c.action, _COUNT).group_by(verdict.c.action)
_LETTERS = sa.select(outbox.c.state, _COUNT).group_by(outbox.c.state)
_ALERTS = sa.select(_COUNT).where(outbox.c.state.in_(WAITING), outbox.c.route == ALERTS)


def read(db: sa.Connection, now: datetime) -> Signs:
    """Look once."""
    mails, since = db.execute(_ASIDE).one()
    return Signs(
        handled=_counted(db, _HANDLED),
        letters=_counted(db, _LETTERS),
        alerts_waiting=db.execute(_ALERTS).scalar_one(),
        due_since=db.execute(_DUE, {"now": now}).scalar(),
        waiting_since=db.execute(_OLDEST).scalar(),
        trouble=mails,
        trouble_since=since,
        standing=alerts.standing(db),
    )


def _counted(db: sa.Connection, counts: sa.Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in db.execute(counts)}
