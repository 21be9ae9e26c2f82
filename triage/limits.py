"""Limits on the desk's own sending: what stops a loop that the guard missed (DESIGN promise 2).

A limit that is reached sends the mail to review, unanswered. When the rate of all replies explodes, the breaker opens:
nothing leaves, staff are told, and further mail goes to review too. A reply that waited would leave in the burst that
follows, and feed the very loop that opened the breaker.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.alerts import Alerts
from triage.config import Limits, ReplyLimit
from triage.domain import InboundMail
from triage.mail.addresses import deliverable
from triage.replies.letter import AlertLetter
from triage.store import bounced
from triage.store.ledger import Ledger

BREAKER = "breaker"  # the name of its alert; it is open while the alert stands
_SAME_WORDS, _FRESH = 24 * 60, 60  # minutes
_DIGITS = re.compile(r"\d+")


def fingerprint(mail: InboundMail) -> str:
    """The same words from whatever address and with whatever numbers: what a machine that varies them cannot hide."""
    words = " ".join(_DIGITS.sub("", f"{mail.subject} {mail.new} {mail.signature}").lower().split())
    return hashlib.sha256(words.encode()).hexdigest()


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
        if reason := self.why_unreachable(address, ledger):
            return reason
        domain, words = address.rpartition("@")[2], fingerprint(mail)
        if self._repeats_itself(address, domain, words, ledger):
            return "no reply: the same words once more from somebody who was just answered"
        counted: list[tuple[str | None, str, tuple[ReplyLimit, ...]]] = [
            ("fingerprint", words, self.limits.replies.per_content),
            (None, "", self.limits.replies.total),
        ]
        if domain not in self.public_domains:
            counted.append(("domain", domain, self.limits.replies.per_domain))
        return next((reason for each in counted if (reason := _over(*each, ledger))), "")

    def why_unreachable(self, address: str, ledger: Ledger) -> str:
        """Why no reply may go to this address even when a person asks for it; empty when one may."""
        if not deliverable(address):
            return f"no reply: mail cannot be sent to {address or 'a missing address'}"
        if self.breaker.is_open(ledger):
            return "no reply: too many replies, the desk's sending is stopped"
        return self.had_enough(address, ledger)

    def _repeats_itself(self, address: str, domain: str, words: str, ledger: Ledger) -> bool:
        """Whether an answered text comes again while our mail to its sender, or to the sender's company, is fresh: so
        does every answer of a machine that opens a new case for each letter it gets."""
        if not ledger.replies_since("fingerprint", words, _SAME_WORDS):
            return False
        whom = ("address", address) if domain in self.public_domains else ("domain", domain)
        return ledger.replies_since(*whom, _FRESH) > 0

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
        since = ledger.now - timedelta(days=self.limits.bounced_days)
        if moment := bounced.since(ledger.db, address, since):
            return f"no reply: mail to {address} came back on {moment:%Y-%m-%d}"
        return _over("address", address, self.limits.replies.per_address, ledger)


def _over(column: str | None, value: str, windows: tuple[ReplyLimit, ...], ledger: Ledger) -> str:
    for limit in windows:
        if ledger.replies_since(column, value, limit.minutes) >= limit.replies:
            return f"no reply: {limit.replies} replies in {limit.minutes} minutes ({column or 'in all'}) were reached"
    return ""
