"""Addresses whose mail came back: the desk leaves them alone for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from triage.domain import TicketNumber
from triage.store import upsert
from triage.store.prepared import Prepared
from triage.store.schema import bounced, outbox, recipient

_SINCE = Prepared(
    sa.select(bounced.c.at).where(bounced.c.email == sa.bindparam("at_email"), bounced.c.at > sa.bindparam("since"))
)


def since(db: sa.Connection, email: str, moment: datetime) -> datetime | None:
    """When mail to an address came back, if that was after a moment."""
    found: datetime | None = _SINCE.scalar(db, {"at_email": email, "since": moment})
    return found


def note(
    db: sa.Connection, message_ids: Sequence[str], failed: Sequence[str], said: str, now: datetime
) -> TicketNumber | None:
    """Believe a bounce as far as it is about a mail of ours: one with these ids, to these addresses.

    Nobody can name a Message-ID of ours who did not get that mail, so nobody silences a stranger by a forged bounce.
    The letter counts as `bounced` when whom it was written to is not to be reached. Returns its ticket.
    """
    letters = db.execute(sa.select(outbox).where(outbox.c.message_id.in_(message_ids))).all() if message_ids else []
    for letter in letters:
        theirs = sa.select(recipient.c.email).where(recipient.c.outbox == letter.id)
        told = {*letter.recipients, *db.execute(theirs).scalars()}
        for email in told.intersection(failed):
            row = {"email": email, "at": now, "said": said}
            new = upsert.insert(db, bounced).values(row)
            db.execute(new.on_conflict_do_update(index_elements=["email"], set_={"at": now, "said": said}))
            if email == letter.address:
                db.execute(sa.update(outbox).where(outbox.c.id == letter.id).values(state="bounced", said=said))
    number = next((letter.ticket for letter in letters if letter.ticket is not None), None)
    return TicketNumber(number) if number is not None else None


def lift(db: sa.Connection, number: int) -> None:
    """Write again to those whom a letter that came back was for: somebody says that they can be reached."""
    theirs = sa.select(outbox.c.address).where(outbox.c.id == number)
    db.execute(sa.delete(bounced).where(bounced.c.email.in_(theirs)))
