"""Looking things up in the ledger, for people. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from triage.domain import TicketNumber
from triage.store.schema import mail, outbox, required, verdict


@dataclass(frozen=True, slots=True)
class HandledMail:
    """One mail and what was decided about it."""

    uid: str
    subject: str
    language: str
    topic: str
    action: str
    template: str
    ticket: TicketNumber | None
    tray: str
    reasons: tuple[str, ...]
    flags: tuple[str, ...]
    missing: tuple[str, ...]
    message_id: str  # of the reply; "" when there is none


def handled(db: sa.Connection) -> Sequence[HandledMail]:
    """Every handled mail, in the order in which they were handled."""
    lacking = sa.select(required.c.mail, required.c.field).where(required.c.missing)
    missing: dict[int, list[str]] = {}
    for row in db.execute(lacking):
        missing.setdefault(row.mail, []).append(row.field)
    columns = (
        mail.c.id,
        mail.c.uid,
        mail.c.subject,
        mail.c.language,
        mail.c.silence,
        mail.c.ticket,
        mail.c.tray,
        verdict.c.topic,
        verdict.c.action,
        verdict.c.template,
        verdict.c.reasons,
        verdict.c.flags,
        outbox.c.message_id,
    )
    answer = (outbox.c.mail == mail.c.id) & (outbox.c.kind == "reply")  # a mail that is handed over has a letter more
    joined = mail.join(verdict, verdict.c.mail == mail.c.id).outerjoin(outbox, answer)
    return [
        _handled(row, missing.get(row.id, []))
        for row in db.execute(sa.select(*columns).select_from(joined).order_by(mail.c.id))
    ]


def _handled(row: Any, missing: Sequence[str]) -> HandledMail:
    return HandledMail(
        uid=row.uid,
        subject=row.subject,
        language=row.language or "-",
        topic=row.topic or row.silence or "-",
        action=row.action,
        template=row.template or "",
        ticket=TicketNumber(row.ticket) if row.ticket is not None else None,
        tray=row.tray,
        reasons=tuple(row.reasons),
        flags=tuple(row.flags),
        missing=tuple(missing),
        message_id=row.message_id or "",
    )
