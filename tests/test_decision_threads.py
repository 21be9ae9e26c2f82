"""The policy of the desk for mail in a thread: what an answer completes, what begins anew, what is left to people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.samples import mail, reading
from tests.test_decision import EVERYTHING, TECHNICAL, gave, policy, seen, thought, ticket
from triage.decision import judge
from triage.domain import (
    Action,
    Checklist,
    Evidence,
    Finding,
    Flag,
    Inspection,
    Kind,
    Reading,
    TicketNumber,
    TicketState,
    Tray,
    Verdict,
    Where,
)
from triage.routing import Policy
from triage.threads import Belonging

__all__ = ["policy"]


# ── threads ─────────────────────────────────────────────────────────────────────────────────────────


def answered(found: Inspection, place: Belonging, policy: Policy, **parts: object) -> Verdict:
    return judge(reading(inspection=found, **parts), place, policy)


GIVEN = tuple(Finding(name, "earlier", Where.BODY) for name in ("msn", "environment", "request", "response"))


def test_a_reply_that_brings_the_missing_field_completes_the_ticket(policy: Policy):
    place = ticket(TicketState.WAITING_FOR_INFO, findings=GIVEN)
    verdict = answered(gave(order_id="acme-1"), place, policy)
    assert (verdict.kind, verdict.action, verdict.template) == (Kind.FOLLOWUP, Action.ATTACH, "completed")
    assert verdict.state is TicketState.READY
    assert {found.where for found in verdict.fields if found.field == "msn"} == {Where.THREAD}


def test_a_reply_that_still_lacks_something_is_asked_once_more(policy: Policy):
    place = ticket(TicketState.WAITING_FOR_INFO, findings=GIVEN[:1])
    verdict = answered(gave(order_id="acme-1"), place, policy)
    assert (verdict.template, verdict.missing) == ("still_missing", ("environment", "request", "response"))


def test_a_few_words_without_any_field_are_not_nagged(policy: Policy):
    place = ticket(TicketState.WAITING_FOR_INFO, findings=GIVEN[:1])
    thanks = judge(reading(mail(new="Takk, jeg sender det i morgen")), place, policy)
    assert (thanks.template, thanks.tray) == (None, Tray.REVIEW)


def test_a_key_leak_is_answered_once_in_its_ticket(policy: Policy):
    leak = reading(evidence=(seen("key_leak"),))
    place = ticket(TicketState.REVIEW, topic="key_leak", profile=None)
    verdict = judge(leak, place, policy)
    assert (verdict.action, verdict.template, verdict.tray) == (Action.REVIEW, None, Tray.REVIEW)


def test_a_checklist_that_comes_back_is_read_by_a_human(policy: Policy):
    place = ticket(TicketState.WAITING_FOR_INFO, topic="checklist", profile=None)
    whole = Inspection(checklist=Checklist("ecom", "complete"))
    empty = Inspection(checklist=Checklist("ecom", "ok_only", ("orderIds",)))
    assert answered(whole, place, policy).tray is Tray.REVIEW
    assert answered(empty, place, policy).template == "checklist_incomplete"
    twice = ticket(TicketState.WAITING_FOR_INFO, asked=2, topic="checklist", profile=None)
    assert answered(empty, twice, policy).template is None


def test_a_second_incomplete_reply_goes_to_a_human_unanswered(policy: Policy):
    verdict = answered(gave(), ticket(TicketState.WAITING_FOR_INFO, asked=2, findings=GIVEN), policy)
    assert (verdict.template, verdict.state, verdict.tray) == (None, TicketState.REVIEW, Tray.REVIEW)


def test_more_information_on_a_complete_ticket_is_attached_in_silence(policy: Policy):
    verdict = answered(gave(), ticket(TicketState.READY), policy)
    assert (verdict.action, verdict.template, verdict.state) == (Action.ATTACH, None, None)


def test_an_objection_to_a_redirect_goes_to_a_human(policy: Policy):
    place = ticket(TicketState.REDIRECTED, topic="settlement", profile=None)
    verdict = answered(gave(), place, policy)
    assert (verdict.action, verdict.tray, verdict.template) == (Action.ATTACH, Tray.REVIEW, None)


def test_another_order_in_a_settled_ticket_is_a_new_problem_told_once(policy: Policy):
    before = (*GIVEN, Finding("order_id", "old-1", Where.BODY))
    place = ticket(TicketState.READY, findings=before)
    verdict = answered(gave(order_id="new-9"), place, policy)
    assert (verdict.template, Flag.NEW_PROBLEM in verdict.flags) == ("separate_mail", True)
    assert place.ticket is not None
    told = Belonging(replace(place.ticket, told_separate=True), "subject")
    assert answered(gave(order_id="new-9"), told, policy).template is None


def test_a_strangers_mail_is_a_new_one_with_a_flag(policy: Policy):
    stranger = Belonging(claimed=TicketNumber(12345))
    verdict = judge(reading(evidence=(seen("settlement"),)), stranger, policy)
    assert (verdict.kind, verdict.ticket, Flag.UNVERIFIED_SENDER in verdict.flags) == (Kind.NEW, None, True)


# ── a thread that turns ─────────────────────────────────────────────────────────────────────────────


def turned(state: TicketState, order_id: str = "acme-7", by: str = "reference", **parts: object) -> Belonging:
    """A mail that answers one of ours, in a ticket about `acme-7` with the subject "Capture feiler"."""
    findings = (Finding("order_id", order_id, Where.BODY),) if order_id else ()
    place = ticket(state, findings=findings, subject="Capture feiler", **parts)
    return replace(place, by=by)


@pytest.mark.parametrize("by", ["reference", "marker"])
@pytest.mark.parametrize("state", [TicketState.READY, TicketState.REVIEW, TicketState.CLOSED])
def test_other_ids_under_a_subject_of_its_own_are_a_new_problem(policy: Policy, by: str, state: TicketState):
    found = reading(mail(subject="Webhooks kommer ikke"), evidence=TECHNICAL, inspection=gave(order_id="shop-99"))
    verdict = judge(found, turned(state, by=by), policy)
    assert (verdict.template, verdict.tray, verdict.ticket) == ("separate_mail", Tray.REVIEW, TicketNumber(12345))


@pytest.mark.parametrize("subject", ["Re: Capture feiler", "SV: [VSD-12345]", "", "Re: Capture feiler i prod"])
def test_other_ids_under_the_tickets_own_subject_in_review_are_more_of_the_same(policy: Policy, subject: str):
    found = reading(mail(subject=subject), evidence=TECHNICAL, inspection=gave(order_id="shop-99"))
    assert Flag.NEW_PROBLEM not in judge(found, turned(TicketState.REVIEW), policy).flags


def test_the_answer_to_our_question_is_no_new_problem_whatever_its_subject(policy: Policy):
    found = reading(mail(subject="Her er det dere ba om"), evidence=TECHNICAL, inspection=gave(order_id="shop-99"))
    verdict = judge(found, turned(TicketState.WAITING_FOR_INFO, order_id=""), policy)
    assert Flag.NEW_PROBLEM not in verdict.flags


def test_another_topic_under_a_subject_of_its_own_is_a_new_problem(policy: Policy):
    found = reading(mail(subject="Oppgjør mangler"), evidence=(seen("settlement"),), opinion=thought("settlement"))
    assert Flag.NEW_PROBLEM in judge(found, turned(TicketState.READY), policy).flags
    assert Flag.NEW_PROBLEM not in judge(found, turned(TicketState.WAITING_FOR_INFO), policy).flags


THANKS = Evidence("rule", "flags/thanks", "", Where.BODY, "takk", 1.0, flag=Flag.THANKS)


@pytest.mark.parametrize("state", list(TicketState))
def test_thanks_and_nothing_else_changes_nothing_and_offers_closing(policy: Policy, state: TicketState):
    of_the_ticket = replace(seen("technical"), where=Where.SUBJECT)
    carried = Inspection((Finding("contact_name", "Kari", Where.HEADER), Finding("msn", "654321", Where.SIGNATURE)))
    found = reading(mail(new="Tusen takk, nå virker det!"), evidence=(THANKS, of_the_ticket), inspection=carried)
    verdict = judge(found, ticket(state), policy)
    assert (verdict.action, verdict.template, verdict.state, verdict.closing) == (Action.ATTACH, None, None, True)
    assert (verdict.tray is Tray.REVIEW) == (state is TicketState.REVIEW)
    assert verdict.flags == ()


@pytest.mark.parametrize(
    "found",
    [
        reading(mail(new="Takk. Når kommer svaret?"), evidence=(THANKS,)),
        reading(mail(new="Takk."), evidence=(THANKS, *TECHNICAL)),
        reading(mail(new="Takk."), evidence=(THANKS,), inspection=gave(msn="654321")),
        reading(mail(new="takk " * 31), evidence=(THANKS,)),
    ],
)
def test_thanks_with_more_than_thanks_offer_no_closing(policy: Policy, found: Reading):
    assert not judge(found, ticket(TicketState.REVIEW), policy).closing


def test_a_closed_ticket_that_gets_a_reply_is_open_again_and_with_people(policy: Policy):
    verdict = judge(reading(mail(new="Det feiler igjen.")), ticket(TicketState.CLOSED), policy)
    assert (verdict.state, verdict.tray, verdict.template) == (TicketState.REVIEW, Tray.REVIEW, None)


@pytest.mark.parametrize("state", [TicketState.WAITING_FOR_INFO, TicketState.READY, TicketState.CLOSED])
def test_a_team_that_has_the_ticket_is_never_answered_and_changes_nothing(policy: Policy, state: TicketState):
    found = reading(mail(new="Your case is received."), evidence=TECHNICAL, inspection=gave(*EVERYTHING))
    verdict = judge(found, replace(ticket(state), partner=True), policy)
    assert (verdict.template, verdict.state, verdict.tray) == (None, None, Tray.REVIEW)
