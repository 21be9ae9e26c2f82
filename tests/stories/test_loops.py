"""Machines that answer machines (docs/failure-stories.md, F1 to F16): what the desk may say to them is counted here."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_string
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from tests.mail.guard_cases import cases
from tests.office import Office
from tests.stories.stage import OURS, SETTLEMENT, TECHNICAL, Stage, alike, letter
from triage import desk
from triage.desk import run_once
from triage.domain import Tray
from triage.store import schema
from triage.store.letters import Letter

BOUNCE = """\
Return-Path: <>
From: Mail Delivery System <{daemon}>
To: {ours}
Subject: Undelivered Mail Returned to Sender
Message-ID: {own_id}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered to {failed}.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.shop.example

Final-Recipient: rfc822; {failed}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b
Content-Type: text/rfc822-headers

From: {ours}
To: {failed}
Subject: {subject}
Message-ID: {message_id}

--b--
"""


def bounce_of(mail: EmailMessage, daemon: str = "MAILER-DAEMON@mx.shop.example") -> bytes:
    """What a mail server sends back when nobody has the address."""
    text = BOUNCE.format(
        daemon=daemon,
        ours=OURS,
        own_id=make_msgid(domain="mx.shop.example"),
        failed=mail["To"],
        subject=mail["Subject"],
        message_id=mail["Message-ID"],
    )
    return text.replace("\n", "\r\n").encode()


Responder = Callable[[EmailMessage], bytes]


def ping_pong(stage: Stage, responder: Responder, rounds: int = 12) -> int:
    """Let a responder answer every mail of ours, five minutes later, until there is nothing left to answer."""
    answered = 0
    for _ in range(rounds):
        new = stage.sent()[answered:]
        answered += len(new)
        for mail in new:
            stage.arrives(responder(mail))
        stage.passes(minutes=5)
        stage.works()
    return len(stage.sent())


# ── bounces ─────────────────────────────────────────────────────────────────────────────────────────


def test_f01_a_bounce_of_our_answer_causes_no_further_mail(stage: Stage):
    stage.arrives(letter(TECHNICAL))
    stage.works()
    assert ping_pong(stage, bounce_of) == 1
    assert (len(stage.tickets()), len(stage.folder(Tray.SILENT))) == (1, 1)
    assert [row.kind for row in stage.rows(schema.outbox)] == ["reply"]


def test_f11_a_bounce_stands_with_its_ticket_and_its_address_is_left_alone(stage: Stage):
    answer = stage.asked(letter(TECHNICAL))
    stage.arrives(bounce_of(answer))
    stage.works()
    (ticket,) = stage.tickets()
    assert {row.ticket for row in stage.rows(schema.mail)} == {ticket.number}
    assert [row.email for row in stage.rows(schema.bounced)] == ["kari@shop.example"]
    stage.arrives(letter(SETTLEMENT))
    stage.works()
    assert (len(stage.sent()), len(stage.folder(Tray.REVIEW))) == (1, 1)


@pytest.mark.parametrize(
    "daemon", ["MAILER-DAEMON@mx.shop.example", "mailer-daemon", "<>", "postmaster@mx.shop.example"]
)
def test_f06_a_daemon_that_says_nothing_of_itself_is_not_answered(office: Office, daemon: str):
    office.receive(TECHNICAL, sender=daemon, subject="Hjelp")
    run_once(office.desk)
    assert (office.replies(), office.tray(Tray.SILENT)) == ([], 1)


# ── every way out ───────────────────────────────────────────────────────────────────────────────────


def machine_mail() -> Iterator[bytes]:
    """Every mail of the guard's cases that must stay unanswered; what is ours there is ours here."""
    for case in cases():
        if case.code:
            yield case.raw.replace(b"integration@desk.example", OURS.encode()).replace(
                b"@id.desk.example", b"@vipps.no"
            )


def test_f02_no_machine_mail_gets_an_answer_by_any_path(office: Office):
    """By itself, or with the number and the reference of a ticket that waits for an answer: F5, F6 and F8 too."""
    office.receive(TECHNICAL, subject="Capture feiler")
    run_once(office.desk)
    own = message_from_string(office.replies()[0])["Message-ID"].encode()
    for raw in machine_mail():
        office.drop(raw)
        office.drop(re.sub(rb"(?m)^Subject: (.*)$", rb"Subject: \1 [VSD-10000] Re: Capture feiler", raw, count=1))
        office.drop(b"In-Reply-To: " + own + b"\n" + raw)
    before = office.rows(schema.ticket)
    run_once(office.desk)
    assert [row.kind for row in office.rows(schema.outbox)] == ["reply"]
    assert (len(office.replies()), office.rows(schema.ticket), office.waiting()) == (1, before, 0)


def test_f02_replies_are_queued_behind_the_guard_or_on_a_persons_order_and_one_file_knows_smtp():
    """Whatever leaves is a reply, which desk.py queues after the guard has spoken (or `triage correct` for a ticket, which
    no machine can open), or a letter to people of ours."""
    root = Path(desk.__file__).parent
    texts = {str(path.relative_to(root)): path.read_text("utf-8") for path in root.rglob("*.py")}

    def having(pattern: str) -> set[str]:
        return {name for name, text in texts.items() if re.search(pattern, text)}

    assert having(r"\bledger\.queue\(") == {"desk.py", "tuning/correcting.py"}
    assert having(r"\bsmtplib\b") == {"transport/smtp.py"}
    assert having(r"insert\((?:\w+, )?(?:s\.|schema\.)?outbox\)") == {"store/ledger.py", "store/letters.py"}
    assert "reply" not in get_args(get_type_hints(Letter)["kind"])


