"""The life of one mail, from mailbox to outbox. Start reading here.

    mailbox.waiting → parse → guard → thread → route → inspect → decide → write → record ─commit─ → file in a tray
                                                                                   └→ outbox → deliver

Everything that changes the world is called from this file; everything that decides (Understanding.read,
belonging, judge, Writer.write) is pure. Mail is handled in batches: a savepoint a mail, one commit a batch.
A mail leaves the inbox only after that commit, and a reply leaves only from the committed outbox. So a
crash at any line repeats work that is recognised as done (the mail by its key, the reply by its Message-ID);
it cannot lose a mail, open a second ticket or write twice.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from triage.config import Limits, ReplyLimit
from triage.decision import judge, withheld
from triage.domain import InboundMail, Kind, Reading, Reply, Tray, Verdict
from triage.mail.addresses import deliverable
from triage.mind import Mind
from triage.store import outbox, trouble
from triage.store.ledger import Handled, Ledger, Queued
from triage.store.store import Store, is_loss
from triage.threads import Belonging, Circle, Signer, belonging
from triage.transport.mailbox import Arrival, Bounds, Mailbox
from triage.transport.outgoing import Envelope, compose, recipients
from triage.transport.smtp import RelayLost, RelayRefused, Sender
from triage.understanding import Unreadable

log = logging.getLogger(__name__)

Tally = Counter[str]
ASKING = frozenset({"request_info", "still_missing", "checklist_incomplete"})
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Desk:
    """All the desk needs for its work, built once."""

    mailboxes: tuple[Mailbox, ...]
    store: Store
    sender: Sender
    mind: Mind
    signer: Signer
    envelope: Envelope
    limits: Limits
    public_domains: frozenset[str] = frozenset()

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.limits.mail_bytes, self.limits.batch_mails, self.limits.batch_bytes)


def run_once(desk: Desk, *, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Handle every waiting mail of every mailbox and send what is queued.

    Raises StoreLost, MailboxLost, MailboxRefused, RelayLost or RelayRefused: what was committed stays.
    """
    tally: Tally = Counter()
    for mailbox in desk.mailboxes:
        tally += empty(mailbox, desk, progress=progress)
    return tally + deliver(desk)


