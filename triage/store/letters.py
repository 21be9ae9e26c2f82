"""Letters to people of ours on their way into the outbox: alerts, tickets that are handed over, reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from triage.domain import Language, TicketNumber
from triage.store import upsert
from triage.store.schema import outbox


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `message` is the whole mail as bytes; `mail` the row of the mail that is passed on."""

    kind: Literal["alert", "handover", "report"]
    route: str
    language: Language
    message_id: str
    recipients: tuple[str, ...]
    message: bytes
    ticket: TicketNumber | None = None
    mail: int | None = None


def queue(db: sa.Connection, letter: Letter, now: datetime) -> bool:
    """Put a letter into the outbox; it leaves after the commit. False when the same letter is there already."""
    address = letter.recipients[0]
    row = {
        "kind": letter.kind,
        "route": letter.route,
        "mail": letter.mail,
        "ticket": letter.ticket.value if letter.ticket else None,
        "template": letter.kind,
        "language": letter.language.value,
        "message_id": letter.message_id,
        "address": address,
        "domain": address.rpartition("@")[2],
        "fingerprint": "",
        "recipients": list(letter.recipients),
        "message": letter.message,
        "state": "queued",
        "tries": 0,
        "uncertain": False,
        "queued_at": now,
        "next_at": now,
        "said": "",
    }
    new = upsert.insert(db, outbox).values(row).on_conflict_do_nothing().returning(outbox.c.id)
    return db.execute(new).first() is not None
