"""Which rules, templates and model the desk worked with since when, and the first mail decided under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from triage.domain import TicketNumber
from triage.editions import MODEL, RULES, Edition
from triage.store.schema import edition, mail, verdict


@dataclass(frozen=True, slots=True)
class Noted:
    """One edition in service since `at`. `said` names the files that changed, `first` is the first mail under it."""

    kind: str
    digest: str
    at: datetime
    said: str
    who: str
    files: Mapping[str, str]
    first: datetime | None = None
    ticket: TicketNumber | None = None


def latest(db: sa.Connection, kind: str) -> Noted | None:
    """The edition of a kind that was noted last."""
    row = db.execute(_of(kind).order_by(edition.c.id.desc()).limit(1)).first()
    return _noted(row) if row else None


def note(db: sa.Connection, new: Edition, said: str, who: str, now: datetime) -> None:
    """Write down that an edition is in service from now on."""
    row = {"kind": new.kind, "digest": new.digest, "at": now, "said": said, "who": who, "files": dict(new.files)}
    db.execute(sa.insert(edition).values(row))


def history(db: sa.Connection, kind: str | None = None, since: datetime | None = None) -> Sequence[Noted]:
    """Every edition, newest first, with the first mail that was decided under it; one that two desks noted stands once."""
    found = sa.select(edition) if kind is None else _of(kind)
    if since is not None:
        found = found.where(edition.c.at >= since)
    kept: list[Any] = []
    last: dict[str, str] = {}
    for row in db.execute(found.order_by(edition.c.id)):
        if last.get(row.kind) != row.digest:
            kept.append(row)
        last[row.kind] = row.digest
    return [_noted(row, _first_mail(db, row)) for row in reversed(kept)]


def _of(kind: str) -> sa.Select[Any]:
    return sa.select(edition).where(edition.c.kind == kind)


def _first_mail(db: sa.Connection, row: Any) -> Any:
    """Rules and model are noted with every verdict; of templates only the time is known."""
    found = sa.select(mail.c.handled_at, mail.c.ticket).where(mail.c.handled_at >= row.at)
    if row.kind in (RULES, MODEL):
        column = verdict.c.rules_digest if row.kind == RULES else verdict.c.model_digest
        found = found.join(verdict, verdict.c.mail == mail.c.id).where(column == row.digest)
    return db.execute(found.order_by(mail.c.handled_at, mail.c.id).limit(1)).first()


def _noted(row: Any, first: Any = None) -> Noted:
    return Noted(
        kind=row.kind,
        digest=row.digest,
        at=row.at,
        said=row.said,
        who=row.who,
        files=row.files or {},
        first=first.handled_at if first else None,
        ticket=TicketNumber(first.ticket) if first and first.ticket is not None else None,
    )
