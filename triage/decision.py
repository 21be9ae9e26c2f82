"""judge(): evidence → Verdict. The whole policy of the desk on one page, and pure.

Precedence (DESIGN section 3): machine mail > key leak > existing ticket > strong technical evidence >
non-technical > weak technical > unsure. A wrong pointer costs a customer days, a human's look costs
minutes: whatever is not clear goes to review.
"""

from __future__ import annotations

from dataclasses import replace

from triage.domain import (
    Action,
    DecidedBy,
    Finding,
    Flag,
    Kind,
    Reading,
    Ticket,
    TicketState,
    TopicKind,
    Tray,
    Verdict,
    Where,
)
from triage.fields.profiles import Profile
from triage.routing import Policy, Route, door, is_screenshot_only, is_technical, route_of
from triage.threads import Belonging, bare_subject, numbers_in

FEW_WORDS = 16
_THANKS_WORDS = 30  # a mail of thanks with more words says something else as well
_NOT_SAID = (Where.SIGNATURE, Where.SUBJECT, Where.HEADER)  # what a mail carries whatever it says
_WEIGHED = (Flag.NEW_PROBLEM, Flag.THANKS)  # words that count only in a ticket, and with other signs
MOST_ASKED = 2  # times the desk asks for missing fields in one ticket; then a human does


def judge(reading: Reading, belonging: Belonging, policy: Policy) -> Verdict:
    """Decide what happens with one mail."""
    if reading.silence:
        return _silent(reading, belonging, policy)
    verdict = _judged(reading, belonging, policy)
    if belonging.partner:
        verdict = _from_partner(verdict, belonging.ticket)
    if belonging.forged:
        verdict = withheld(verdict, "no reply: the sender is not who From says (DMARC)")
    return _with_remarks(verdict, reading, belonging)


def _judged(reading: Reading, belonging: Belonging, policy: Policy) -> Verdict:
    """What a person's mail comes to. Leaked keys go before everything else, then the ticket it belongs to."""
    route = route_of(reading, policy)
    if route.topic and policy.rulebook.topic(route.topic).kind is TopicKind.URGENT:
        return _urgent(reading, belonging, route, policy)
    if belonging.ticket:
        return _follow_up(reading, belonging, belonging.ticket, route, policy)
    return _new(reading, route, policy)


def withheld(verdict: Verdict, reason: str) -> Verdict:
    """The same verdict without its reply: a limit was reached, so a human looks."""
    state = TicketState.REVIEW if verdict.state else None
    return replace(verdict, template=None, tray=Tray.REVIEW, state=state, reasons=(*verdict.reasons, reason))


# ── verdicts ────────────────────────────────────────────────────────────────────────────────────────


def _silent(reading: Reading, belonging: Belonging, policy: Policy) -> Verdict:
    silence = reading.silence
    assert silence is not None  # noqa: S101 - judge() asked
    return Verdict(
        kind=silence.kind,
        action=Action.NONE,
        decided_by=DecidedBy.GUARD,
        language=policy.languages.reply_in(reading.mail.language),
        confidence=1.0,
        reasons=(f"{silence.code}: {silence.seen}",),
        ticket=belonging.ticket.number if belonging.ticket else None,
        tray=Tray.SILENT,
    )


def _urgent(reading: Reading, belonging: Belonging, route: Route, policy: Policy) -> Verdict:
    """Instructions to the sender at once, and a human. Told once in a ticket."""
    ticket = belonging.ticket
    verdict = _base(reading, route, policy, Kind.FOLLOWUP if ticket else Kind.NEW)
    template = None if ticket and ticket.topic == route.topic else "key_leak"
    number = ticket.number if ticket else None
    return replace(_to_people(verdict), action=Action.REVIEW, template=template, ticket=number)


def _new(reading: Reading, route: Route, policy: Policy) -> Verdict:
    verdict = _base(reading, route, policy, Kind.NEW)
    kind = policy.rulebook.topic(route.topic).kind if route.topic else None
    if kind is TopicKind.TECHNICAL:
        return _technical(verdict, reading, policy)
    if kind is TopicKind.CHECKLIST:
        return _checklist(verdict, reading)
    if kind is TopicKind.POINTER and route.topic and door(route.topic, policy):
        return replace(verdict, action=Action.REDIRECT, template="redirect", state=TicketState.REDIRECTED)
    return _review(verdict)


def _review(verdict: Verdict) -> Verdict:
    return replace(verdict, action=Action.REVIEW, template="review", state=TicketState.REVIEW, tray=Tray.REVIEW)


