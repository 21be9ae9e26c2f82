"""Limits on the desk's own sending: what stops a loop that the guard missed (DESIGN promise 2).

A limit that is reached sends the mail to review, unanswered. When the rate of all replies explodes, the breaker opens:
nothing leaves, staff are told, and further mail goes to review too. A reply that waited would leave in the burst that
follows, and feed the very loop that opened the breaker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from triage.alerts import Alerts
from triage.config import Limits, ReplyLimit
from triage.domain import InboundMail
from triage.mail.addresses import deliverable
from triage.replies.letter import AlertLetter
from triage.store import bounced
from triage.store.ledger import Ledger
from triage.store.sent import Alike, Window

BREAKER = "breaker"  # the name of its alert; it is open while the alert stands
# An answered text comes again while our mail to its sender, or to the sender's company, is fresh: so does every answer of
# a machine that opens a new case for each letter it gets.
_SAME_WORDS, _FRESH = 24 * 60, 60  # minutes
_REPEATED = "no reply: the same words once more from somebody who was just answered"
_DIGITS = b"0123456789"


def fingerprint(mail: InboundMail) -> str:
    """The same words from whatever address and with whatever numbers: what a machine that varies them cannot hide."""
    return _fingerprint(mail.subject, mail.new, mail.signature)


@lru_cache(maxsize=1)  # the limits ask for it, and the outbox right after
def _fingerprint(*parts: str) -> str:
    letters = " ".join(parts).encode().translate(None, _DIGITS).decode()
    return hashlib.sha256(" ".join(letters.lower().split()).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Breaker:
    """Stops all sending of replies when their rate explodes, and lets it go on when the rate has halved."""

    limit: ReplyLimit
    alerts: Alerts

    def is_open(self, ledger: Ledger) -> bool:
        return self.alerts.stands(ledger, BREAKER)

    def weigh(self, ledger: Ledger) -> None:
        """After a reply was queued: open when it was one too many."""
        if ledger.replies_since(None, "", self.limit.minutes) >= self.limit.replies:
            said = (
                f"{self.limit.replies} replies in {self.limit.minutes} minutes: replies wait, new mail goes to review."
            )
            self.alerts.raise_alert(ledger, BREAKER, said, self._letter())

    def recover(self, ledger: Ledger) -> bool:
        """Close it when the storm is over; returns whether it is open still."""
        if not self.is_open(ledger):
            return False
        calm = ledger.replies_since(None, "", self.limit.minutes) <= self.limit.replies // 2
        return not (calm and self.alerts.clear_alert(ledger, BREAKER, "Replies leave again.", self._letter()))

    def _letter(self) -> AlertLetter:
        return AlertLetter(BREAKER, count=self.limit.replies, minutes=self.limit.minutes)


@dataclass(frozen=True, slots=True)
class Restraint:
    """Counts what was sent before more is sent. `public_domains` are providers that strangers share: not counted as one."""

    limits: Limits
    public_domains: frozenset[str]
    breaker: Breaker

    def why_silent(self, address: str, mail: InboundMail, ledger: Ledger) -> str:
        """Why no reply to this mail may go to this address; empty when it may."""
        if reason := self._stopped(address, ledger) or self._returned(address, ledger):
            return reason
        domain, words = address.rpartition("@")[2], fingerprint(mail)
        limits = self.limits.replies
        personal = _capped(limits.per_address, "address", address)
        others = _capped(limits.per_content, "fingerprint", words) + _capped(limits.total)
        shared = domain in self.public_domains
        if not shared:
            others += _capped(limits.per_domain, "domain", domain)
        same = Window(_SAME_WORDS, "fingerprint", words)
        fresh = Window(_FRESH, "address", address) if shared else Window(_FRESH, "domain", domain)
        counted = ledger.replies([same, fresh, *(cap.window for cap in personal + others)])
        repeats = _REPEATED if counted[same] and counted[fresh] else ""
        return _over(personal, counted) or repeats or _over(others, counted)

    def why_unreachable(self, address: str, ledger: Ledger) -> str:
        """Why no reply may go to this address even when a person asks for it; empty when one may."""
        return self._stopped(address, ledger) or self.had_enough(address, ledger)

    def _stopped(self, address: str, ledger: Ledger) -> str:
        if not deliverable(address):
            return f"no reply: mail cannot be sent to {address or 'a missing address'}"
        if self.breaker.is_open(ledger):
            return "no reply: too many replies, the desk's sending is stopped"
        return ""

    def _returned(self, address: str, ledger: Ledger) -> str:
        since = ledger.now - timedelta(days=self.limits.bounced_days)
        moment = bounced.since(ledger.db, address, since)
        return f"no reply: mail to {address} came back on {moment:%Y-%m-%d}" if moment else ""

    def too_old(self, received: datetime | None, now: datetime) -> str:
        """Why a mail that lay in the mailbox for so long gets no automatic reply any more; empty when it may.

        After an outage the whole backlog is recorded, but what is weeks old was settled otherwise, or needs a person's
        words. The moment is the mailbox's own; the Date header is the sender's clock.
        """
        days = self.limits.answer_within_days
        if received is None or now - received <= timedelta(days=days):
            return ""
        return f"no reply: the mail has been here since {received:%Y-%m-%d}, more than {days} days"

    def had_enough(self, address: str, ledger: Ledger) -> str:
        """Why this person gets no more mail of ours for now: too much of it, or it came back; empty when there is room."""
        personal = _capped(self.limits.replies.per_address, "address", address)
        return self._returned(address, ledger) or _over(personal, ledger.replies([cap.window for cap in personal]))


@dataclass(frozen=True, slots=True)
class _Cap:
    """A window that holds so many replies at most."""

    window: Window
    replies: int


def _capped(limits: Sequence[ReplyLimit], alike: Alike | None = None, value: str = "") -> list[_Cap]:
    return [_Cap(Window(limit.minutes, alike, value), limit.replies) for limit in limits]


def _over(caps: Sequence[_Cap], counted: Mapping[Window, int]) -> str:
    for cap in caps:
        if counted[cap.window] >= cap.replies:
            kind = cap.window.alike or "in all"
            return f"no reply: {cap.replies} replies in {cap.window.minutes} minutes ({kind}) were reached"
    return ""
