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

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from triage.alerts import Alerts
from triage.config import Limits
from triage.decision import judge, withheld
from triage.delivery import Routes, Tally
from triage.delivery import deliver as send_queued
from triage.domain import InboundMail, Kind, Reading, Reply, Ticket, TopicKind, Tray, Verdict
from triage.handover import Handovers, Passed
from triage.incidents import IncidentWatch, digest
from triage.limits import Breaker, Restraint, fingerprint
from triage.mail import bounces
from triage.mail.authentication import fails_dmarc
from triage.mind import Mind
from triage.reloading import LiveMind
from triage.replies.letter import AlertLetter
from triage.store import bounced, openings, outbox, recorded, trouble
from triage.store.leases import Alone, Presence
from triage.store.ledger import Handled, Ledger, Queued
from triage.store.store import Store, is_loss
from triage.threads import Acquaintance, Belonging, Signer, belonging
from triage.transport.mailbox import Arrival, Bounds, Mailbox, MailboxLost, MailboxRefused
from triage.transport.outgoing import Envelope, compose, recipients
from triage.transport.smtp import RelayLost, RelayRefused
from triage.transport.suspects import DEATHS, Suspects
from triage.understanding import Unreadable

log = logging.getLogger(__name__)

ASKING = frozenset({"request_info", "still_missing", "checklist_incomplete"})


@dataclass(frozen=True)
class Desk:
    """All the desk needs for its work, built once."""

    mailboxes: tuple[Mailbox, ...]
    store: Store
    routes: Routes
    mind: Mind
    signer: Signer
    envelope: Envelope
    limits: Limits
    public_domains: frozenset[str] = frozenset()
    presence: Presence = field(default_factory=Alone)
    suspects: Suspects = field(default_factory=Suspects)
    live: LiveMind | None = None  # where edited rules come from, while the daemon runs

    def up_to_date(self) -> Desk:
        """The desk with the last sound rules, templates and model."""
        return replace(self, mind=self.live.mind) if self.live else self

    @cached_property
    def bounds(self) -> Bounds:
        return Bounds(self.limits.mail_bytes, self.limits.batch_mails, self.limits.batch_bytes)

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(self.mind.settings.alerts.to, self.mind.writer, self.signer, self.envelope)

    @cached_property
    def known(self) -> Acquaintance:
        settings = self.mind.settings
        return Acquaintance(
            self.public_domains, frozenset({*settings.alerts.to, *(each.to for each in settings.handover)})
        )

    @cached_property
    def handovers(self) -> Handovers:
        return Handovers(self.mind.settings.handover, self.mind.writer, self.signer, self.envelope)

    @cached_property
    def restraint(self) -> Restraint:
        return Restraint(self.limits, self.public_domains, self.breaker)

    @cached_property
    def breaker(self) -> Breaker:
        return Breaker(self.limits.breaker, self.alerts)

    @cached_property
    def incidents(self) -> IncidentWatch:
        return IncidentWatch(self.mind.settings.incidents, self.alerts)


