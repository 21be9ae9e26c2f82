"""What staff said a verdict should have been: who, when and why. The verdict itself stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from triage.domain import TicketNumber, Verdict
from triage.store.schema import correction, mail, required, ticket, verdict

OFFERED: Final = "offered"  # waits for `triage examples review`
ACCEPTED: Final = "accepted"
DROPPED: Final = "dropped"
NONE: Final = "none"  # says nothing of the topic: no example


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of one mail. `topic` and `missing` are None where nothing is said of them."""

    ticket: TicketNumber
    mail: int
    topic_before: str | None
    topic: str | None
    missing_before: tuple[str, ...]
    missing: tuple[str, ...] | None
    why: str
    who: str
    at: datetime
    example: str = NONE
    id: int = 0


def add(db: sa.Connection, said: Correction) -> int:
    """Write a correction down; returns its row id."""
    row = {
        "ticket": said.ticket.value,
        "mail": said.mail,
        "topic_before": said.topic_before,
        "topic": said.topic,
        "missing_before": list(said.missing_before),
        "missing": sa.null() if said.missing is None else list(said.missing),
        "why": said.why,
        "who": said.who,
        "at": said.at,
        "example": said.example,
    }
    return int(db.execute(sa.insert(correction).values(row).returning(correction.c.id)).scalar_one())


def latest(db: sa.Connection, since: datetime | None = None) -> Mapping[int, Correction]:
    """The last word on each corrected mail that was handled since a moment, by the mail's row id."""
    found = sa.select(correction).join(mail, mail.c.id == correction.c.mail).order_by(correction.c.id)
    if since is not None:
        found = found.where(mail.c.handled_at >= since)
    return {row.mail: _correction(row) for row in db.execute(found)}


def offered(db: sa.Connection) -> Sequence[Correction]:
    """Corrections that wait for somebody to say whether they are an example, oldest first."""
    found = sa.select(correction).where(correction.c.example == OFFERED).order_by(correction.c.id)
    return [_correction(row) for row in db.execute(found)]


def settle(db: sa.Connection, number: int, example: str) -> None:
    """What became of an offered example: ACCEPTED or DROPPED."""
    db.execute(sa.update(correction).where(correction.c.id == number).values(example=example))


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about the mail that opened a ticket."""

    ticket: TicketNumber
    mail: int
    topic: str | None
    missing: tuple[str, ...]


def decided(db: sa.Connection, number: TicketNumber) -> Decided | None:
    """The mail that opened a ticket; None when there is no such ticket."""
    found = sa.select(mail.c.id, verdict.c.topic).join(verdict, verdict.c.mail == mail.c.id)
    row = db.execute(found.where(mail.c.ticket == number.value, mail.c.first).limit(1)).first()
    if row is None:
        return None
    lacking = sa.select(required.c.field).where(required.c.mail == row.id, required.c.missing)
    return Decided(number, row.id, row.topic, tuple(sorted(db.execute(lacking).scalars())))


def reroute(db: sa.Connection, number: TicketNumber, now: Verdict, at: datetime) -> None:
    """Bring a ticket to where another verdict leads it; how often it was asked and answered stays."""
    values = {"topic": now.topic, "profile": now.profile, "changed_at": at}
    if now.state is not None:
        values["state"] = now.state.value
    db.execute(sa.update(ticket).where(ticket.c.number == number.value).values(values))


def _correction(row: Any) -> Correction:
    return Correction(
        ticket=TicketNumber(row.ticket),
        mail=row.mail,
        topic_before=row.topic_before,
        topic=row.topic,
        missing_before=tuple(row.missing_before),
        missing=None if row.missing is None else tuple(row.missing),
        why=row.why,
        who=row.who,
        at=row.at,
        example=row.example,
        id=row.id,
    )
