"""The policy of the desk: who is answered how, on the rules and profiles that ship with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.samples import mail, reading
from triage.config import Languages
from triage.decision import judge, withheld
from triage.domain import (
    Action,
    Attachment,
    DecidedBy,
    Evidence,
    Finding,
    Flag,
    Guess,
    Inspection,
    Kind,
    Language,
    Opinion,
    Reading,
    Silence,
    Ticket,
    TicketNumber,
    TicketState,
    Tray,
    Where,
)
from triage.fields.handbook import Handbook
from triage.routing import Policy
from triage.rulebook.loading import load
from triage.threads import Belonging

RULES = Path(__file__).parent.parent / "rules"
NEW = Belonging()


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy(load(RULES), Handbook.load(RULES), Languages(), "vipps", date(2026, 3, 2))


def seen(topic: str, weight: float = 5.0, **parts: object) -> Evidence:
    return Evidence("rule", f"{topic}/sample", topic, Where.BODY, "sample", weight, **parts)  # type: ignore[arg-type]


def thought(topic: str, probability: float = 0.97, *, sure: bool = True, technical: float = 0.0) -> Opinion:
    rest = Guess("general" if topic != "general" else "plugin", 1 - probability)
    return Opinion((Guess(topic, probability), rest), probability, sure, technical)


def gave(*fields: str, **values: str) -> Inspection:
    found = [Finding(name, "given", Where.BODY) for name in fields]
    return Inspection((*found, *(Finding(name, value, Where.BODY) for name, value in values.items())))


def ticket(state: TicketState, *, asked: int = 1, findings: tuple[Finding, ...] = (), **parts: object) -> Belonging:
    values = {"topic": "technical", "profile": "api", "language": Language.NO} | parts
    return Belonging(Ticket(TicketNumber(12345), state, asked=asked, findings=findings, **values), "subject")  # type: ignore[arg-type]


TECHNICAL = (seen("technical", 6.0),)
EVERYTHING = ("msn", "environment", "order_id", "request", "response")


# ── silence ─────────────────────────────────────────────────────────────────────────────────────────


def test_machine_mail_is_silent_whatever_it_says(policy: Policy):
    shouting = reading(silence=Silence("auto_submitted", "auto-replied"), evidence=(seen("key_leak", 9.0),))
    verdict = judge(shouting, NEW, policy)
    assert (verdict.kind, verdict.action, verdict.template, verdict.tray) == (
        Kind.AUTOMATIC,
        Action.NONE,
        None,
        Tray.SILENT,
    )


def test_machine_mail_in_a_thread_changes_no_state(policy: Policy):
    verdict = judge(reading(silence=Silence("out_of_office", "ferie")), ticket(TicketState.READY), policy)
    assert (verdict.state, verdict.template, verdict.ticket) == (None, None, TicketNumber(12345))


def test_spam_keeps_its_kind(policy: Policy):
    assert judge(reading(silence=Silence("spam", "YES", Kind.SPAM)), NEW, policy).kind is Kind.SPAM


# ── routing ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_strong_rule_decides_without_the_model(policy: Policy):
    verdict = judge(reading(evidence=(seen("settlement"),)), NEW, policy)
    assert (verdict.action, verdict.topic, verdict.decided_by) == (Action.REDIRECT, "settlement", DecidedBy.RULE)
    assert (verdict.state, verdict.template) == (TicketState.REDIRECTED, "redirect")


def test_a_rule_that_a_sure_model_contradicts_goes_to_a_human(policy: Policy):
    verdict = judge(reading(evidence=(seen("settlement"),), opinion=thought("bankid")), NEW, policy)
    assert (verdict.action, verdict.topic, verdict.tray) == (Action.REVIEW, None, Tray.REVIEW)
    assert "rules say settlement, the model says bankid" in verdict.reasons


def test_mere_words_for_a_technical_mail_yield_to_a_model_that_leans_elsewhere(policy: Policy):
    words = reading(evidence=TECHNICAL, opinion=thought("checklist", 0.86, sure=False))
    assert judge(words, NEW, policy).action is Action.REVIEW
    call = Evidence("rule", "technical/api-call", "technical", Where.BODY, "POST /ecomm/v2/payments", 3.0)
    shown = reading(evidence=(call,), opinion=thought("checklist", 0.86, sure=False))
    assert judge(shown, NEW, policy).topic == "technical"


def test_a_contradiction_between_two_topics_with_one_door_harms_nobody(policy: Policy):
    verdict = judge(reading(evidence=(seen("application"),), opinion=thought("general")), NEW, policy)
    assert (verdict.action, verdict.topic) == (Action.REDIRECT, "application")


def test_a_sure_model_decides_where_rules_are_silent(policy: Policy):
    verdict = judge(reading(opinion=thought("plugin")), NEW, policy)
    assert (verdict.action, verdict.topic, verdict.decided_by) == (Action.REDIRECT, "plugin", DecidedBy.CLASSIFIER)


def test_nobody_sure_means_a_human_and_no_pointer(policy: Policy):
    verdict = judge(reading(opinion=thought("plugin", 0.6, sure=False)), NEW, policy)
    assert (verdict.action, verdict.topic, verdict.decided_by) == (Action.REVIEW, None, DecidedBy.FALLBACK)
    assert (verdict.template, verdict.state) == ("review", TicketState.REVIEW)


def test_a_weak_rule_and_an_unsure_model_that_agree_are_enough(policy: Policy):
    leaning = reading(evidence=(seen("plugin", 1.0),), opinion=thought("plugin", 0.7, sure=False))
    assert judge(leaning, NEW, policy).topic == "plugin"


def test_weak_technical_evidence_counts_when_the_model_thinks_it_technical(policy: Policy):
    weak = reading(evidence=(seen("technical", 1.0),), opinion=thought("plugin", 0.5, sure=False, technical=0.9))
    assert judge(weak, NEW, policy).topic == "technical"


def raised(flag: Flag) -> Evidence:
    return Evidence("rule", f"flags/{flag.value}", "", Where.BODY, "sample", 0.0, flag=flag)


def test_a_picture_without_words_is_taken_for_a_technical_problem(policy: Policy):
    shot = mail(new="se bilde", attachments=(Attachment("skjerm.png", "image/png", 90_000),))
    verdict = judge(reading(shot, opinion=thought("general", 0.4, sure=False)), NEW, policy)
    assert (verdict.topic, verdict.action, verdict.decided_by) == ("technical", Action.REQUEST_INFO, DecidedBy.FALLBACK)


def test_an_urgent_plea_for_a_call_is_taken_for_a_technical_problem(policy: Policy):
    flags = (raised(Flag.PHONE_REQUEST), raised(Flag.ESCALATION))
    plea = reading(evidence=flags, opinion=thought("consumer", 0.4, sure=False))
    assert judge(plea, NEW, policy).topic == "technical"
    assert judge(reading(evidence=flags[:1], opinion=thought("consumer", 0.4, sure=False)), NEW, policy).topic is None


def test_technical_comes_first_in_a_mixed_mail_and_the_other_topic_gets_its_pointer(policy: Policy):
    mixed = reading(evidence=(*TECHNICAL, seen("settlement", 9.0)), inspection=gave(*EVERYTHING))
    verdict = judge(mixed, NEW, policy)
    assert (verdict.topic, verdict.pointers) == ("technical", ("settlement",))
    assert Flag.MULTIPLE_TOPICS in verdict.flags


def test_a_key_leak_comes_before_technical_evidence_and_before_its_thread(policy: Policy):
    leak = reading(evidence=(*TECHNICAL, seen("key_leak")))
    for place in (NEW, ticket(TicketState.READY)):
        verdict = judge(leak, place, policy)
        assert (verdict.topic, verdict.action, verdict.template) == ("key_leak", Action.REVIEW, "key_leak")


def test_a_topic_for_people_is_never_pointed_away(policy: Policy):
    verdict = judge(reading(evidence=(seen("other"),)), NEW, policy)
    assert (verdict.action, verdict.template) == (Action.REVIEW, "review")


# ── required fields ─────────────────────────────────────────────────────────────────────────────────


def test_a_technical_mail_is_asked_for_exactly_what_is_missing(policy: Policy):
    verdict = judge(reading(evidence=TECHNICAL, inspection=gave("msn", "request", "response")), NEW, policy)
    assert (verdict.action, verdict.missing) == (Action.REQUEST_INFO, ("environment", "order_id"))
    assert (verdict.profile, verdict.state) == ("api", TicketState.WAITING_FOR_INFO)


def test_a_complete_technical_mail_is_acknowledged(policy: Policy):
    verdict = judge(reading(evidence=TECHNICAL, inspection=gave(*EVERYTHING)), NEW, policy)
    assert (verdict.action, verdict.missing, verdict.state) == (Action.ACKNOWLEDGE, (), TicketState.READY)


def test_an_agreement_id_stands_for_the_order_id(policy: Policy):
    fields = [name for name in EVERYTHING if name != "order_id"]
    found = reading(evidence=TECHNICAL, inspection=gave(*fields, agreement_id="agr_5kSeqz"))
    assert judge(found, NEW, policy).missing == ()


def test_a_conflict_of_environments_counts_as_missing_and_is_flagged(policy: Policy):
    fields = [name for name in EVERYTHING if name != "environment"]
    found = reading(evidence=TECHNICAL, inspection=gave(*fields, environment="conflict"))
    verdict = judge(found, NEW, policy)
    assert (verdict.missing, Flag.ENVIRONMENT_CONFLICT in verdict.flags) == (("environment",), True)


def test_a_question_without_an_error_is_asked_for_nothing(policy: Policy):
    question = mail(subject="ePayment", new="Does ePayment support EUR?")
    verdict = judge(reading(question, evidence=TECHNICAL), NEW, policy)
    assert (verdict.profile, verdict.action, verdict.missing) == ("question", Action.ACKNOWLEDGE, ())


def test_a_redirected_mail_is_never_asked_for_fields(policy: Policy):
    assert judge(reading(evidence=(seen("settlement"),)), NEW, policy).missing == ()


def test_a_picture_without_words_is_flagged(policy: Policy):
    shot = mail(new="se bilde", attachments=(Attachment("skjerm.png", "image/png", 90_000),))
    assert Flag.SCREENSHOT_ONLY in judge(reading(shot, evidence=TECHNICAL), NEW, policy).flags


def test_a_logo_in_a_signature_is_no_screenshot(policy: Policy):
    logo = mail(new="takk", attachments=(Attachment("image001.png", "image/png", 4_000, inline=True),))
    assert Flag.SCREENSHOT_ONLY not in judge(reading(logo, evidence=TECHNICAL), NEW, policy).flags


# ── what every verdict carries ──────────────────────────────────────────────────────────────────────


def test_a_mail_is_answered_in_its_language_or_the_fallback(policy: Policy):
    said = {
        language: judge(reading(mail(language=language), evidence=TECHNICAL), NEW, policy).language
        for language in (Language.NO, Language.EN, Language.FI, None)
    }
    assert said == {Language.NO: "no", Language.EN: "en", Language.FI: "en", None: "en"}


def test_flags_of_rules_stand_beside_the_verdict_and_argue_for_no_topic(policy: Policy):
    call = Evidence("rule", "flags/call-me", "", Where.BODY, "ring meg", 1.0, flag=Flag.PHONE_REQUEST)
    verdict = judge(reading(evidence=(*TECHNICAL, call)), NEW, policy)
    assert (verdict.topic, verdict.flags) == ("technical", (Flag.PHONE_REQUEST,))


def test_a_withheld_reply_leaves_a_reason_and_a_human(policy: Policy):
    verdict = withheld(judge(reading(evidence=TECHNICAL), NEW, policy), "no reply: limit")
    assert (verdict.template, verdict.tray, verdict.reasons[-1]) == (None, Tray.REVIEW, "no reply: limit")


def test_judging_is_pure(policy: Policy):
    found: Reading = reading(evidence=TECHNICAL, inspection=gave("msn"))
    assert judge(found, NEW, policy) == judge(found, NEW, policy)
