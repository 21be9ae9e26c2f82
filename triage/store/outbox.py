"""The outbox: replies that were committed and wait for the mail server.

A row is claimed before SMTP sees it, and noted after. A claim holds as long as its holder lives (store/leases.py),
however slow the mail server is. What a desk that died had in hand goes back in line, with the same Message-ID, and
is marked uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from triage.domain import TicketNumber
from triage.store.prepared import Prepared
from triage.store.schema import outbox

MAIN, ALERTS = "main", "alerts"  # routes: the replies' mail server, and the second one for alerts to staff

_FIRST_PAUSE = timedelta(minutes=1)  # doubled with each deferred try ...
_LONGEST_PAUSE = timedelta(hours=2)  # ... up to this


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One claimed reply."""

    id: int
    ticket: int | None
    message_id: str
    recipients: tuple[str, ...]
    message: bytes
    tries: int
    uncertain: bool
    holder: str


_GIVEN_UP = ("refused", "failed", "bounced")


def claim(db: sa.Connection, now: datetime, limit: int, *, holder: str, route: str = MAIN) -> Sequence[Outgoing]:
    """Take up to `limit` due replies of one route, those due longest first; nobody else takes them while `holder` lives."""
    due = (
        sa.select(outbox.c.id)
        .where(outbox.c.route == route, outbox.c.state == "queued", _due(now))
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.execute(due).scalars())
    if not ids:
        return ()
    taken = {"state": "sending", "claimed_by": holder, "tries": outbox.c.tries + 1}
    db.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(taken))
    rows = {row.id: row for row in db.execute(sa.select(outbox).where(outbox.c.id.in_(ids)))}
    return [_outgoing(rows[each]) for each in ids]


def _due(now: datetime) -> sa.ColumnElement[bool]:
    """Its moment has come; or it lies beyond any pause, written by a clock that ran ahead and was set back since."""
    return (outbox.c.next_at <= now) | (outbox.c.next_at > now + _LONGEST_PAUSE)


def take_back(db: sa.Connection, holders: Sequence[str]) -> None:
    """Put back in line what these had in hand and never noted.

    A desk sends one after the other, in the order of its claim, and notes each: only the first that is left may have
    reached the mail server. The others were not tried.
    """
    in_hand = (outbox.c.state == "sending") & outbox.c.claimed_by.in_(holders)
    left = sa.select(outbox.c.id, outbox.c.claimed_by, outbox.c.route).where(in_hand)
    first: dict[tuple[str, str], int] = {}
    for row in db.execute(left.order_by(outbox.c.next_at, outbox.c.id)):
        first.setdefault((row.claimed_by, row.route), row.id)
    if not first:
        return
    tried = outbox.c.id.in_(first.values())
    db.execute(sa.update(outbox).where(in_hand & ~tried).values(_NOT_TRIED))
    db.execute(sa.update(outbox).where(in_hand & tried).values(state="queued", claimed_by=None, uncertain=True))


_NOT_TRIED = {"state": "queued", "claimed_by": None, "tries": outbox.c.tries - 1}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `left` are the recipients to try again; `said` the server's words."""

    delivered: bool  # somebody has it
    left: tuple[str, ...]
    uncertain: bool  # the server had all of it and vanished before it answered
    said: str


def note(db: sa.Connection, reply: Outgoing, outcome: Outcome, now: datetime, *, tries: int) -> str:
    """Write down one try and return the new state. What is left is tried again, `tries` times in all.

    In doubt it is tried again once: when a second try ends in doubt too, two copies may have arrived, and it is given up.
    A reply that was put back in line meanwhile is left to whoever takes it next: its state is "sending".
    """
    values: dict[str, object] = {"said": outcome.said, "uncertain": reply.uncertain or outcome.uncertain}
    if outcome.delivered:
        values["sent_at"] = now
    doubted_twice = outcome.uncertain and reply.uncertain
    if outcome.left and reply.tries < tries and not doubted_twice:
        pause = min(_FIRST_PAUSE * 2 ** min(reply.tries - 1, 10), _LONGEST_PAUSE)
        values |= {"state": "queued", "next_at": now + pause, "recipients": list(outcome.left)}
    elif outcome.delivered:
        values["state"] = "sent"
    else:
        values["state"] = "failed" if outcome.left else "refused"
    noted = _NOTED.rows(db, values | {"claimed_by": None, "at_id": reply.id, "at_holder": reply.holder})
    return str(values["state"]) if noted else "sending"


_NOTED = Prepared(
    sa.update(outbox)
    .where(
        outbox.c.id == sa.bindparam("at_id"),
        outbox.c.state == "sending",
        outbox.c.claimed_by == sa.bindparam("at_holder"),
    )
    .returning(outbox.c.id)
)


def release(db: sa.Connection, replies: Sequence[Outgoing]) -> None:
    """Give back claimed replies that were not tried (no connection): it counts as no try and costs no place in line."""
    for reply in replies:
        ours = (outbox.c.id == reply.id) & (outbox.c.state == "sending") & (outbox.c.claimed_by == reply.holder)
        db.execute(sa.update(outbox).where(ours).values(_NOT_TRIED | {"next_at": outbox.c.queued_at}))


@dataclass(frozen=True, slots=True)
class Unsent:
    """One reply that was given up: `refused` by the mail server, `failed` after all its tries, or `bounced` back later."""

    id: int
    ticket: TicketNumber | None
    recipients: tuple[str, ...]
    state: str
    tries: int
    queued_at: datetime
    said: str


def unsent(db: sa.Connection) -> Sequence[Unsent]:
    """Every reply that was given up, oldest first."""
    found = sa.select(outbox).where(outbox.c.state.in_(_GIVEN_UP)).order_by(outbox.c.id)
    return [
        Unsent(row.id, _number(row.ticket), tuple(row.recipients), row.state, row.tries, row.queued_at, row.said)
        for row in db.execute(found)
    ]


def resend(db: sa.Connection, number: int, now: datetime) -> bool:
    """Put a reply that was given up back in the queue, with all its tries; False when there is none."""
    given_up = (outbox.c.id == number) & outbox.c.state.in_(_GIVEN_UP)
    back = {"state": "queued", "next_at": now, "tries": 0}
    return db.execute(sa.update(outbox).where(given_up).values(back)).rowcount == 1


def waiting(db: sa.Connection) -> int:
    """How many replies have not left yet."""
    counted = sa.select(sa.func.count()).where(outbox.c.state.in_(("queued", "sending")))
    return db.execute(counted).scalar_one()


def _number(ticket: int | None) -> TicketNumber | None:
    return TicketNumber(ticket) if ticket is not None else None


def _outgoing(row: sa.Row[tuple[object, ...]]) -> Outgoing:
    return Outgoing(
        id=row.id,
        ticket=row.ticket,
        message_id=row.message_id,
        recipients=tuple(row.recipients),
        message=bytes(row.message),
        tries=row.tries,
        uncertain=row.uncertain,
        holder=row.claimed_by,
    )