def _technical(verdict: Verdict, reading: Reading, policy: Policy) -> Verdict:
    """Asks for exactly what is missing, or for nothing."""
    profile = policy.handbook.choose(reading)
    verdict = _with_fields(verdict, profile, reading.inspection.findings, policy)
    verdict = replace(verdict, hints=policy.handbook.hints(reading, profile, policy.today))
    if profile.asks_nothing:
        return _ready(verdict, "question")
    if verdict.missing:
        return replace(verdict, action=Action.REQUEST_INFO, template="request_info", state=TicketState.WAITING_FOR_INFO)
    return _ready(verdict, "acknowledge")


def _ready(verdict: Verdict, template: str) -> Verdict:
    return replace(verdict, action=Action.ACKNOWLEDGE, template=template, state=TicketState.READY, tray=Tray.READY)


def _checklist(verdict: Verdict, reading: Reading) -> Verdict:
    """What the desk cannot read is never called incomplete: a human reads it (DOMAIN section 3)."""
    found = reading.inspection.checklist
    if found and found.verdict in ("incomplete", "ok_only"):
        return replace(
            verdict,
            action=Action.REQUEST_INFO,
            template="checklist_incomplete",
            missing=found.missing,
            state=TicketState.WAITING_FOR_INFO,
        )
    return replace(_review(verdict), template="checklist")


def _from_partner(verdict: Verdict, ticket: Ticket | None) -> Verdict:
    """From a team or helpdesk that has the ticket: kept with it and never answered, so that two desks cannot talk."""
    state = None if ticket else TicketState.REVIEW
    reasons = (*verdict.reasons, "from a team that tickets are handed over to: not answered")
    return replace(verdict, template=None, state=state, tray=Tray.REVIEW, reasons=reasons)


def _follow_up(reading: Reading, place: Belonging, ticket: Ticket, route: Route, policy: Policy) -> Verdict:
    """Joined to its ticket; answered only when something changed for the sender."""
    verdict = replace(
        _base(reading, route, policy, Kind.FOLLOWUP),
        action=Action.ATTACH,
        decided_by=DecidedBy.THREAD,
        confidence=1.0,
        language=policy.languages.reply_in(reading.mail.language or ticket.language),
        topic=ticket.topic or route.topic,
        ticket=ticket.number,
    )
    if _is_new_problem(reading, place, ticket, route):
        return _new_problem(verdict, ticket)
    if _is_thanks_only(reading):
        return _thanked(verdict, ticket)
    if ticket.state in (TicketState.WAITING_FOR_INFO, TicketState.NEW):
        if is_technical(verdict.topic, policy):
            return _answered_question(verdict, reading, ticket, policy)
        return _answered_checklist(verdict, reading, ticket)
    if ticket.state is TicketState.READY:
        return replace(verdict, tray=Tray.READY)
    return _to_people(verdict)


def _answered_question(verdict: Verdict, reading: Reading, ticket: Ticket, policy: Policy) -> Verdict:
    """The sender was asked. Complete now; or asked once more; or, after that, a human."""
    profile = policy.handbook.named(ticket.profile) or policy.handbook.choose(reading)
    earlier = tuple(replace(found, where=Where.THREAD) for found in ticket.findings)
    before = verdict
    verdict = _with_fields(verdict, profile, (*reading.inspection.findings, *earlier), policy)
    if not verdict.missing:
        return replace(verdict, template="completed", state=TicketState.READY, tray=Tray.READY)
    if ticket.asked >= MOST_ASKED or _says_nothing_new(reading, before):
        return _to_people(verdict)
    return replace(verdict, template="still_missing", state=TicketState.WAITING_FOR_INFO)


def _answered_checklist(verdict: Verdict, reading: Reading, ticket: Ticket) -> Verdict:
    """A checklist that was sent back comes again: asked once more if it still has only "OK", else a human reads it."""
    found = reading.inspection.checklist
    if found and found.verdict in ("incomplete", "ok_only") and ticket.asked < MOST_ASKED:
        return replace(
            verdict, template="checklist_incomplete", missing=found.missing, state=TicketState.WAITING_FOR_INFO
        )
    return _to_people(verdict)


def _says_nothing_new(reading: Reading, verdict: Verdict) -> bool:
    """A few words without any field ("thanks, I will look tomorrow"): asking again would be nagging."""
    gave = [found for found in verdict.fields if not found.field.startswith("contact")]
    return not gave and len(reading.mail.new.split()) < FEW_WORDS


def _to_people(verdict: Verdict) -> Verdict:
    return replace(verdict, state=TicketState.REVIEW, tray=Tray.REVIEW)


def _new_problem(verdict: Verdict, ticket: Ticket) -> Verdict:
    """Kept in the ticket, staff are told, and the sender is told once to open a separate mail."""
    told = None if ticket.told_separate else "separate_mail"
    flags = (*verdict.flags, Flag.NEW_PROBLEM)
    return replace(verdict, template=told, flags=flags, state=TicketState.REVIEW, tray=Tray.REVIEW)


