"""What each column of the ledger holds of people: the ground of export, erasure and retention.

Every column that can hold a text stands here (a test asks for it), so that a new one is not forgotten by those who
must forget it. Here, too, is how the words of mails are erased; figures and decisions stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum

import sqlalchemy as sa

from triage.store import schema as s


class Holds(Enum):
    """What stands in a column."""

    ADDRESS = "somebody's address, or a list of them"
    DOMAIN = "the domain of the address beside it"
    WORDS = "what people wrote, what was taken from it or said of it"


PERSONAL: Mapping[str, Mapping[str, Holds]] = {
    "ticket": {"owner": Holds.ADDRESS, "subject": Holds.WORDS},
    "participant": {"email": Holds.ADDRESS},
    "mail": {
        "message_id": Holds.WORDS,
        "sender": Holds.ADDRESS,
        "sender_domain": Holds.DOMAIN,
        "subject": Holds.WORDS,
    },
    "recorded": {"content": Holds.WORDS},
    "reference": {"message_id": Holds.WORDS},
    "verdict": {"reasons": Holds.WORDS, "evidence": Holds.WORDS},
    "finding": {"value": Holds.WORDS},
    "outbox": {
        "address": Holds.ADDRESS,
        "domain": Holds.DOMAIN,
        "recipients": Holds.ADDRESS,
        "message": Holds.WORDS,
        "said": Holds.WORDS,
    },
    "recipient": {"email": Holds.ADDRESS},
    "trouble": {"raw": Holds.WORDS, "error": Holds.WORDS},
    "alert": {"said": Holds.WORDS},
    "bounced": {"email": Holds.ADDRESS, "said": Holds.WORDS},
    "correction": {"why": Holds.WORDS, "who": Holds.WORDS},
    "edition": {"said": Holds.WORDS, "who": Holds.WORDS},
    "event": {"said": Holds.WORDS, "who": Holds.WORDS},
}

IMPERSONAL: Mapping[str, frozenset[str]] = {  # numbers, digests, names of folders, and words from fixed lists
    "ticket": frozenset({"state", "topic", "profile", "language", "flags"}),
    "mail": frozenset({"key", "kind", "silence", "language", "mailbox", "uid", "tray"}),
    "verdict": frozenset({"action", "topic", "profile", "decided_by", "template", "flags", "pointers", "hints"})
    | {"guesses", "secrets", "likeness", "rules_digest", "model_digest"},
    "finding": frozenset({"field", "place", "note"}),
    "required": frozenset({"field"}),
    "outbox": frozenset({"kind", "route", "template", "language", "message_id", "fingerprint", "state", "claimed_by"}),
    "trouble": frozenset({"mailbox", "uid", "stage", "state"}),
    "alert": frozenset({"name"}),
    "opening": frozenset({"mailbox", "said"}),
    "lease": frozenset({"name", "holder"}),
    "correction": frozenset({"topic_before", "topic", "missing_before", "missing", "example"}),
    "edition": frozenset({"kind", "digest", "files"}),
}

KEPT_FIELDS = ("environment", "product", "app_platform", "app_version")  # values the reports count by; nobody's own
WAITING = ("queued", "sending")  # states of a letter that has yet to leave, and so must keep its words
_AT_ONCE = 500  # rows in one statement


def erase_words(db: sa.Connection, mails: Sequence[int], now: datetime) -> None:
    """Take away what was written in these mails, found in them, answered to them and said of them."""
    for some in in_sets(mails):
        db.execute(sa.delete(s.recorded).where(s.recorded.c.mail.in_(some)))
        db.execute(sa.update(s.mail).where(s.mail.c.id.in_(some)).values(subject="", erased_at=now))
        found = s.finding.c.mail.in_(some) & s.finding.c.field.not_in(KEPT_FIELDS)
        db.execute(sa.update(s.finding).where(found).values(value=""))
        _erase_reasons(db, some)
        left = s.outbox.c.mail.in_(some) & s.outbox.c.state.not_in(WAITING)
        db.execute(sa.update(s.outbox).where(left).values(message=b"", said=""))
        db.execute(sa.update(s.correction).where(s.correction.c.mail.in_(some)).values(why=""))


def _erase_reasons(db: sa.Connection, mails: Sequence[int]) -> None:
    """The rules that spoke stay with their weights; the words they saw do not."""
    rows = db.execute(sa.select(s.verdict.c.mail, s.verdict.c.evidence).where(s.verdict.c.mail.in_(mails))).all()
    blank = sa.update(s.verdict).where(s.verdict.c.mail == sa.bindparam("of"))
    values = [
        {"of": row.mail, "reasons": [], "evidence": [{**each, "text": ""} for each in row.evidence]} for row in rows
    ]
    if values:
        db.execute(blank, values)


def in_sets(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Ids in sets small enough for one statement."""
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
