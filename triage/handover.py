"""Hand-over: a ticket that is complete, or was reviewed, goes to a team or another helpdesk, with its mails attached.

The original mail goes along as it came unless it held keys or personal numbers, for no key leaves the desk again: then,
and for the earlier mails of the ticket, a masked copy of the text does. Whoever gets tickets is never answered by the
desk (triage.threads: partner), and its letter carries the desk's marks, so that two helpdesks cannot talk to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.config import Handover, HandoverWhen
from triage.domain import Address, Kind, Reading, Reply, Ticket, TicketNumber, Verdict
from triage.fields.handbook import Handbook
from triage.replies import staff
from triage.replies.writer import Writer
from triage.store import letters, outbox, recorded, upkeep
from triage.store.ledger import Ledger
from triage.threads import Belonging, Signer
from triage.transport.outgoing import HANDOVER, Envelope, compose, copy_of

_BY_ITSELF = "desk"  # who did it, in the ticket's history
_LARGEST_ORIGINAL = 10_000_000  # bytes; many mail servers take 20 MB, and attaching makes nothing smaller
_MOST_COPIES = 20  # earlier mails that go along


@dataclass(frozen=True, slots=True)
class Passed:
    """What is passed on: the ticket, the mail that is the reason (its row and, if at hand, its bytes), and the verdict."""

    number: TicketNumber
    mail: int
    reading: Reading
    verdict: Verdict
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Handovers:
    """Who gets which tickets (config.yaml), and how the letter is written."""

    rules: tuple[Handover, ...]
    writer: Writer
    signer: Signer
    envelope: Envelope

    def due(self, verdict: Verdict, ticket: Ticket, place: Belonging) -> tuple[str, ...]:
        """To whom a ticket goes now by itself: once, and never on the word of a partner or a forged sender."""
        if ticket.handed_over or place.partner or place.forged:
            return ()
        return tuple(dict.fromkeys(rule.to for rule in self.rules if rule.when and _matches(rule.when, verdict)))

    def pass_on(self, ledger: Ledger, case: Passed, to: Sequence[str], who: str = _BY_ITSELF) -> None:
        """Queue the letter and note it in the ticket's history. By hand, a ticket may be passed on again."""
        moment = "" if who == _BY_ITSELF else ledger.now.isoformat()
        whole = bool(case.raw) and not case.reading.inspection.secrets and len(case.raw) <= _LARGEST_ORIGINAL
        letter = replace(
            self._written(case, to, attached=whole),
            message_id=self.signer.handover_id(case.number, case.reading.mail.key, *to, moment),
        )
        mails = (*self._earlier(ledger, case), case.raw if whole else copy_of(case.reading.mail))
        ours = self.envelope.address
        marks = (("Reply-To", ours), ("X-Loop", ours), ("X-Triage-Handover", str(case.number)), *HANDOVER)
        queued = letters.Letter(
            kind="handover",
            route=outbox.MAIN,
            language=letter.language,
            message_id=letter.message_id,
            recipients=tuple(to),
            message=compose(letter, self.envelope, ledger.now, marks, mails),
            ticket=case.number,
            mail=case.mail,
        )
        if letters.queue(ledger.db, queued, ledger.now):
            upkeep.hand_over(ledger.db, case.number, to, upkeep.Deed(who, ledger.now))

    def _written(self, case: Passed, to: Sequence[str], *, attached: bool) -> Reply:
        subject, rendered = staff.handover(self.writer, case.reading, case.verdict, case.number, attached=attached)
        return Reply(
            template="handover",
            language=self.writer.settings.languages.fallback,
            to=tuple(map(Address, to)),
            subject=subject,
            text=rendered.text,
            html=rendered.html,
        )

    def _earlier(self, ledger: Ledger, case: Passed) -> list[bytes]:
        """Masked copies of what else people wrote in the ticket, oldest first."""
        rows = [row for row in recorded.of_ticket(ledger.db, case.number) if row.mail != case.mail]
        read = (recorded.unpack(row.content) for row in rows[-_MOST_COPIES:])
        return [copy_of(each.mail) for each in read if each.verdict.kind in (Kind.NEW, Kind.FOLLOWUP)]


def _matches(when: HandoverWhen, verdict: Verdict) -> bool:
    return (
        verdict.tray in when.trays
        and (not when.topics or verdict.topic in when.topics)
        and (not when.profiles or verdict.profile in when.profiles)
    )


def case_of(ledger: Ledger, number: TicketNumber, handbook: Handbook) -> Passed | None:
    """A ticket as it stands, for passing it on by hand: its last mail from people, judged on the whole thread.

    None when there is no such ticket, or its words have expired.
    """
    ticket = ledger.ticket(number)
    rows = recorded.of_ticket(ledger.db, ticket.number) if ticket else ()
    for row in reversed(rows):
        kept = recorded.unpack(row.content)
        if ticket and kept.verdict.kind in (Kind.NEW, Kind.FOLLOWUP):
            fields = handbook.counting(ticket.findings)
            profile = handbook.named(ticket.profile)
            missing = handbook.missing(profile, fields) if profile else ()
            verdict = replace(kept.verdict, topic=ticket.topic, profile=ticket.profile, fields=fields, missing=missing)
            return Passed(ticket.number, row.mail, Reading(kept.mail, inspection=kept.inspection), verdict)
    return None
