"""Limits on the desk's own sending: what stops a loop that the guard missed (DESIGN promise 2)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from triage.config import ReplyLimit, ReplyLimits
from triage.domain import InboundMail
from triage.mail.addresses import deliverable
from triage.store.ledger import Ledger

_DIGITS = re.compile(r"\d+")


def fingerprint(mail: InboundMail) -> str:
    """The same words from whatever address and with whatever numbers: what a machine that varies them cannot hide."""
    words = " ".join(_DIGITS.sub("", f"{mail.subject} {mail.new} {mail.signature}").lower().split())
    return hashlib.sha256(words.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Restraint:
    """Counts what was sent before more is sent. `public_domains` are providers that strangers share: not counted as one."""

    limits: ReplyLimits
    public_domains: frozenset[str]

    def why_silent(self, address: str, mail: InboundMail, ledger: Ledger) -> str:
        """Why no reply to this mail may go to this address; empty when it may."""
        if not deliverable(address):
            return f"no reply: mail cannot be sent to {address or 'a missing address'}"
        if reason := self.over_address_limit(address, ledger):
            return reason
        domain = address.rpartition("@")[2]
        counted: list[tuple[str | None, str, tuple[ReplyLimit, ...]]] = [
            ("fingerprint", fingerprint(mail), self.limits.per_content),
            (None, "", self.limits.total),
        ]
        if domain not in self.public_domains:
            counted.append(("domain", domain, self.limits.per_domain))
        return next((reason for each in counted if (reason := _over(*each, ledger))), "")

    def over_address_limit(self, address: str, ledger: Ledger) -> str:
        """Why this person has had enough mail of ours for now; empty when there is room."""
        return _over("address", address, self.limits.per_address, ledger)


def _over(column: str | None, value: str, windows: tuple[ReplyLimit, ...], ledger: Ledger) -> str:
    for limit in windows:
        if ledger.replies_since(column, value, limit.minutes) >= limit.replies:
            return f"no reply: {limit.replies} replies in {limit.minutes} minutes ({column or 'in all'}) were reached"
    return ""