def _is_new_problem(reading: Reading, place: Belonging, ticket: Ticket, route: Route) -> bool:
    """Words that say so; another order id in a ticket that had everything it needed; or, under a subject of its own,
    ids or a topic that the ticket has not. What answers our question is no new problem, whatever its subject."""
    if any(item.flag is Flag.NEW_PROBLEM for item in reading.evidence):
        return True
    before, now = _order_ids(ticket.findings), _order_ids(reading.inspection.findings)
    asking = ticket.state in (TicketState.WAITING_FOR_INFO, TicketState.NEW)
    other_ids = bool(now) and before.isdisjoint(now)
    if _has_own_subject(reading.mail.subject, place, ticket):
        other_topic = bool(route.topic and ticket.topic) and route.topic != ticket.topic
        return (other_ids and not (asking and not before)) or (other_topic and not asking)
    settled = ticket.state in (TicketState.READY, TicketState.CLOSED)
    return settled and bool(before) and other_ids


def _order_ids(findings: tuple[Finding, ...]) -> frozenset[str]:
    return frozenset(found.value for found in findings if found.field == "order_id")


def _has_own_subject(subject: str, place: Belonging, ticket: Ticket) -> bool:
    """Whether the sender wrote a new subject over an old mail: without our number, and not the ticket's own."""
    if place.by == "subject" or numbers_in(subject):
        return False
    own, known = bare_subject(subject).casefold(), bare_subject(ticket.subject).casefold()
    return bool(own and known) and own not in known and known not in own


def _is_thanks_only(reading: Reading) -> bool:
    """A few words of thanks (rules/flags.yaml), no question, nothing that speaks for a topic and no field. The subject
    is the ticket's own."""
    thanks = any(item.flag is Flag.THANKS for item in reading.evidence)
    speaks_for_a_topic = any(item.topic and item.where is not Where.SUBJECT for item in reading.evidence)
    gave = any(found.where not in _NOT_SAID for found in reading.inspection.findings)
    words = reading.mail.new
    return thanks and not gave and not speaks_for_a_topic and "?" not in words and len(words.split()) <= _THANKS_WORDS


def _thanked(verdict: Verdict, ticket: Ticket) -> Verdict:
    """The ticket stays as it is, and staff are offered to close it."""
    reasons = (*verdict.reasons, "says thanks and nothing else: the ticket can be closed")
    tray = _RESTS_IN.get(ticket.state, Tray.ANSWERED)
    return replace(verdict, closing=True, tray=tray, reasons=reasons)


_RESTS_IN = {TicketState.READY: Tray.READY, TicketState.REVIEW: Tray.REVIEW}


# ── what every verdict carries ──────────────────────────────────────────────────────────────────────


def _base(reading: Reading, route: Route, policy: Policy, kind: Kind) -> Verdict:
    return Verdict(
        kind=kind,
        action=Action.REVIEW,
        decided_by=route.decided_by,
        language=policy.languages.reply_in(reading.mail.language),
        topic=route.topic,
        confidence=round(route.confidence, 4),
        fields=policy.handbook.counting(reading.inspection.findings),
        pointers=route.others,
        flags=_flags(reading, route),
        reasons=(route.reason,) if route.reason else (),
    )


def _with_fields(verdict: Verdict, profile: Profile, findings: tuple[Finding, ...], policy: Policy) -> Verdict:
    counting = policy.handbook.counting(findings)
    conflict = any(found.field == "environment" and found.value == "conflict" for found in counting)
    flags = verdict.flags + ((Flag.ENVIRONMENT_CONFLICT,) if conflict else ())
    missing = policy.handbook.missing(profile, counting)
    return replace(verdict, profile=profile.name, fields=counting, missing=missing, flags=flags)


def _flags(reading: Reading, route: Route) -> tuple[Flag, ...]:
    raised = {item.flag for item in reading.evidence if item.flag and item.flag not in _WEIGHED}
    if route.others:
        raised.add(Flag.MULTIPLE_TOPICS)
    if is_screenshot_only(reading.mail):
        raised.add(Flag.SCREENSHOT_ONLY)
    return tuple(flag for flag in Flag if flag in raised)


def _with_remarks(verdict: Verdict, reading: Reading, belonging: Belonging) -> Verdict:
    reasons = list(verdict.reasons)
    flags = verdict.flags
    if belonging.claimed or belonging.forged:
        flags = (*flags, Flag.UNVERIFIED_SENDER)
    if belonging.claimed:
        reasons.append(f"names {belonging.claimed}, in which the sender takes no part")
    reasons += [f"mentions {number}" for number in belonging.mentioned]
    reasons += [f"contained a {secret.kind}, masked" for secret in reading.inspection.secrets]
    return replace(verdict, flags=flags, reasons=tuple(dict.fromkeys(reasons)))
