"""The outbox: replies that were committed and wait for the mail server.

A row is claimed before SMTP sees it, and noted after. A claim holds as long as its holder lives (store/leases.py),
however slow the mail server is. What a desk that died had in hand goes back in line, with the same Message-ID, and
is marked uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

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
    rows = _TAKEN.rows(db, {"now": now, "beyond": now + _LONGEST_PAUSE, "most": limit, "by": holder, "on": route})
    return tuple(
        Outgoing(number, ticket, message_id, tuple(to), bytes(message), *others)
        for _, number, ticket, message_id, to, message, *others in sorted(rows, key=itemgetter(0, 1))
    )


# What is due: its moment has come; or it lies beyond any pause, written by a clock that ran ahead and was set back since.
_DUE = (
    sa.select(outbox.c.id)
    .where(
        outbox.c.route == sa.bindparam("on"),
        outbox.c.state == "queued",
        (outbox.c.next_at <= sa.bindparam("now")) | (outbox.c.next_at > sa.bindparam("beyond")),
    )
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
    .cte("due")  # PostgreSQL would ask a plain subquery more than once
)
_TAKEN = Prepared(
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.select(_DUE.c.id)))
    .values(state="sending", claimed_by=sa.bindparam("by"), tries=outbox.c.tries + 1)
    .returning(
        *(outbox.c[name] for name in ("next_at", "id", "ticket", "message_id", "recipients", "message", "tries")),
        *(outbox.c[name] for name in ("uncertain", "claimed_by")),
    )
)


def take_back(db: sa.Connection, holders: Sequence[str]) -> None:
    """Put back in line what these had in hand and never noted.

    A desk sends one after the other, in the order of its claim, and notes each: only the first that is left may have
    reached the mail server. The others were not tried.
    """
    for holder in holders:
        first: dict[str, int] = {}
        for route, number in _LEFT.rows(db, {"holder": holder}):
            first.setdefault(route, number)
        if first:
            in_hand, tried = _in_hand(holder), outbox.c.id.in_(first.values())
            db.execute(sa.update(outbox).where(in_hand & ~tried).values(_NOT_TRIED))
            db.execute(sa.update(outbox).where(in_hand & tried).values(state="queued", claimed_by=None, uncertain=True))


def _in_hand(holder: str | sa.BindParameter[str]) -> sa.ColumnElement[bool]:
    return (outbox.c.state == "sending") & (outbox.c.claimed_by == holder)


_LEFT = Prepared(
    sa.select(outbox.c.route, outbox.c.id)
    .where(_in_hand(sa.bindparam("holder")))
    .order_by(outbox.c.next_at, outbox.c.id)
)
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
