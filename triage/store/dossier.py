"""The life of one ticket, for people: who wrote, what was decided and why, what left, and what was done by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from triage.domain import TicketNumber
from triage.store.schema import correction, event, mail, outbox, participant, required, ticket, verdict


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened: one line, and further ones that explain it."""

    at: datetime
    line: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """A ticket as it stands, and how it came there, oldest first. `parts` are tickets that were merged into it."""

    number: TicketNumber
    state: str
    topic: str | None
    profile: str | None
    owner: str
    subject: str
    flags: tuple[str, ...]
    part_of: TicketNumber | None
    parts: tuple[TicketNumber, ...]
    people: tuple[str, ...]
    steps: tuple[Step, ...]


def of(db: sa.Connection, number: TicketNumber) -> Dossier | None:
    """All there is to tell of a ticket; None when there is none of this number."""
    row = db.execute(sa.select(ticket).where(ticket.c.number == number.value)).first()
    if row is None:
        return None
    parts = list(db.execute(sa.select(ticket.c.number).where(ticket.c.merged_into == number.value)).scalars())
    people = sa.select(participant.c.email).where(participant.c.ticket == number.value).order_by(participant.c.email)
    numbers = [number.value, *parts]
    steps = [*_mails(db, numbers), *_letters(db, numbers), *_events(db, numbers), *_corrections(db, numbers)]
    return Dossier(
        number=number,
        state=row.state,
        topic=row.topic,
        profile=row.profile,
        owner=row.owner,
        subject=row.subject,
        flags=tuple(row.flags),
        part_of=TicketNumber(row.merged_into) if row.merged_into is not None else None,
        parts=tuple(map(TicketNumber, sorted(parts))),
        people=tuple(db.execute(people).scalars()),
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


def _mails(db: sa.Connection, numbers: Sequence[int]) -> Iterator[Step]:
    missing: dict[int, list[str]] = {}
    lacking = sa.select(required.c.mail, required.c.field).join(mail, mail.c.id == required.c.mail)
    for lack in db.execute(lacking.where(mail.c.ticket.in_(numbers), required.c.missing)):
        missing.setdefault(lack.mail, []).append(lack.field)
    columns = (mail.c.id, mail.c.handled_at, mail.c.sender, mail.c.subject, mail.c.kind, mail.c.silence, mail.c.tray)
    told = (verdict.c.action, verdict.c.topic, verdict.c.decided_by, verdict.c.confidence, verdict.c.reasons)
    found = sa.select(*columns, *told, verdict.c.evidence).join(verdict, verdict.c.mail == mail.c.id)
    for row in db.execute(found.where(mail.c.ticket.in_(numbers)).order_by(mail.c.id)):
        because = _because(row, missing.get(row.id, []))
        yield Step(row.handled_at, f"{row.sender} wrote: {row.subject or '(no subject)'}", tuple(because))


def _because(row: Any, missing: Sequence[str]) -> Iterator[str]:
    about = f" {row.topic}" if row.topic else ""
    yield f"{row.kind}, {row.action}{about}, by {row.decided_by} ({row.confidence:.0%}); tray {row.tray}"
    if missing:
        yield f"missing: {', '.join(missing)}"
    yield from row.reasons
    for item in row.evidence:
        yield f"{item['rule']}: {item['text']}" if item["text"] else item["rule"]


def _letters(db: sa.Connection, numbers: Sequence[int]) -> Iterator[Step]:
    for row in db.execute(sa.select(outbox).where(outbox.c.ticket.in_(numbers)).order_by(outbox.c.id)):
        said = (row.said,) if row.said and row.state != "sent" else ()
        name = row.template if row.kind == "reply" else row.kind
        yield Step(row.sent_at or row.queued_at, f"{name} to {', '.join(row.recipients)}: {row.state}", said)


def _events(db: sa.Connection, numbers: Sequence[int]) -> Iterator[Step]:
    for row in db.execute(sa.select(event).where(event.c.ticket.in_(numbers)).order_by(event.c.id)):
        yield Step(row.at, f"{TicketNumber(row.ticket)} {row.said} by {row.who}")


def _corrections(db: sa.Connection, numbers: Sequence[int]) -> Iterator[Step]:
    for row in db.execute(sa.select(correction).where(correction.c.ticket.in_(numbers)).order_by(correction.c.id)):
        changed = f"{row.topic_before or 'no topic'} → {row.topic or 'as it was'}"
        yield Step(row.at, f"corrected by {row.who}: {changed}", (row.why,) if row.why else ())
