"""The ledger: one open transaction in which mail, ticket, verdict and reply are written together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from triage.domain import (
    Evidence,
    Finding,
    Flag,
    Guess,
    InboundMail,
    Language,
    Reading,
    Ticket,
    TicketNumber,
    TicketState,
    Tray,
    Verdict,
    Where,
)
from triage.store import outbox, trouble, upsert
from triage.store import schema as s
from triage.store.prepared import Prepared, run
from triage.store.sent import Alike, Window, counts

_ticket: sa.BindParameter[int] = sa.bindparam("at_ticket")
_TRAY = Prepared(sa.select(s.mail.c.tray).where(s.mail.c.key == sa.bindparam("at_key")))
_TICKET_COLUMNS = [
    s.ticket.c[name]
    for name in (
        *("merged_into", "number", "state", "topic", "profile", "language", "asked", "told_separate", "subject"),
        *("handed_over_at", "flags"),
    )
]
# A ticket is read to be changed: on PostgreSQL another desk waits until this transaction has ended (SQLite has one writer).
_TICKET = Prepared(sa.select(*_TICKET_COLUMNS).where(s.ticket.c.number == _ticket).with_for_update())
_finding = s.finding.c
_FINDINGS = Prepared(
    sa.select(_finding.field, _finding.value, _finding.place, _finding.confidence, _finding.note)
    .where(_finding.ticket == _ticket)
    .order_by(_finding.id)
)
_CITED = Prepared(sa.select(s.reference.c.ticket).where(s.reference.c.message_id == sa.bindparam("at_id")))
_PEOPLE = Prepared(sa.select(s.participant.c.email).where(s.participant.c.ticket == _ticket))
_NEW_TICKET = Prepared(sa.insert(s.ticket).returning(s.ticket.c.number))
_NEW_MAIL = Prepared(sa.insert(s.mail).returning(s.mail.c.id))
_NEW_REPLY = Prepared(sa.insert(s.outbox).returning(s.outbox.c.id))
_NEW = {table: Prepared(sa.insert(table)) for table in (s.verdict, s.finding, s.required, s.recipient)}
_NEW_UNLESS_THERE = {
    table: Prepared(partial(upsert.unless_there, table=table)) for table in (s.participant, s.reference)
}
_CHANGED_TICKET = Prepared(sa.update(s.ticket).where(s.ticket.c.number == _ticket))


@dataclass(frozen=True, slots=True)
class Handled:
    """One handled mail as it goes into the ledger."""

    reading: Reading
    verdict: Verdict
    mailbox: str
    uid: str
    rules_digest: str
    model_digest: str
    participants: tuple[str, ...] = ()  # addresses that take part from now on, ours left out
    required: tuple[str, ...] = ()  # the fields that its profile requires
    likeness: str | None = None  # what mails about the same trouble share


@dataclass(frozen=True, slots=True)
class Queued:
    """A written reply for the outbox. `message` is the whole mail as bytes."""

    template: str
    language: Language
    message_id: str
    recipients: tuple[str, ...]
    message: bytes
    address: str
    fingerprint: str


class Ledger:
    """All reading and writing of one transaction; made by Store.ledger()."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self._db = connection
        self.now = now
        self._in_all: dict[
            Window, int
        ] = {}  # of an hour's thousands of replies, counted once and added to from then on

    @property
    def db(self) -> sa.Connection:
        """The transaction itself, for the tables that have a file of their own."""
        return self._db

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone alone when it fails, and the rest of the batch stays."""
        run(self._db, "SAVEPOINT mail")  # not begin_nested(): it names each anew, and no driver knows it again
        try:
            yield
        except BaseException:
            self._in_all.clear()
            if not self._db.invalidated:  # else the link is lost, and all that was done over it
                run(self._db, "ROLLBACK TO SAVEPOINT mail")
                run(self._db, "RELEASE SAVEPOINT mail")
            raise
        run(self._db, "RELEASE SAVEPOINT mail")

    def seen(self, key: str) -> Tray | None:
        """The tray of a mail that was handled before, else None."""
        tray = _TRAY.scalar(self._db, {"at_key": key})
        return Tray(tray) if tray is not None else None

    # ── tickets ─────────────────────────────────────────────────────────────────────────────────────

    def ticket(self, number: TicketNumber) -> Ticket | None:
        """The ticket of a number; a merged one leads to the ticket it was merged into."""
        visited: set[int] = set()
        value: int | None = number.value
        while value is not None and value not in visited:
            visited.add(value)
            rows = _TICKET.rows(self._db, {"at_ticket": value})
            if not rows:
                return None
            value, *kept = rows[0]
            if value is None:
                return self._ticket(*kept)
        return None

    def tickets_citing(self, message_ids: Sequence[str]) -> Sequence[TicketNumber]:
        """Tickets in which one of these ids was received or sent, newest first."""
        found = {number for each in message_ids for (number,) in _CITED.rows(self._db, {"at_id": each})}
        return [TicketNumber(number) for number in sorted(found, reverse=True)]

    def takes_part(self, number: TicketNumber, email: str) -> bool:
        """Whether an address was in From, To or Cc of the ticket's mails."""
        return email in self.people(number)

    def people(self, number: TicketNumber) -> frozenset[str]:
        """The addresses of those who take part."""
        return frozenset(email for (email,) in _PEOPLE.rows(self._db, {"at_ticket": number.value}))

    def open_ticket(self, mail: InboundMail, verdict: Verdict, *, asked: bool) -> Ticket:
        """A new ticket owned by the sender, as the verdict leaves it; its number comes from the database."""
        new = Ticket(TicketNumber.unknown(), TicketState.NEW, None, None, verdict.language, subject=mail.subject)
        row = {
            "language": verdict.language.value,
            "owner": mail.sender.email,
            "subject": mail.subject,
            "opened_at": self.now,
        }
        number = _NEW_TICKET.scalar(self._db, row | self._left(new, verdict, asked=asked, told_separate=False))
        return replace(new, number=TicketNumber(number))

    def update_ticket(self, ticket: Ticket, verdict: Verdict, *, asked: bool, told_separate: bool) -> None:
        """Bring the ticket to where the verdict leaves it. Its owner and subject never change."""
        left = self._left(ticket, verdict, asked=asked, told_separate=told_separate)
        _CHANGED_TICKET.write(self._db, [left | {"at_ticket": ticket.number.value}])

    def _left(self, ticket: Ticket, verdict: Verdict, *, asked: bool, told_separate: bool) -> dict[str, object]:
        """What a verdict makes of a ticket."""
        state = verdict.state or ticket.state
        values: dict[str, object] = {
            "state": state.value,
            "topic": ticket.topic or verdict.topic,
            "profile": verdict.profile or ticket.profile,
            "asked": ticket.asked + asked,
            "told_separate": ticket.told_separate or told_separate,
            "flags": sorted({flag.value for flag in (*ticket.flags, *verdict.flags)}),
            "changed_at": self.now,
            "closing_at": self.now if verdict.closing else None,
        }
        if state is TicketState.READY and ticket.state is not TicketState.READY:
            values["completed_at"] = self.now
        return values

    def _ticket(  # noqa: PLR0913 - the columns of _TICKET
        self,
        number: int,
        state: str,
        topic: str | None,
        profile: str | None,
        language: str,
        asked: int,
        told_separate: bool,
        subject: str,
        handed_over_at: datetime | None,
        flags: Sequence[str],
    ) -> Ticket:
        return Ticket(
            number=TicketNumber(number),
            state=TicketState(state),
            topic=topic,
            profile=profile,
            language=Language(language),
            findings=self._findings(number),
            asked=asked,
            told_separate=told_separate,
            subject=subject,
            handed_over=handed_over_at is not None,
            flags=tuple(map(Flag, flags)),
        )

    def _findings(self, number: int) -> tuple[Finding, ...]:
        rows = _FINDINGS.rows(self._db, {"at_ticket": number})
        return tuple(Finding(field, value, Where(place), *others) for field, value, place, *others in rows)

    # ── writing down ────────────────────────────────────────────────────────────────────────────────

    def record(self, handled: Handled, ticket: Ticket | None, *, first: bool) -> int:
        """Write the mail, what was understood and what was decided; return the mail's row id."""
        mail, verdict = handled.reading.mail, handled.verdict
        mail_id = int(_NEW_MAIL.scalar(self._db, self._mail_row(handled, ticket, first)))
        self._insert(s.verdict, [_verdict_row(mail_id, handled)])
        self._insert(s.finding, [_finding_row(mail_id, ticket, found) for found in _worth_keeping(handled)])
        self._insert(
            s.required,
            [{"mail": mail_id, "field": name, "missing": name in verdict.missing} for name in handled.required],
        )
        if ticket is not None:
            people = sorted(set(handled.participants))
            self._insert_new(s.participant, [{"ticket": ticket.number.value, "email": email} for email in people])
        if ticket is not None and mail.message_id:
            self._refer(mail.message_id, ticket.number)
        return mail_id

    def queue(self, reply: Queued, mail_id: int | None, number: TicketNumber) -> None:
        """Put a written reply into the outbox; it leaves after the commit. A mail has one reply; what staff send
        besides belongs to the ticket alone."""
        row = {
            "kind": "reply",
            "route": outbox.MAIN,
            "mail": mail_id,
            "ticket": number.value,
            "template": reply.template,
            "language": reply.language.value,
            "message_id": reply.message_id,
            "address": reply.address,
            "domain": reply.address.rpartition("@")[2],
            "fingerprint": reply.fingerprint,
            "recipients": list(reply.recipients),
            "message": reply.message,
            "state": "queued",
            "tries": 0,
            "uncertain": False,
            "queued_at": self.now,
            "next_at": self.now,
            "said": "",
        }
        number_in_line = _NEW_REPLY.scalar(self._db, row)
        people = dict.fromkeys(reply.recipients)
        self._insert(
            s.recipient, [{"outbox": number_in_line, "email": email, "queued_at": self.now} for email in people]
        )
        self._refer(reply.message_id, number)
        self._in_all = {window: count + 1 for window, count in self._in_all.items()}

    def set_aside(self, failure: trouble.Failure) -> None:
        """Keep the raw bytes of a mail that could not be handled."""
        trouble.note(self._db, failure, self.now)

    def resolve(self, number: int) -> None:
        """A mail in trouble was handled after all."""
        trouble.resolve(self._db, number)

    def replies(self, windows: Collection[Window]) -> Mapping[Window, int]:
        """How many replies were queued within each window.

        What other desks queue meanwhile counts among all replies from the next transaction on.
        """
        counted = counts(self._db, self.now, [window for window in windows if window not in self._in_all])
        self._in_all |= {window: count for window, count in counted.items() if window.alike is None}
        known = {**self._in_all, **counted}
        return {window: known[window] for window in windows}

    def replies_since(self, column: Alike | None, value: str, minutes: int) -> int:
        """How many replies were queued within one window."""
        window = Window(minutes, column, value)
        return self.replies([window])[window]

    def _mail_row(self, handled: Handled, ticket: Ticket | None, first: bool) -> dict[str, object]:
        mail, reading = handled.reading.mail, handled.reading
        return {
            "key": mail.key,
            "message_id": mail.message_id,
            "ticket": ticket.number.value if ticket else None,
            "first": first,
            "kind": handled.verdict.kind.value,
            "silence": reading.silence.code if reading.silence else None,
            "sender": mail.sender.email,
            "sender_domain": mail.sender.domain,
            "subject": mail.subject,
            "language": mail.language.value if mail.language else None,
            "mailbox": handled.mailbox,
            "uid": handled.uid,
            "size": mail.size,
            "sent_at": mail.date,
            "handled_at": self.now,
            "tray": handled.verdict.tray.value,
        }

    def _refer(self, message_id: str, number: TicketNumber) -> None:
        self._insert_new(s.reference, [{"message_id": message_id, "ticket": number.value}])

    def _insert_new(self, table: sa.Table, rows: Sequence[dict[str, object]]) -> None:
        """Rows of which some may be there, or come from another desk at this moment."""
        _NEW_UNLESS_THERE[table].write(self._db, rows)

    def _insert(self, table: sa.Table, rows: Sequence[dict[str, object]]) -> None:
        _NEW[table].write(self._db, rows)


