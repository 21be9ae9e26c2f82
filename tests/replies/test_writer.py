"""A reply goes to the right people, under the right subject, with the right words in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import mail, reading
from triage.config import load
from triage.domain import (
    Action,
    Address,
    DecidedBy,
    Finding,
    Flag,
    InboundMail,
    Inspection,
    Kind,
    Language,
    Reply,
    Secret,
    TicketNumber,
    Verdict,
    Where,
)
from triage.fields.handbook import Handbook
from triage.replies.rendering import Templates
from triage.replies.writer import Writer, subject_for
from triage.rulebook.loading import load as load_rulebook
from triage.threads import Signer

ROOT = Path(__file__).parent.parent.parent
NUMBER = TicketNumber(12345)
SIGNER = Signer(b"SAMPLE", "vipps.no")


@pytest.fixture(scope="module")
def writer() -> Writer:
    settings = load(ROOT / "config.yaml")
    return Writer(Templates(ROOT / "templates"), load_rulebook(ROOT / "rules"), Handbook.load(ROOT / "rules"), settings)


def write(writer: Writer, found: InboundMail, *secrets: Secret, **parts: object) -> Reply:
    values = {
        "kind": Kind.NEW,
        "action": Action.REDIRECT,
        "decided_by": DecidedBy.RULE,
        "language": Language.NO,
        "topic": "settlement",
        "template": "redirect",
    }
    verdict = Verdict(**(values | parts))  # type: ignore[arg-type]
    return writer.write(reading(found, inspection=Inspection(secrets=secrets)), verdict, NUMBER, SIGNER)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Capture feiler", "[VSD-12345] Re: Capture feiler"),
        ("Re: SV: Fwd: Capture feiler", "[VSD-12345] Re: Capture feiler"),
        ("SV: [VSD-99999] Re: Capture feiler", "[VSD-12345] Re: Capture feiler"),
        ("", "[VSD-12345]"),
        ("Re: [VSD-12345]", "[VSD-12345]"),
        ("Regarding VSD-12345 and capture", "[VSD-12345] Re: Regarding and capture"),
    ],
)
def test_the_subject_carries_the_number_once(subject: str, expected: str):
    assert subject_for(subject, NUMBER) == expected


def test_the_reply_goes_to_the_sender_and_to_everybody_else_but_us(writer: Writer):
    found = mail(to=["integration@vipps.no", "ola@shop.example"], cc=["per@byra.example", "kari@shop.example"])
    reply = write(writer, found)
    assert [person.email for person in (*reply.to, *reply.cc)] == [
        "kari@shop.example",
        "ola@shop.example",
        "per@byra.example",
    ]


def test_a_reply_to_address_is_answered_unless_it_is_ours(writer: Writer):
    assert write(writer, mail(reply_to=["saker@shop.example"])).to == (Address("saker@shop.example"),)
    assert write(writer, mail(reply_to=["integration@vipps.no"])).to == (Address("kari@shop.example"),)


def test_a_crowd_is_not_answered_only_the_sender(writer: Writer):
    found = mail(cc=[f"person{number}@shop.example" for number in range(30)])
    assert write(writer, found).cc == ()


def test_the_thread_is_kept_with_the_tickets_constant_id_first(writer: Writer):
    found = mail(message_id="this@shop.example", references=("root@shop.example", "middle@shop.example"))
    reply = write(writer, found)
    assert reply.in_reply_to == "this@shop.example"
    assert reply.references == (
        SIGNER.ticket_id(NUMBER),
        "root@shop.example",
        "middle@shop.example",
        "this@shop.example",
    )
    assert SIGNER.number_in(reply.message_id) == NUMBER


def test_the_contact_stands_exactly_as_in_its_source(writer: Writer):
    assert "https://github.com/vippsas/vipps-developers/tree/master/settlements" in write(writer, mail()).text


def test_what_is_missing_is_asked_for_by_name_with_a_reason(writer: Writer):
    reply = write(
        writer, mail(), topic="technical", profile="api", template="request_info", missing=("msn", "order_id")
    )
    assert "Merchant Serial Number (MSN): " in reply.text
    assert "orderId eller reference: " in reply.text
    assert "Hele responsen" not in reply.text


def test_what_was_understood_is_shown_in_the_readers_words(writer: Writer):
    found = (Finding("msn", "654321", Where.SIGNATURE), Finding("environment", "production", Where.REQUEST))
    reply = write(writer, mail(), topic="technical", profile="api", template="acknowledge", fields=found)
    assert "(MSN): 654321" in reply.text
    assert "Miljø: produksjon" in reply.text


def test_other_topics_get_their_pointer_and_the_advice_to_write_separately(writer: Writer):
    flags = (Flag.MULTIPLE_TOPICS,)
    reply = write(writer, mail(), topic="technical", template="acknowledge", pointers=("settlement",), flags=flags)
    assert "tree/master/settlements" in reply.text
    assert "én e-post per sak" in reply.text


def test_a_leaked_key_is_named_but_never_shown(writer: Writer):
    secret = Secret("client_secret", "client_secret …x9==", Where.BODY)
    reply = write(writer, mail(), secret, topic="technical", template="acknowledge")
    assert "nye nøkler" in reply.text
    assert "x9==" not in reply.text


def test_a_request_for_a_call_gets_the_paragraph_that_there_is_no_phone(writer: Writer):
    assert "telefonnummer" in write(writer, mail(), flags=(Flag.PHONE_REQUEST,)).text
    assert "telefonnummer" not in write(writer, mail()).text
