"""Staff say what a verdict should have been: written down, and when they want it the ticket follows and is answered anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from triage.decision import judge
from triage.desk import Desk, queued
from triage.domain import Evidence, OperatorError, Reading, Reply, TicketNumber, Verdict, Where
from triage.store import corrections, recorded, upkeep
from triage.store.corrections import Correction, Decided
from triage.store.ledger import Ledger
from triage.store.recorded import Recorded
from triage.store.store import Store
from triage.store.upkeep import Deed
from triage.threads import Belonging, Circle

_CERTAIN = 10.0  # the weight of what a person says: no rule weighs more


class CannotCorrect(OperatorError):  # noqa: N818 - says what happened
    """There is nothing to correct, or nothing is kept from which to answer anew."""


@dataclass(frozen=True, slots=True)
class Said:
    """What staff say of a ticket's first mail; None where they say nothing."""

    topic: str | None
    missing: tuple[str, ...] | None
    why: str
    who: str


def correct(store: Store, number: TicketNumber, said: Said) -> Correction:
    """Write a correction down; a topic is offered as an example. Raises CannotCorrect and StoreLost."""
    with store.connection() as db:
        before = _decided(corrections.decided(db, number), number)
        kept = recorded.of_ticket(db, number)
        offer = said.topic is not None and any(row.mail == before.mail for row in kept)
        correction = _correction(before, said, store, offer=offer)
        number_given = corrections.add(db, correction)
        upkeep.corrected(db, number, _told(correction), Deed(said.who, correction.at))
    return replace(correction, id=number_given)


def reroute(desk: Desk, correction: Correction, *, reply: bool) -> Verdict:
    """Bring the ticket to where the corrected topic leads and, only when asked, queue the reply it would have had.

    Raises CannotCorrect when the mail's words are gone or a limit forbids the reply: then nothing is changed.
    """
    with desk.store.ledger() as ledger:
        kept = _kept(ledger, correction)
        reading = _as_said(kept, correction)
        verdict = judge(reading, Belonging(), desk.mind.policy())
        corrections.reroute(ledger.db, correction.ticket, verdict, ledger.now)
        if reply and verdict.template:
            _queue(reading, verdict, correction, ledger, desk)
    return verdict


def _correction(before: Decided, said: Said, store: Store, *, offer: bool) -> Correction:
    return Correction(
        ticket=before.ticket,
        mail=before.mail,
        topic_before=before.topic,
        topic=said.topic,
        missing_before=before.missing,
        missing=said.missing,
        why=said.why,
        who=said.who,
        at=store.clock(),
        example=corrections.OFFERED if offer else corrections.NONE,
    )


def _decided(found: Decided | None, number: TicketNumber) -> Decided:
    if found is None:
        raise CannotCorrect(f"there is no ticket {number}")
    return found


def _told(correction: Correction) -> str:
    """For the ticket's history."""
    parts = [f"topic {correction.topic_before or 'none'}, should be {correction.topic}"] if correction.topic else []
    if correction.missing is not None:
        parts.append(f"should be asked for {', '.join(correction.missing) or 'nothing'}")
    return f"corrected: {'; '.join(parts)}"


def _kept(ledger: Ledger, correction: Correction) -> Recorded:
    rows = recorded.of_ticket(ledger.db, correction.ticket)
    row = next((row for row in rows if row.mail == correction.mail), None)
    if row is None:
        raise CannotCorrect(f"{correction.ticket}: the words of its mail were forgotten, so it cannot be judged anew")
    return recorded.unpack(row.content)


def _as_said(kept: Recorded, correction: Correction) -> Reading:
    """The mail as if one certain rule named the topic, and nobody else said anything."""
    said = Evidence("staff", "staff/correction", correction.topic or "", Where.BODY, "", _CERTAIN)
    return Reading(kept.mail, None, (said,), None, kept.inspection)


def _queue(reading: Reading, verdict: Verdict, correction: Correction, ledger: Ledger, desk: Desk) -> None:
    circle = Circle(ledger.people(correction.ticket), frozenset())
    address = desk.mind.writer.address_for(reading.mail, circle).email
    if reason := desk.restraint.why_unreachable(address, ledger):  # a person asks: no loop to be stopped
        raise CannotCorrect(f"{correction.ticket}: {reason}; nothing was changed")
    reply = desk.mind.writer.write(reading, verdict, correction.ticket, desk.signer, circle)
    ledger.queue(
        queued(_renamed(reply, correction, reading, desk), reading.mail, ledger, desk), None, correction.ticket
    )


def _renamed(reply: Reply, correction: Correction, reading: Reading, desk: Desk) -> Reply:
    """A second answer to one mail needs an id of its own."""
    own = hashlib.sha256(f"correction {correction.id} {reading.mail.key}".encode()).hexdigest()
    return replace(reply, message_id=desk.signer.message_id(correction.ticket, own))
