"""Mail that could not be handled: its raw bytes, the stage that failed and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.store import upsert
from triage.store.schema import trouble


@dataclass(frozen=True, slots=True)
class Trouble:
    """One mail set aside."""

    id: int
    mailbox: str
    uid: str
    raw: bytes
    stage: str
    error: str
    tries: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with a mail, and in which stage."""

    mailbox: str
    uid: str
    raw: bytes
    stage: str
    error: str


def note(db: sa.Connection, failure: Failure, now: datetime) -> None:
    """Set a mail aside; the same mail failing again counts one more try, and its bytes are kept anew."""
    seen = {"raw": failure.raw, "stage": failure.stage, "error": failure.error, "last_at": now, "state": "waiting"}
    row = {"mailbox": failure.mailbox, "uid": failure.uid, "tries": 1, "first_at": now, **seen}
    again = {**seen, "tries": trouble.c.tries + 1}
    written = upsert.insert(db, trouble).values(row)
    db.execute(written.on_conflict_do_update(index_elements=["mailbox", "uid"], set_=again))


def all_waiting(db: sa.Connection) -> Sequence[Trouble]:
    """Everything still set aside, oldest first."""
    found = sa.select(trouble).where(trouble.c.state == "waiting").order_by(trouble.c.id)
    return [_trouble(row) for row in db.execute(found)]


def find(db: sa.Connection, number: int) -> Trouble | None:
    """One troubled mail by its number in the list."""
    row = db.execute(sa.select(trouble).where(trouble.c.id == number)).first()
    return _trouble(row) if row else None


def resolve(db: sa.Connection, number: int) -> None:
    """The mail was handled after all; its raw bytes are dropped."""
    db.execute(sa.update(trouble).where(trouble.c.id == number).values(state="resolved", raw=b""))


def _trouble(row: sa.Row[tuple[object, ...]]) -> Trouble:
    return Trouble(row.id, row.mailbox, row.uid, bytes(row.raw), row.stage, row.error, row.tries, row.last_at)
