"""Since when each mailbox is the desk's: what people had read in it before stays theirs, through every restart."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from triage.store import upsert
from triage.store.schema import opening


def of(db: sa.Connection, mailbox: str) -> str | None:
    """The opening as the mailbox itself told it; None for a mailbox that was never tended."""
    return db.execute(sa.select(opening.c.said).where(opening.c.mailbox == mailbox)).scalar()


def keep(db: sa.Connection, mailbox: str, said: str, now: datetime) -> None:
    """Remember an opening; the first one stays."""
    new = upsert.insert(db, opening).on_conflict_do_nothing()
    db.execute(new, {"mailbox": mailbox, "said": said, "at": now})