def empty(mailbox: Mailbox, desk: Desk, *, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Handle all that waits in one mailbox, oldest first, and send the replies batch by batch.

    A mail server that is away does not keep mail from being read: its error is raised when all is handled.
    """
    tally: Tally = Counter()
    relay: RelayLost | RelayRefused | None = None
    for batch in mailbox.waiting(desk.bounds):
        outcomes, trays = handle_batch(batch, desk)
        try:
            if relay is None:
                outcomes += deliver(desk)
        except (RelayLost, RelayRefused) as error:
            relay = error
        for tray, uids in trays.items():
            mailbox.file(uids, tray)
        tally += outcomes
        progress(len(batch))
    if relay is not None:
        raise relay
    return tally


def handle_batch(batch: Sequence[Arrival], desk: Desk) -> tuple[Tally, Mapping[Tray, Sequence[str]]]:
    """Understand a batch and write it down in one transaction; returns what became of it and where it is to be filed."""
    readings = desk.mind.understanding.read([arrival.raw for arrival in batch])
    trays: dict[Tray, list[str]] = defaultdict(list)
    tally: Tally = Counter()
    with desk.store.ledger() as ledger:
        for arrival, reading in zip(batch, readings, strict=True):
            outcome, tray = _settle(arrival, reading, ledger, desk)
            trays[tray].append(arrival.uid)
            tally[outcome] += 1
    return tally, trays


def retry(troubled: trouble.Trouble, desk: Desk) -> str:
    """Handle a mail in trouble anew from its kept bytes; its copy stays in the trouble tray. Returns the outcome."""
    arrival = Arrival(troubled.mailbox, troubled.uid, troubled.raw, len(troubled.raw), None)
    (reading,) = desk.mind.understanding.read([arrival.raw])
    with desk.store.ledger() as ledger:
        outcome, _ = _settle(arrival, reading, ledger, desk)
        if outcome != "trouble":
            ledger.resolve(troubled.id)
    return outcome


def _settle(arrival: Arrival, reading: Reading | Unreadable, ledger: Ledger, desk: Desk) -> tuple[str, Tray]:
    """One mail of a batch: handled, or set aside with its bytes while the others go on."""
    if arrival.trouble:
        return _set_aside(arrival, "fetch", arrival.trouble, ledger)
    if isinstance(reading, Unreadable):
        return _set_aside(arrival, reading.stage, reading.error, ledger)
    try:
        with ledger.savepoint():
            verdict = handle(arrival, reading, ledger, desk)
    except Exception as error:
        if is_loss(error):
            raise
        if tray := ledger.seen(reading.mail.key):  # another desk was quicker
            return "repeat", tray
        log.exception("mail %s of %s cannot be handled", arrival.uid, arrival.mailbox)
        return _set_aside(arrival, "record", f"{type(error).__name__}: {error}", ledger)
    return (verdict.action.value, verdict.tray) if isinstance(verdict, Verdict) else ("repeat", verdict)


def _set_aside(arrival: Arrival, stage: str, error: str, ledger: Ledger) -> tuple[str, Tray]:
    log.error("mail %s of %s is set aside (%s): %s", arrival.uid, arrival.mailbox, stage, error)
    ledger.set_aside(trouble.Failure(arrival.mailbox, arrival.uid, arrival.raw, stage, error))
    return "trouble", Tray.TROUBLE


def handle(arrival: Arrival, reading: Reading, ledger: Ledger, desk: Desk) -> Verdict | Tray:
    """Thread, decide, write and record one mail; the tray alone when it was handled before."""
    if tray := ledger.seen(reading.mail.key):
        return tray
    mail = reading.mail
    place = belonging(mail, ledger, desk.signer, desk.public_domains)
    verdict = judge(reading, place, desk.mind.policy())
    if verdict.template and (reason := _why_silent(mail, place.circle, ledger, desk)):
        verdict = withheld(verdict, reason)
    ticket = place.ticket
    if ticket is None and verdict.kind is Kind.NEW:
        ticket = ledger.open_ticket(mail, verdict.language)
    mail_id = ledger.record(_handled(arrival, reading, verdict, place, desk), ticket, first=place.ticket is None)
    if ticket is not None and verdict.kind in (Kind.NEW, Kind.FOLLOWUP):
        asked = verdict.template in ASKING
        ledger.update_ticket(ticket, verdict, asked=asked, told_separate=verdict.template == "separate_mail")
        if verdict.template:
            reply = desk.mind.writer.write(reading, verdict, ticket.number, desk.signer, place.circle)
            ledger.queue(_queued(reply, mail, ledger, desk), mail_id, ticket.number)
    return verdict


def _queued(reply: Reply, mail: InboundMail, ledger: Ledger, desk: Desk) -> Queued:
    """The reply as it waits in the outbox; colleagues who had their share of mail are left out."""
    quiet = tuple(person for person in reply.cc if not _over_address_limit(person.email, ledger, desk))
    reply = replace(reply, cc=quiet)
    return Queued(
        template=reply.template,
        language=reply.language,
        message_id=reply.message_id,
        recipients=recipients(reply),
        message=compose(reply, desk.envelope, desk.store.clock()),
        address=reply.to[0].email,
        fingerprint=fingerprint(mail),
    )


def _handled(arrival: Arrival, reading: Reading, verdict: Verdict, place: Belonging, desk: Desk) -> Handled:
    mind = desk.mind
    return Handled(
        reading=reading,
        verdict=verdict,
        mailbox=arrival.mailbox,
        uid=arrival.uid,
        rules_digest=mind.understanding.rulebook.digest,
        model_digest=mind.understanding.classifier.digest,
        participants=_participants(reading.mail, verdict, place, desk),
        required=mind.policy().handbook.required(verdict.profile),
    )


def _participants(mail: InboundMail, verdict: Verdict, place: Belonging, desk: Desk) -> tuple[str, ...]:
    """Who takes part from now on: everybody in a first mail; later only colleagues, and none on a typed number's word."""
    if verdict.kind not in (Kind.NEW, Kind.FOLLOWUP) or place.by == "subject":
        return ()
    ours, circle = desk.mind.settings.desk, place.circle
    people = (mail.sender, *mail.reply_to, *mail.to, *mail.cc)
    known = (person.email for person in people if person.email and not ours.is_ours(person.email))
    return tuple(dict.fromkeys(email for email in known if circle is None or circle.may_hear(email)))


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────


def fingerprint(mail: InboundMail) -> str:
    """The same words from whatever address and with whatever numbers: what a machine that varies them cannot hide."""
    words = " ".join(_DIGITS.sub("", f"{mail.subject} {mail.new} {mail.signature}").lower().split())
    return hashlib.sha256(words.encode()).hexdigest()


def _why_silent(mail: InboundMail, circle: Circle | None, ledger: Ledger, desk: Desk) -> str:
    """Why no reply may go out to a mail like this one; empty when it may."""
    address, limits = desk.mind.writer.address_for(mail, circle).email, desk.limits.replies
    if not deliverable(address):
        return f"no reply: mail cannot be sent to {address or 'a missing address'}"
    domain = address.rpartition("@")[2]
    counted: list[tuple[str | None, str, tuple[ReplyLimit, ...]]] = [
        ("fingerprint", fingerprint(mail), limits.per_content),
        (None, "", limits.total),
    ]
    if domain not in desk.public_domains:
        counted.append(("domain", domain, limits.per_domain))
    if reason := _over_address_limit(address, ledger, desk):
        return reason
    return next((reason for each in counted if (reason := _over(*each, ledger))), "")


def _over_address_limit(address: str, ledger: Ledger, desk: Desk) -> str:
    return _over("address", address, desk.limits.replies.per_address, ledger)


def _over(column: str | None, value: str, windows: tuple[ReplyLimit, ...], ledger: Ledger) -> str:
    for limit in windows:
        if ledger.replies_since(column, value, limit.minutes) >= limit.replies:
            return f"no reply: {limit.replies} replies in {limit.minutes} minutes ({column or 'in all'}) were reached"
    return ""


# ── delivery ────────────────────────────────────────────────────────────────────────────────────────


def deliver(desk: Desk) -> Tally:
    """Send what is queued and due. Raises RelayLost or RelayRefused when the mail server is not to be had."""
    tally: Tally = Counter()
    while True:
        claimed_at = desk.store.clock()
        with desk.store.connection() as db:
            claimed = outbox.claim(db, claimed_at, desk.limits.batch_mails)
        if not claimed:
            return tally
        for position, reply in enumerate(claimed):
            if desk.store.clock() - claimed_at > outbox.FRESH:
                _give_back(claimed[position:], desk)
                break
            try:
                delivery = desk.sender.send(reply.message, desk.envelope.address, reply.recipients)
            except (RelayLost, RelayRefused) as error:
                _give_back(claimed[position + error.in_hand :], desk)
                if error.in_hand:  # it has its pause now: else a mail that ends the session would block all others
                    _note(reply, outbox.Outcome(False, reply.recipients, False, str(error)), desk)
                raise
            outcome = outbox.Outcome(delivery.accepted, delivery.unsettled, delivery.uncertain, delivery.words)
            tally[_note(reply, outcome, desk)] += 1


def _give_back(untouched: Sequence[outbox.Outgoing], desk: Desk) -> None:
    with desk.store.connection() as db:
        outbox.release(db, untouched)


def _note(reply: outbox.Outgoing, outcome: outbox.Outcome, desk: Desk) -> str:
    """Write down what became of one reply."""
    with desk.store.connection() as db:
        state = outbox.note(db, reply, outcome, desk.store.clock(), tries=desk.limits.tries)
    if state != "sent":
        log.warning("reply %s is %s: %s", reply.message_id, state, outcome.said)
    return "deferred" if state == "queued" else state