def run_once(desk: Desk, *, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Handle every waiting mail of every mailbox that no other desk tends, and send what is queued.

    Raises StoreLost, MailboxLost, MailboxRefused, RelayLost, RelayRefused or LeaseLost: what was committed stays.
    A mailbox that cannot be read keeps neither the others from being read nor replies from leaving.
    """
    tally: Tally = Counter()
    unread: MailboxLost | MailboxRefused | None = None
    for mailbox in desk.mailboxes:
        if not desk.presence.tends(mailbox.name):
            log.warning("%s is left to the other desk that tends it", mailbox.name)
            continue
        try:
            tally += empty(mailbox, desk, progress=progress)
        except (MailboxLost, MailboxRefused) as error:
            log.warning("%s cannot be read: %s", mailbox.name, error)
            unread = unread or error
    tally += retry_due(desk) + deliver(desk)
    if unread is not None:
        raise unread
    return tally


def empty(mailbox: Mailbox, desk: Desk, *, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Handle all that waits in one mailbox, oldest first, and send the replies batch by batch.

    A mail server that is away does not keep mail from being read: its error is raised when all is handled.
    """
    tally: Tally = Counter()
    relay: RelayLost | RelayRefused | None = None
    begin(mailbox, desk)
    waiting = (part for batch in mailbox.waiting(desk.bounds) for part in desk.suspects.apart(mailbox.name, batch))
    for batch in waiting:
        outcomes, trays = handle_batch(mailbox.name, batch, desk)
        try:
            if relay is None:
                outcomes += deliver(desk)
        except (RelayLost, RelayRefused) as error:
            relay = error
        for tray, uids in trays.items():
            mailbox.file(uids, tray)
        tally += outcomes
        progress(len(batch))
    desk.suspects.clear(mailbox.name)
    if relay is not None:
        raise relay
    return tally


def begin(mailbox: Mailbox, desk: Desk) -> None:
    """Take a mailbox on for good: from its first day with the desk on all its mail is handled, read by people or not."""
    if mailbox.begun:
        return
    with desk.store.connection() as db:
        opening = openings.of(db, mailbox.name)
    if opening is None:
        opening = mailbox.opening()
        with desk.store.connection() as db:
            openings.keep(db, mailbox.name, opening, desk.store.clock())
        log.info("%s is taken on: what was read there before now stays in the inbox", mailbox.name)
    mailbox.begin(opening)


def handle_batch(mailbox: str, batch: Sequence[Arrival], desk: Desk) -> tuple[Tally, Mapping[Tray, Sequence[str]]]:
    """Understand a batch and write it down in one transaction; returns what became of it and where it is to be filed.

    Raises LeaseLost when another desk has the mailbox by then: nothing is written.
    """
    desk = desk.up_to_date()
    trays: dict[Tray, list[str]] = defaultdict(list)
    tally: Tally = Counter()
    with desk.suspects.in_hand(mailbox, batch):
        readings = _readings(mailbox, batch, desk)  # before the transaction: others wait for its locks
        with desk.store.ledger() as ledger:
            for arrival, reading in zip(batch, readings, strict=True):
                outcome, tray = _settle(arrival, reading, ledger, desk)
                trays[tray].append(arrival.uid)
                tally[outcome] += 1
            desk.presence.fence(ledger, mailbox)
    return tally, trays


def _readings(mailbox: str, batch: Sequence[Arrival], desk: Desk) -> Sequence[Reading | Unreadable]:
    if desk.suspects.deadly(mailbox, batch):
        return [Unreadable(trouble.CRASH, f"the desk died {DEATHS} times with this mail in hand")]
    return desk.mind.understanding.read([arrival.raw for arrival in batch])


def deliver(desk: Desk) -> Tally:
    """Send what is queued and due; nothing but alerts while the breaker is open.

    Raises RelayLost or RelayRefused when a mail server is not to be had.
    """
    with desk.store.ledger() as ledger:
        desk.incidents.recover(ledger)
        stopped = desk.breaker.recover(ledger)
    routes = desk.routes.without(outbox.MAIN) if stopped else desk.routes
    return send_queued(desk.store, routes, desk.presence, batch=desk.limits.batch_mails, tries=desk.limits.tries)


def retry_due(desk: Desk) -> Tally:
    """Try mail in trouble anew whose pause is over; a few times at most (triage.store.trouble)."""
    tally: Tally = Counter()
    while True:
        with desk.store.connection() as db:
            troubled = trouble.begin_due(db, desk.store.clock())
        if troubled is None:
            return tally
        tally[retry(troubled, desk)] += 1


def retry(troubled: trouble.Trouble, desk: Desk) -> str:
    """Handle a mail in trouble anew from its kept bytes; its copy stays in the trouble tray. Returns the outcome."""
    arrival = Arrival(troubled.mailbox, troubled.uid, troubled.raw, len(troubled.raw), troubled.first_at)
    (reading,) = desk.mind.understanding.read([arrival.raw])
    with desk.store.ledger() as ledger:
        outcome, _ = _settle(arrival, reading, ledger, desk)
        if outcome != "trouble":
            ledger.resolve(troubled.id)
    return outcome


def _settle(arrival: Arrival, reading: Reading | Unreadable, ledger: Ledger, desk: Desk) -> tuple[str, Tray]:
    """One mail of a batch: handled, or set aside with its bytes while the others go on."""
    if arrival.trouble:
        return _set_aside(arrival, trouble.FETCH, arrival.trouble, ledger)
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
    case = _decide(arrival, reading, ledger, desk)
    verdict, ticket = case.verdict, case.place.ticket
    if ticket is None and verdict.kind is Kind.NEW:
        ticket = ledger.open_ticket(reading.mail, verdict, asked=verdict.template in ASKING)
    mail_id = ledger.record(_handled(case, desk), ticket, first=case.place.ticket is None)
    kept = recorded.record(reading.mail, reading.inspection, case.place, case.judged, desk.mind.finders)
    recorded.write(ledger.db, mail_id, kept)
    if ticket is not None and verdict.kind in (Kind.NEW, Kind.FOLLOWUP):
        _answer(case, ticket, mail_id, ledger, desk)
        _tell(case, ticket, mail_id, ledger, desk)
    return verdict


@dataclass(frozen=True, slots=True)
class _Case:
    """One mail and what is done about it. `judged` is the verdict before incidents and limits had their say; mails about
    one trouble share the `complaint`."""

    arrival: Arrival
    reading: Reading
    place: Belonging
    judged: Verdict
    verdict: Verdict
    complaint: str

    @property
    def mail(self) -> InboundMail:
        return self.reading.mail


def _decide(arrival: Arrival, reading: Reading, ledger: Ledger, desk: Desk) -> _Case:
    """Thread and judge one mail."""
    forged = fails_dmarc(reading.mail, desk.mind.settings.desk.authserv)
    place = belonging(reading.mail, ledger, desk.signer, desk.known, forged=forged)
    if reading.silence and reading.silence.code == "bounce":
        place = _returned(arrival.raw, place, ledger, desk)
    judged = judge(reading, place, desk.mind.policy())
    verdict, complaint = desk.incidents.weighed(reading, judged, ledger)
    case = _Case(arrival, reading, place, judged, verdict, complaint)
    return replace(case, verdict=_restrained(case, ledger, desk))


def _answer(case: _Case, ticket: Ticket, mail_id: int, ledger: Ledger, desk: Desk) -> None:
    """Bring the ticket to where the verdict leaves it, and queue the reply if there is one."""
    verdict = case.verdict
    if case.place.ticket:
        asked, told = verdict.template in ASKING, verdict.template == "separate_mail"
        ledger.update_ticket(ticket, verdict, asked=asked, told_separate=told)
    if verdict.template:
        reply = desk.mind.writer.write(case.reading, verdict, ticket.number, desk.signer, case.place.circle)
        ledger.queue(queued(reply, case.mail, ledger, desk), mail_id, ticket.number)
        desk.breaker.weigh(ledger)


def _tell(case: _Case, ticket: Ticket, mail_id: int, ledger: Ledger, desk: Desk) -> None:
    """Tell people of ours what cannot wait for a look into a tray, and pass on what others work on."""
    verdict, number = case.verdict, ticket.number
    if verdict.topic and desk.mind.understanding.rulebook.topic(verdict.topic).kind is TopicKind.URGENT:
        letter = AlertLetter("key_leak", number=str(number))
        said = f"{number}, {case.mail.sender.email}: {verdict.topic}"
        desk.alerts.tell_once(ledger, f"key_leak:{number}", said, letter)
    if verdict.in_incident:
        desk.incidents.tell(case.complaint, ledger)
    if to := desk.handovers.due(verdict, ticket, case.place):
        desk.handovers.pass_on(ledger, Passed(number, mail_id, case.reading, verdict, case.arrival.raw), to)


def _returned(raw: bytes, place: Belonging, ledger: Ledger, desk: Desk) -> Belonging:
    """A mail of ours came back: its address is left alone for a while, and the bounce stands with its ticket."""
    bounce = bounces.read(raw)
    number = bounced.note(ledger.db, desk.signer.ids_in(bounce.text), bounce.failed, bounce.said, ledger.now)
    ticket = ledger.ticket(number) if number else None
    return replace(place, ticket=ticket, by="bounce", claimed=None) if ticket else place


def _restrained(case: _Case, ledger: Ledger, desk: Desk) -> Verdict:
    """The verdict, without its reply when a limit was reached."""
    if not case.verdict.template:
        return case.verdict
    restraint, address = desk.restraint, desk.mind.writer.address_for(case.mail, case.place.circle).email
    reason = restraint.too_old(case.arrival.received, ledger.now) or restraint.why_silent(address, case.mail, ledger)
    return withheld(case.verdict, reason) if reason else case.verdict


def queued(reply: Reply, mail: InboundMail, ledger: Ledger, desk: Desk) -> Queued:
    """The reply as it waits in the outbox; colleagues who had their share of mail are left out."""
    quiet = tuple(person for person in reply.cc if not desk.restraint.had_enough(person.email, ledger))
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


def _handled(case: _Case, desk: Desk) -> Handled:
    mind = desk.mind
    return Handled(
        reading=case.reading,
        verdict=case.verdict,
        mailbox=case.arrival.mailbox,
        uid=case.arrival.uid,
        rules_digest=mind.rules.digest,
        model_digest=mind.understanding.classifier.digest,
        participants=_participants(case.mail, case.verdict, case.place, desk),
        required=mind.policy().handbook.required(case.verdict.profile),
        likeness=digest(case.complaint),
    )


def _participants(mail: InboundMail, verdict: Verdict, place: Belonging, desk: Desk) -> tuple[str, ...]:
    """Who takes part from now on: everybody in a first mail; later only colleagues, and none on a typed number's word."""
    if verdict.kind not in (Kind.NEW, Kind.FOLLOWUP) or place.by == "subject":
        return ()
    ours, circle = desk.mind.settings.desk, place.circle
    people = (mail.sender, *mail.reply_to, *mail.to, *mail.cc)
    known = (person.email for person in people if person.email and not ours.is_ours(person.email))
    return tuple(dict.fromkeys(email for email in known if circle is None or circle.may_hear(email)))
