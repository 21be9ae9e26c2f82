"""Mails that show the same trouble, counted: the ground of incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.domain import Kind, TicketNumber
from triage.store.prepared import Prepared
from triage.store.schema import mail, verdict

_ALIKE = Prepared(
    sa.select(mail.c.sender, mail.c.ticket)
    .join(verdict, verdict.c.mail == mail.c.id)
    .where(
        verdict.c.likeness == sa.bindparam("likeness"),
        mail.c.kind == Kind.NEW.value,
        mail.c.handled_at > sa.bindparam("since"),
    )
    .order_by(mail.c.id)
)


@dataclass(frozen=True, slots=True)
class Alike:
    """New mails that are alike: who wrote them, and their tickets, oldest first."""

    senders: frozenset[str]
    tickets: tuple[TicketNumber, ...]


def since(db: sa.Connection, likeness: str, moment: datetime) -> Alike:
    """The mails of a likeness that were handled after a moment."""
    rows = _ALIKE.rows(db, {"likeness": likeness, "since": moment})
    tickets = dict.fromkeys(TicketNumber(number) for _, number in rows if number is not None)
    return Alike(frozenset(sender for sender, _ in rows), tuple(tickets))
