"""Letters to people of ours say what happened, and what was found."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import mail as mail_from

from triage.config import load
from triage.domain import (
    Action,
    Address,
    DecidedBy,
    Finding,
    Flag,
    Kind,
    Language,
    Reading,
    TicketNumber,
    Verdict,
    Where,
)
from triage.fields.handbook import Handbook
from triage.replies import staff
from triage.replies.letter import AlertLetter
from triage.replies.rendering import Templates
from triage.replies.writer import Writer
from triage.rulebook.loading import load as load_rulebook

ROOT = Path(__file__).parent.parent.parent
TEAM = (Address("team@shop.example"),)


@pytest.fixture(scope="module")
def writer() -> Writer:
    settings = load(ROOT / "config.yaml")
    rulebook, handbook = load_rulebook(settings.rules), Handbook.load(settings.rules)
    return Writer(Templates(settings.templates), rulebook, handbook, settings)


def test_an_alarm_says_in_its_subject_what_happened(writer: Writer):
    letter = AlertLetter("key_leak", number="VSD-10001", said="From kari@shop.example")
    told = staff.alert(writer, letter, TEAM, "1@vipps.no")
    assert told.subject == "[Vipps Integration] Keys may have been exposed: VSD-10001"
    assert "From kari@shop.example" in told.text
    assert told.to == TEAM


def test_the_end_of_an_alarm_is_told_as_such(writer: Writer):
    letter = AlertLetter("incident", over=True, count=7, minutes=30, details=("VSD-10001", "VSD-10002"))
    told = staff.alert(writer, letter, TEAM, "2@vipps.no")
    assert told.subject.endswith("Over: 7 similar mails in 30 minutes")
    assert "VSD-10002" in told.text


def test_an_alarm_of_another_kind_is_its_own_sentence(writer: Writer):
    told = staff.alert(writer, AlertLetter("trouble", said="3 mails wait in trouble"), TEAM, "3@vipps.no")
    assert told.subject == "[Vipps Integration] 3 mails wait in trouble"
    assert told.text.count("3 mails wait in trouble") == 1


def handed_over(writer: Writer, *, attached: bool) -> tuple[str, str]:
    verdict = Verdict(
        Kind.NEW,
        Action.REQUEST_INFO,
        DecidedBy.RULE,
        Language.NO,
        topic="technical",
        profile="api",
        fields=(Finding("msn", "654321", Where.SIGNATURE), Finding("request", "POST /x\n{}", Where.BODY)),
        missing=("order_id",),
        flags=(Flag.ESCALATION,),
    )
    reading = Reading(mail_from(new="Betaling feiler", sender="kari@shop.example", subject="Re: Hjelp"))
    subject, rendered = staff.handover(writer, reading, verdict, TicketNumber(10001), attached=attached)
    return subject, rendered.text


def test_a_ticket_is_passed_on_with_what_was_found_and_what_lacks(writer: Writer):
    subject, text = handed_over(writer, attached=True)
    assert subject == "[VSD-10001] Re: Hjelp"
    assert "VSD-10001 from kari@shop.example" in text
    assert "654321" in text
    assert "orderId" in text
    assert "escalation" in text
    assert "POST" not in text


def test_a_ticket_passed_on_without_its_mail_says_that_a_masked_copy_goes_along(writer: Writer):
    _, text = handed_over(writer, attached=False)
    assert "masked" in text