def _worth_keeping(handled: Handled) -> tuple[Finding, ...]:
    """All findings of this mail; those that the thread gave stand with their own mails already."""
    return tuple(found for found in handled.reading.inspection.findings if found.where is not Where.THREAD)


def _finding_row(mail_id: int, ticket: Ticket | None, found: Finding) -> dict[str, object]:
    return {
        "mail": mail_id,
        "ticket": ticket.number.value if ticket else None,
        "field": found.field,
        "value": found.value,
        "place": found.where.value,
        "confidence": found.confidence,
        "note": found.note[:60],
    }


def _verdict_row(mail_id: int, handled: Handled) -> dict[str, object]:
    verdict, reading = handled.verdict, handled.reading
    return {
        "mail": mail_id,
        "action": verdict.action.value,
        "topic": verdict.topic,
        "profile": verdict.profile,
        "decided_by": verdict.decided_by.value,
        "confidence": verdict.confidence,
        "template": verdict.template,
        "flags": [flag.value for flag in verdict.flags],
        "pointers": list(verdict.pointers),
        "hints": list(verdict.hints),
        "reasons": list(verdict.reasons),
        "evidence": [_evidence_value(item) for item in reading.evidence],
        "guesses": [_guess_value(item) for item in (reading.opinion.guesses[:3] if reading.opinion else ())],
        "secrets": [secret.kind for secret in reading.inspection.secrets],
        "likeness": handled.likeness,
        "rules_digest": handled.rules_digest,
        "model_digest": handled.model_digest,
    }


def _evidence_value(item: Evidence) -> dict[str, object]:
    return {
        "source": item.source,
        "rule": item.rule,
        "topic": item.topic,
        "where": item.where.value,
        "text": item.text,
        "weight": item.weight,
    }


def _guess_value(item: Guess) -> dict[str, object]:
    return {"topic": item.topic, "probability": round(item.probability, 4)}