# ── responders ──────────────────────────────────────────────────────────────────────────────────────


def test_f03_twenty_absence_notes_make_no_ticket_and_no_reply(stage: Stage):
    for number in range(20):
        stage.arrives(
            letter(
                f"Jeg er på ferie til {number + 1}. august. Ved hast, ring sentralbordet.",
                subject="Automatisk svar: Fraværende",
                sender=f"per{number}@shop.example",
            )
        )
    stage.works()
    assert (stage.tickets(), stage.sent(), len(stage.folder(Tray.SILENT))) == ([], [], 20)


def robot(words: str, **headers: str) -> bytes:
    """A mail of a machine: each under an id of its own."""
    return letter(words, Message_ID=make_msgid(domain="shop.example"), **headers)


def vacation(mail: EmailMessage) -> bytes:
    """As RFC 3834 wants it."""
    return robot("I am away.", Auto_Submitted="auto-replied", In_Reply_To=mail["Message-ID"])


def absent(mail: EmailMessage) -> bytes:
    """No header tells it, the words do."""
    return robot("I am out of the office until Monday.", subject=f"Out of office: {mail['Subject']}")


def helpdesk(mail: EmailMessage) -> bytes:
    """Another helpdesk, which opens a ticket of its own for every mail of ours and drops our references."""
    number = int(hashlib.sha256(mail["Message-ID"].encode()).hexdigest()[:6], 16)
    words = f"Your request has been received and assigned ticket #{number}. An agent will get back to you."
    return robot(words, subject=f"[Ticket#{number}] We have received your request", sender="support@shop.example")


def parrot(mail: EmailMessage) -> bytes:
    """Nothing at all shows that this is a machine, and it takes up no thread."""
    return robot("Takk for meldingen! Den er viktig for oss.", subject="Melding", sender="post@shop.example")


@pytest.mark.parametrize("responder", [vacation, absent, helpdesk, parrot])
def test_f04_a_responder_that_answers_each_of_our_mails_gets_two_at_most(stage: Stage, responder: Responder):
    """F12: another helpdesk that drops our references is one of them."""
    stage.arrives(letter(TECHNICAL))
    stage.works()
    assert ping_pong(stage, responder) <= (3 if responder is parrot else 1)  # the person's own mail was answered too
    assert stage.folder() == []


def test_f07_a_machine_that_changes_its_address_each_time_is_stopped(stage: Stage):
    for number in range(50):
        stage.arrives(letter(SETTLEMENT, sender=f"crm+{number:02}{alike(number)}@robot.example"))
    stage.works()
    assert len(stage.sent()) <= 2
    assert len(stage.sent()) + len(stage.folder(Tray.REVIEW)) == 50


# ── our own mail ────────────────────────────────────────────────────────────────────────────────────


def test_f09_an_answer_from_our_own_address_is_never_a_request(stage: Stage):
    for sender in (OURS, OURS.upper(), OURS.replace("@", "+auto@"), f"Support <{OURS}>"):
        stage.arrives(letter("Takk for henvendelsen, vi ser på saken.", sender=sender))
    stage.works()
    assert (stage.tickets(), stage.sent(), len(stage.folder(Tray.SILENT))) == ([], [], 4)


def test_f10_our_own_mail_that_comes_back_opens_no_ticket(stage: Stage):
    stage.asked(letter(TECHNICAL))
    raw = stage.sink.received[0].raw
    _, head, body = raw.partition(b"From: ")
    stage.arrives(b"Received: from a.example by b.example; Fri, 20 Nov 2026 10:00:00 +0000\r\n" + raw)
    stage.arrives(b"Subject: forwarded by a rule\r\n" + _ + b"From: rule@shop.example\r\nResent-" + head + body)
    stage.works()
    assert (len(stage.tickets()), len(stage.sent()), len(stage.folder(Tray.SILENT))) == (1, 1, 2)


# ── tickets and silence ─────────────────────────────────────────────────────────────────────────────


def test_f13_machine_mail_leaves_a_closed_ticket_closed(stage: Stage):
    answer = stage.asked(letter(TECHNICAL))
    stage.sql("UPDATE ticket SET state = 'closed'")
    before = stage.tickets()
    for note in (vacation(answer), absent(answer), bounce_of(answer)):
        stage.arrives(note)
    stage.works()
    assert (stage.tickets(), len(stage.sent()), stage.folder()) == (before, 1, [])


def test_f16_a_forwarded_mail_of_a_person_is_answered_and_each_silence_has_its_reason(stage: Stage):
    forwarded = f"Kan dere svare på denne?\n\n---------- Forwarded message ---------\nFrom: Ola <ola@elsewhere.example>\nDate: Fri, 20 Nov 2026 10:00\nSubject: Oppgjør\nTo: kari@shop.example\n\n{SETTLEMENT}\n"
    stage.arrives(
        letter(forwarded, subject="Fwd: Oppgjør", X_Forwarded_To=OURS, X_Forwarded_For=f"kari@shop.example {OURS}")
    )
    stage.arrives(letter("Borte.", sender="per@shop.example", Auto_Submitted="auto-replied"))
    stage.works()
    assert [mail["To"] for mail in stage.sent()] == ["kari@shop.example"]
    reasons = Counter(row.silence for row in stage.rows(schema.mail))
    assert reasons == Counter([None, "auto_submitted"])
