"""Telling staff: once when something begins, once when it is over, whatever restarts in between (table `alert`).

Call these inside the transaction in which the thing was noticed: the note and its letter are kept together or
not at all. The letter leaves by the route `alerts`, which may have a mail server of its own (config.yaml).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from triage.domain import Address
from triage.replies import staff
from triage.replies.letter import AlertLetter
from triage.replies.writer import Writer
from triage.store import alerts, letters, outbox
from triage.store.ledger import Ledger
from triage.threads import Signer
from triage.transport.outgoing import NOTICE, Envelope, compose


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is told, and how. Without anybody to tell, what happens is only noted."""

    to: tuple[str, ...]
    writer: Writer
    signer: Signer
    envelope: Envelope

    def raise_alert(self, ledger: Ledger, name: str, said: str, letter: AlertLetter | None = None) -> bool:
        """Something is wrong from now on. Queues a letter and returns True when staff did not know it yet.

        `name` identifies it ("breaker", "incident:<likeness>", "health"), `said` is one sentence. The word before the
        colon is the letter's kind (templates/staff/alert.*.md); `letter` carries more particulars.
        """
        told = alerts.begin(ledger.db, name, said, ledger.now)
        if told:
            self._queue(ledger, name, _filled(letter, name, said))
        return told

    def tell_once(self, ledger: Ledger, name: str, said: str, letter: AlertLetter | None = None) -> bool:
        """Something happened that has no end, such as a leaked key. Queues a letter and returns True the first time."""
        told = alerts.happened(ledger.db, name, said, ledger.now)
        if told:
            self._queue(ledger, name, _filled(letter, name, said))
        return told

    def clear_alert(self, ledger: Ledger, name: str, said: str = "", letter: AlertLetter | None = None) -> bool:
        """It is over. Queues a letter and returns True when staff were told that it began."""
        ended = alerts.end(ledger.db, name, ledger.now)
        if ended:
            self._queue(ledger, name, replace(_filled(letter, name, said or ended.said), over=True))
        return ended is not None

    def stands(self, ledger: Ledger, name: str) -> bool:
        """Whether staff were told of something that is not over."""
        return alerts.stands(ledger.db, name)

    def standing(self, ledger: Ledger, prefix: str = "") -> Sequence[alerts.Alert]:
        """All that is wrong now whose name begins with `prefix`, oldest first."""
        return alerts.standing(ledger.db, prefix)

    def written(self, name: str, letter: AlertLetter, now: datetime) -> letters.Letter:
        """The letter itself; the same thing at the same moment always has the same Message-ID."""
        message_id = self.signer.staff_id(name, now.isoformat(), str(letter.over))
        reply = staff.alert(self.writer, letter, [Address(email) for email in self.to], message_id)
        return letters.Letter(
            "alert", outbox.ALERTS, reply.language, message_id, self.to, compose(reply, self.envelope, now, NOTICE)
        )

    def _queue(self, ledger: Ledger, name: str, letter: AlertLetter) -> None:
        if self.to:
            letters.queue(ledger.db, self.written(name, letter, ledger.now), ledger.now)


def _filled(letter: AlertLetter | None, name: str, said: str) -> AlertLetter:
    kind = name.partition(":")[0]
    return replace(letter, kind=kind, said=said) if letter else AlertLetter(kind, said=said)
