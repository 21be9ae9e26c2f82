"""Mail that could not be handled: its raw bytes, the stage that failed and why.

It is tried again by itself after growing pauses, a few times; after that only by hand. A try is written down before
it is made, so that a mail on which a process dies is not tried for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from triage.store import upsert
from triage.store.prepared import Prepared
from triage.store.schema import trouble

FETCH = "fetch"  # the stage of mail that did not come whole: there is nothing to try again with
CRASH = "crash"  # of mail on which the process died: trying it again would be the end of the next one too
PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))  # before each try by itself
OPEN = ("waiting", "retrying")  # states of a mail that is not handled yet; it is retrying while a try is made


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
    first_at: datetime
    last_at: datetime
    next_at: datetime | None  # when it is tried again by itself


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
    counted = sa.case((trouble.c.state == "retrying", trouble.c.tries), else_=trouble.c.tries + 1)
    written = upsert.insert(db, trouble).values(row)
    written = written.on_conflict_do_update(index_elements=["mailbox", "uid"], set_={**seen, "tries": counted})
    number, tries = db.execute(written.returning(trouble.c.id, trouble.c.tries)).one()
    pause = None if failure.stage in (FETCH, CRASH) else _pause(tries)
    db.execute(sa.update(trouble).where(trouble.c.id == number).values(next_at=pause and now + pause))


def begin_due(db: sa.Connection, now: datetime) -> Trouble | None:
    """The mail whose next try has been due longest: the try counts from here on, and no other desk makes it too."""
    found = _FIRST_DUE.scalar(db, {"now": now, "beyond": now + PAUSES[-1]})
    if found is None:
        return None
    row = db.execute(sa.select(trouble).where(trouble.c.id == found)).one()
    pause = _pause(row.tries + 1)
    begun = {"state": "retrying", "tries": row.tries + 1, "last_at": now, "next_at": pause and now + pause}
    db.execute(sa.update(trouble).where(trouble.c.id == row.id).values(begun))
    return _trouble(row)


# Its moment has come; or it lies beyond any pause, written by a clock that ran ahead and was set back since.
_FIRST_DUE = Prepared(
    sa.select(trouble.c.id)
    .where(
        sa.or_(*(trouble.c.state == state for state in OPEN)),
        (trouble.c.next_at <= sa.bindparam("now")) | (trouble.c.next_at > sa.bindparam("beyond")),
        sa.func.length(trouble.c.raw) > 0,
    )
    .order_by(trouble.c.next_at, trouble.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


def _pause(tries: int) -> timedelta | None:
    """After so many tries; None when the rest is left to people."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None


def all_waiting(db: sa.Connection) -> Sequence[Trouble]:
    """Everything still set aside, oldest first."""
    found = sa.select(trouble).where(trouble.c.state.in_(OPEN)).order_by(trouble.c.id)
    return [_trouble(row) for row in db.execute(found)]


def find(db: sa.Connection, number: int) -> Trouble | None:
    """One troubled mail by its number in the list."""
    row = db.execute(sa.select(trouble).where(trouble.c.id == number)).first()
    return _trouble(row) if row else None


def resolve(db: sa.Connection, number: int) -> None:
    """The mail was handled after all; its raw bytes are dropped."""
    db.execute(sa.update(trouble).where(trouble.c.id == number).values(state="resolved", raw=b"", next_at=None))


def _trouble(row: sa.Row[tuple[object, ...]]) -> Trouble:
    return Trouble(
        id=row.id,
        mailbox=row.mailbox,
        uid=row.uid,
        raw=bytes(row.raw),
        stage=row.stage,
        error=row.error,
        tries=row.tries,
        first_at=row.first_at,
        last_at=row.last_at,
        next_at=row.next_at,
    )
