"""What staff do to tickets by hand. Each deed is noted with who did it and when (table `event`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.domain import TicketNumber, TicketState
from triage.store import upsert
from triage.store.schema import event, finding, participant, reference, ticket

_OPEN = ticket.c.state != TicketState.CLOSED.value


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to a ticket, and when."""

    who: str
    at: datetime


class NotPossible(Exception):  # noqa: N818 - says what it is
    """A deed that makes no sense; the message is a sentence for the one who asked for it."""


def merge(db: sa.Connection, source: TicketNumber, target: TicketNumber, deed: Deed) -> TicketNumber:
    """Make one ticket part of another; returns the ticket it is part of now. Raises NotPossible.

    Those who take part in either, and the ids by which either is recognised, belong to both from now on, and what was
    found in the one counts in the other. The mails stay where they are: their history is kept.
    """
    first, second = sorted({source, target})[0], sorted({source, target})[-1]
    rows = {
        number.value: _row(db, number) for number in (first, second)
    }  # locked in one order, so that none waits for ever
    end = _end_of(db, target)
    if rows[source.value].merged_into is not None:
        raise NotPossible(f"{source} is part of {_end_of(db, source)} already")
    if end == source:
        raise NotPossible(f"{target} is part of {source}: a ticket cannot be merged into itself")
    kept = _row(db, end)
    for table, column in ((participant, participant.c.email), (reference, reference.c.message_id)):
        theirs = sa.select(sa.literal(end.value), column).where(table.c.ticket == source.value)
        db.execute(upsert.insert(db, table).from_select(["ticket", column.name], theirs).on_conflict_do_nothing())
    db.execute(sa.update(finding).where(finding.c.ticket == source.value).values(ticket=end.value))
    merged = {"merged_into": end.value, "state": TicketState.CLOSED.value, "closing_at": None, "changed_at": deed.at}
    _change(db, source, merged)
    flags = sorted({*kept.flags, *rows[source.value].flags})
    _change(db, end, {"flags": flags, "asked": max(kept.asked, rows[source.value].asked), "changed_at": deed.at})
    _note(db, source, deed, f"merged into {end}")
    _note(db, end, deed, f"took in {source}")
    return end


def close(db: sa.Connection, number: TicketNumber, deed: Deed) -> bool:
    """Close a ticket; False when it was closed. Raises NotPossible."""
    return _to_state(db, number, TicketState.CLOSED, deed, "closed")


def reopen(db: sa.Connection, number: TicketNumber, deed: Deed) -> bool:
    """Give a closed ticket back to people; False when it was open. Raises NotPossible."""
    return _to_state(db, number, TicketState.REVIEW, deed, "reopened")


def hand_over(db: sa.Connection, number: TicketNumber, to: Sequence[str], deed: Deed) -> None:
    """Note that a ticket was passed on. Raises NotPossible."""
    _row(db, number)
    _change(db, number, {"handed_over_at": deed.at})
    _note(db, number, deed, f"handed over to {', '.join(to)}")


def corrected(db: sa.Connection, number: TicketNumber, said: str, deed: Deed) -> None:
    """Note in a ticket's history what staff said its first mail should have been (table `correction`)."""
    _note(db, number, deed, said)


def thanked(db: sa.Connection) -> Sequence[tuple[TicketNumber, datetime, str]]:
    """The open tickets whose last mail said thanks and nothing else: number, since when, subject; oldest first."""
    found = sa.select(ticket).where(_OPEN, ticket.c.closing_at.is_not(None)).order_by(ticket.c.closing_at)
    return [(TicketNumber(row.number), row.closing_at, row.subject) for row in db.execute(found)]


def _to_state(db: sa.Connection, number: TicketNumber, state: TicketState, deed: Deed, said: str) -> bool:
    row = _row(db, number)
    if row.merged_into is not None:
        raise NotPossible(f"{number} is part of {_end_of(db, number)}: name that one")
    if (row.state == TicketState.CLOSED.value) == (state is TicketState.CLOSED):
        return False
    _change(db, number, {"state": state.value, "closing_at": None, "changed_at": deed.at})
    _note(db, number, deed, said)
    return True


def _row(db: sa.Connection, number: TicketNumber) -> sa.Row[tuple[object, ...]]:
    row = db.execute(sa.select(ticket).where(ticket.c.number == number.value).with_for_update()).first()
    if row is None:
        raise NotPossible(f"there is no ticket {number}")
    return row


def _end_of(db: sa.Connection, number: TicketNumber) -> TicketNumber:
    """The ticket that a number stands for now."""
    seen: set[int] = set()
    while number.value not in seen and (into := _row(db, number).merged_into) is not None:
        seen.add(number.value)
        number = TicketNumber(into)
    return number


def _change(db: sa.Connection, number: TicketNumber, values: dict[str, object]) -> None:
    db.execute(sa.update(ticket).where(ticket.c.number == number.value).values(values))


def _note(db: sa.Connection, number: TicketNumber, deed: Deed, said: str) -> None:
    db.execute(sa.insert(event).values(ticket=number.value, at=deed.at, who=deed.who, said=said))
