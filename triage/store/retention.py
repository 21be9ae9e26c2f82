"""Retention: after some days the words go and the figures stay. Done in small transactions, so that nobody waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from triage.config import Retention
from triage.store import schema as s
from triage.store.personal import WAITING, erase_words
from triage.store.store import Store
from triage.store.trouble import OPEN

log = logging.getLogger(__name__)

_AT_ONCE = 200  # mails in one transaction


@dataclass(frozen=True, slots=True)
class Expired:
    """How many mails lost their words, and how many in trouble their bytes."""

    mails: int
    trouble: int


def expire(store: Store, rules: Retention) -> Expired:
    """Erase what is older than the rules allow. Safe to repeat, and to run at two desks at once. Raises StoreLost."""
    now, mails, trouble = store.clock(), 0, 0
    if rules.text_days is not None:
        mails = _expire_words(store, now - timedelta(days=rules.text_days), now)
    if rules.trouble_days is not None:
        trouble = _expire_trouble(store, now - timedelta(days=rules.trouble_days))
    if mails or trouble:
        log.info("retention: the words of %d mails and the bytes of %d in trouble are erased", mails, trouble)
    return Expired(mails, trouble)


def _expire_words(store: Store, before: datetime, now: datetime) -> int:
    erased, last = 0, 0
    while True:
        with store.connection() as db:
            some = db.execute(_due(before, last)).scalars().all()
            erase_words(db, some, now)
        erased += len(some)
        if len(some) < _AT_ONCE:
            break
        last = some[-1]
    with store.connection() as db:
        _expire_the_rest(db, before)
    return erased


def _due(before: datetime, last: int) -> sa.Select[int]:
    """Mails behind the `last` that have their words, in tickets where nothing moved since: an open thread keeps its own."""
    quiet = s.mail.c.ticket.is_(None) | (s.ticket.c.changed_at < before)
    old = (s.mail.c.id > last, s.mail.c.erased_at.is_(None), s.mail.c.handled_at < before, quiet)
    joined = s.mail.outerjoin(s.ticket, s.ticket.c.number == s.mail.c.ticket)
    due = sa.select(s.mail.c.id).select_from(joined).where(*old).order_by(s.mail.c.id).limit(_AT_ONCE)
    return due.with_for_update(skip_locked=True, of=s.mail)


def _expire_the_rest(db: sa.Connection, before: datetime) -> None:
    """What belongs to no mail: subjects, letters to staff, what was said of alarms, addresses whose mail came back."""
    old = (s.ticket.c.changed_at < before) & (s.ticket.c.subject != "")
    db.execute(sa.update(s.ticket).where(old).values(subject=""))
    left = (s.outbox.c.queued_at < before) & s.outbox.c.mail.is_(None) & s.outbox.c.state.not_in(WAITING)
    db.execute(sa.update(s.outbox).where(left).values(message=b"", said=""))
    db.execute(sa.update(s.alert).where(s.alert.c.until < before).values(said=""))
    db.execute(sa.delete(s.bounced).where(s.bounced.c.at < before))


def _expire_trouble(store: Store, before: datetime) -> int:
    old = (s.trouble.c.last_at < before) & (s.trouble.c.raw != b"")
    with store.connection() as db:
        waiting = db.execute(sa.select(s.trouble.c.id).where(old, s.trouble.c.state.in_(OPEN))).scalars().all()
        erased = db.execute(sa.update(s.trouble).where(old).values(raw=b"", error="", state="expired")).rowcount
    if waiting:
        log.warning("retention: %d mails in trouble were never handled; they rest in the trouble tray", len(waiting))
    return erased
