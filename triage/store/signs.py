"""What the ledger tells of the desk's health: counts and ages, read in one look. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.store import alerts
from triage.store.outbox import ALERTS
from triage.store.personal import WAITING
from triage.store.prepared import Prepared
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
_WAITS = sa.or_(*(outbox.c.state == state for state in WAITING))
_IS_ASIDE = sa.or_(*(trouble.c.state == state for state in OPEN))
_ONCE = Prepared(  # each in a few microseconds, by its own index
    sa.select(
        sa.select(sa.func.min(outbox.c.next_at))
        .where(outbox.c.state == "queued", outbox.c.next_at <= sa.bindparam("now"))
        .scalar_subquery(),
        sa.select(sa.func.min(outbox.c.queued_at)).where(_WAITS).scalar_subquery(),
        sa.select(_COUNT).where(_WAITS, outbox.c.route == ALERTS).scalar_subquery(),
        sa.select(_COUNT).where(_IS_ASIDE).scalar_subquery(),
        sa.select(sa.func.min(trouble.c.first_at)).where(_IS_ASIDE).scalar_subquery(),
    )
)
_HANDLED = Prepared(sa.select(verdict.c.action, _COUNT).group_by(verdict.c.action))
_LETTERS = Prepared(sa.select(outbox.c.state, _COUNT).group_by(outbox.c.state))


def read(db: sa.Connection, now: datetime) -> Signs:
    """Look once."""
    ((due_since, waiting_since, alerts_waiting, aside, aside_since),) = _ONCE.rows(db, {"now": now})
    return Signs(
        handled=dict(_HANDLED.rows(db, {})),
        letters=dict(_LETTERS.rows(db, {})),
        alerts_waiting=alerts_waiting,
        due_since=due_since,
        waiting_since=waiting_since,
        trouble=aside,
        trouble_since=aside_since,
        standing=alerts.standing(db),
    )
