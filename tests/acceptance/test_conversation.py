"""Conversations, each a script of mails over a real Dovecot and a real mail server: the ticket stays right through all of it."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.acceptance.people import AGENCY, COMPLETE, EVE, INCOMPLETE, KARI, OLA, RESPONSE, SETTLEMENT
from tests.acceptance.stage import DESK, Letter, Stage, only
from triage.cli.main import main
from triage.store import schema

pytestmark = pytest.mark.timeout(300)


def triage(folder: Path, *words: str) -> str:
    """What a command says, given by staff beside the running desk."""
    done = CliRunner().invoke(main, [*words, "-c", str(folder / "config.yaml")])
    assert done.exit_code == 0, done.output
    return done.output


def asked_for(letter: Letter, *names: str) -> bool:
    return all(name in letter.text for name in names)


# ── what is missing comes ───────────────────────────────────────────────────────────────────────────


def test_complete_on_the_first_mail(stage: Stage):
    stage.write(KARI, "Capture feiler", COMPLETE, cc=f"{AGENCY}, {DESK}")
    letter = only(stage.look())

    assert letter.recipients == ("kari@shop.example", "dev@agency.example")
    assert letter.subject.startswith("[VSD-10000] Re: Capture feiler")
    (ticket,) = stage.rows(schema.ticket)
    assert (ticket.state, ticket.owner, ticket.asked) == ("ready", "kari@shop.example", 0)
    assert stage.tray("Ready") == 1


def test_missing_then_supplied_by_a_colleague_from_another_address_with_the_number_dropped(stage: Stage):
    stage.write(KARI, "Capture feiler", INCOMPLETE, cc=AGENCY)
    first = only(stage.look())
    assert asked_for(first, "MSN")

    stage.answer(
        first, AGENCY, f"Hei, her er det: MSN 654321, testmiljøet.\n\n{RESPONSE}", subject="Sv: Capture feiler"
    )
    second = only(stage.look())

    assert set(second.recipients) == {"kari@shop.example", "dev@agency.example"}
    (ticket,) = stage.rows(schema.ticket)
    assert (ticket.state, ticket.owner, ticket.asked) == ("ready", "kari@shop.example", 1)


def test_a_colleague_of_the_same_company_who_was_shown_our_letter_may_answer_it(stage: Stage):
    stage.write(KARI, "Capture feiler", INCOMPLETE)
    stage.answer(only(stage.look()), OLA, f"MSN 654321, testmiljøet.\n\n{RESPONSE}", subject="det dere ba om")
    letter = only(stage.look())
    assert set(letter.recipients) == {"ola@shop.example", "kari@shop.example"}
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["ready"]


def test_second_incomplete(stage: Stage):
    stage.write(KARI, "Capture feiler", INCOMPLETE)
    first = only(stage.look())
    stage.answer(first, KARI, "MSN er 654321.")
    second = only(stage.look())
    assert asked_for(second, "VSD-10000")
    about = [line for line in second.text.splitlines() if "MSN" in line]
    assert [line.endswith(": 654321") for line in about] == [True]  # given by now, so not asked for again

    stage.answer(second, KARI, "Det skjer i testmiljøet, og vi har prøvd mange ganger i dag uten at det ble bedre.")
    assert stage.look() == []  # a human takes over
    (ticket,) = stage.rows(schema.ticket)
    assert (ticket.state, ticket.asked, stage.tray("Review")) == ("review", 2, 1)


# ── who may join ────────────────────────────────────────────────────────────────────────────────────


def test_stranger_with_a_number(stage: Stage):
    stage.write(KARI, "Capture feiler hos Fjellsport", INCOMPLETE, cc=OLA)
    stage.look()
    before = stage.rows(schema.ticket)

    stage.write(EVE, "Re: [VSD-10000] status?", "Hei, hva er status på denne saken?", cc="mallory@elsewhere.example")
    letter = only(stage.look())

    assert letter.recipients == ("eve@elsewhere.example", "mallory@elsewhere.example")
    assert not any(secret in letter.message.as_string() for secret in ("shop.example", "Fjellsport", "acme-7"))
    assert "VSD-10001" in letter.subject
    tickets = stage.rows(schema.ticket)
    assert tickets[:1] == before
    assert tickets[1].flags == ["unverified_sender"]


def test_merged_ticket(stage: Stage, tmp_path: Path):
    stage.write(KARI, "Capture feiler", INCOMPLETE)
    one = only(stage.look())
    stage.write(AGENCY, "Capture hos kunden vår feiler", "Samme sak som kunden vår skrev om: capture feiler.")
    other = only(stage.look())

    done = triage(tmp_path, "merge", "VSD-10001", "VSD-10000", "--who", "Berit")
    assert "VSD-10001 is part of VSD-10000" in done

    stage.answer(other, AGENCY, f"MSN 654321, testmiljøet.\n\n{RESPONSE}")
    letter = only(stage.look())
    assert "[VSD-10000]" in letter.subject
    assert set(letter.recipients) == {"dev@agency.example", "kari@shop.example"}
    assert [(each.state, each.merged_into) for each in stage.rows(schema.ticket)] == [
        ("ready", None),
        ("closed", 10_000),
    ]
    assert {(each.who, each.said) for each in stage.rows(schema.event)} == {
        ("Berit", "merged into VSD-10000"),
        ("Berit", "took in VSD-10001"),
    }
    assert one.message["Message-ID"] != other.message["Message-ID"]


@pytest.mark.parametrize("form", ["text", "html", "bare marker"])
def test_provider_that_rewrites_message_ids_and_drops_references_and_number(stage: Stage, form: str):
    stage.write(KARI, "Capture feiler", INCOMPLETE)
    first = only(stage.look())

    lost = {"In_Reply_To": "<AB12@rewritten.example>", "References": "<AB12@rewritten.example>", "subject": "Capture"}
    answer = stage.answer(first, KARI, f"MSN 654321, testmiljøet.\n\n{RESPONSE}", **lost)
    if form != "text":
        retold(stage, answer, first, whole=form == "html")
    letter = only(stage.look())

    assert "[VSD-10000]" in letter.subject
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["ready"]


def retold(stage: Stage, answer: EmailMessage, first: Letter, *, whole: bool) -> None:
    """The same answer as HTML with the letter's HTML quoted, or with nothing but the last line of it."""
    name = sorted(path.name for path in (stage.dovecot.maildir(stage.user) / "new").iterdir())[-1]
    (stage.dovecot.maildir(stage.user) / "new" / name).unlink()
    said = answer.get_content().partition("On Mon")[0]
    html = first.message.get_body(("html",))
    assert html is not None
    marker = first.text.strip().splitlines()[-1]
    quoted = html.get_content() if whole else f"<p>{marker}</p>"
    lines = said.strip().replace("\n", "<br>\n")
    answer.set_content(f"<div>{lines}</div><blockquote>{quoted}</blockquote>", subtype="html")
    stage.post(answer)


# ── threads that turn ───────────────────────────────────────────────────────────────────────────────


def test_new_problem_in_an_old_thread(stage: Stage):
    stage.write(KARI, "Capture feiler", COMPLETE)
    first = only(stage.look())

    stage.later(days=180)
    other = "Hei, et nytt spørsmål: webhooks kommer ikke for ordre shop-99, POST /webhooks/v1/webhooks gir HTTP 401."
    stage.answer(first, KARI, other, subject="Webhooks kommer ikke")
    told = only(stage.look())
    assert (told.message["X-Triage-Desk"], stage.tray("Review")) == ("desk.example", 1)
    assert asked_for(told, "én e-post per problem")

    stage.answer(first, KARI, "Og enda et annet spørsmål om webhooks: hvordan tester vi dem?", subject="Webhooks igjen")
    assert stage.look() == []  # told once
    (ticket,) = stage.rows(schema.ticket)
    assert (ticket.state, ticket.flags) == ("review", ["new_problem"])


def test_thanks(stage: Stage, tmp_path: Path):
    stage.write(KARI, "Capture feiler", COMPLETE)
    first = only(stage.look())
    stage.answer(first, KARI, "Tusen takk for hjelpen, nå virker det!")
    assert stage.look() == []
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["ready"]

    done = triage(tmp_path, "close", "--thanked", "--yes")
    assert "VSD-10000: closed" in done
    stage.answer(first, KARI, "Dessverre feiler det igjen.")
    assert stage.look() == []
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["review"]  # open again, with people


def test_out_of_office_in_the_middle(stage: Stage):
    stage.write(KARI, "Capture feiler", INCOMPLETE, cc=OLA)
    first = only(stage.look())
    before = stage.rows(schema.ticket)

    stage.answer(
        first,
        OLA,
        "Jeg er på ferie til 17. mars.",
        subject=f"Automatisk svar: {first.subject}",
        Auto_Submitted="auto-replied",
    )
    stage.answer(
        first,
        OLA,
        "Jeg er ikke på kontoret og leser ikke e-post før 17. mars.",
        subject=f"Fraværsmelding: {first.subject}",
    )
    assert stage.look() == []
    assert (stage.rows(schema.ticket), stage.tray("Silent")) == (before, 2)

    stage.answer(first, KARI, f"MSN 654321, testmiljøet.\n\n{RESPONSE}")
    assert set(only(stage.look()).recipients) == {"kari@shop.example", "ola@shop.example"}


def test_forwarded_conversation(stage: Stage):
    stage.write(KARI, "Capture feiler", INCOMPLETE, cc=OLA)
    first = only(stage.look())
    forwarded = (
        "Se svaret fra utvikleren vår under: MSN 654321, testmiljøet.\n\n---------- Forwarded message ---------\n"
        f"From: Sample Desk <{DESK}>\nDate: Mon, 2 Mar 2026 at 10:00\nSubject: {first.subject}\nTo: {KARI}\n\n{first.text}"
    )
    stage.write(OLA, f"Fwd: {first.subject}", forwarded)
    stage.look()
    assert len(stage.rows(schema.ticket)) == 1  # Ola takes part

    stage.write(EVE, f"Fwd: {first.subject}", forwarded)
    letters = stage.look()
    assert [letter.recipients for letter in letters] == [("eve@elsewhere.example",)]
    assert stage.rows(schema.ticket)[1].flags == ["unverified_sender"]


def test_leaked_keys_alert_within_the_same_run(stage: Stage):
    text = "Our partner keys were committed to a public GitHub repository last night. The keys have been exposed. What now?"
    stage.write(KARI, "Keys exposed", text)
    told = {letter.recipients: letter for letter in stage.look()}
    assert set(told) == {("kari@shop.example",), ("on-call@staff.example",)}
    assert "VSD-10000" in told[("on-call@staff.example",)].subject


def test_mail_that_came_back(stage: Stage, tmp_path: Path):
    stage.write(KARI, "Capture feiler", INCOMPLETE, cc=AGENCY)
    first = only(stage.look())
    stage.post(returned(first, "kari@shop.example"))
    assert stage.look() == []
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["waiting_for_info"]
    assert "bounced" in triage(tmp_path, "trouble", "list")

    stage.later(days=30)
    stage.answer(first, AGENCY, f"MSN 654321, testmiljøet.\n\n{RESPONSE}")
    assert only(stage.look()).recipients == ("dev@agency.example",)
    stage.later(days=31)
    stage.write(KARI, "Oppgjør mangler", SETTLEMENT)
    assert only(stage.look()).recipients == ("kari@shop.example",)


def returned(letter: Letter, address: str) -> EmailMessage:
    """What the mail server of `address` sends when it has no such user (RFC 3464)."""
    status = (
        f"Reporting-MTA: dns; mx.shop.example\n\nFinal-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.1.1\n"
    )
    raw = (
        f"From: Mail Delivery System <MAILER-DAEMON@mx.shop.example>\nTo: {DESK}\nSubject: Undelivered Mail\n"
        'Message-ID: <back@mx.shop.example>\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\nNo such user here.\n--b\nContent-Type: message/delivery-status\n\n{status}\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {letter.message['Message-ID']}\nSubject: x\n\n--b--\n"
    )
    return message_from_bytes(raw.encode(), policy=policy.SMTP)


# ── the subject in all its shapes ───────────────────────────────────────────────────────────────────

SHAPES = [
    "Re: [VSD-10000] Capture feiler",
    "SV: VSD-10000 Capture",
    "Sv: Re: vsd 10000",
    "VS: (VSD-10000)",
    "Vs: [vsd-10000]",
    "Ang: [VSD-10000]",
    "AW: WG: [VSD-10000] Capture",
    "VL: VSD-10000",
    "Fwd: [VSD-10000]",
    "=?utf-8?B?U1Y6IFtWU0QtMTAwMDBdIGbDuGxlcg==?=",
    "=?iso-8859-1?Q?SV=3A_=5BVSD-10?= =?iso-8859-1?Q?000=5D_f=F8ler?=",
    "Re:\r\n [VSD-10000]\r\n Capture feiler og en lang rest som brytes over flere linjer",
]


def test_the_number_in_a_subject_threads_in_all_its_shapes_and_what_is_not_ours_does_not(stage: Stage):
    stage.write(KARI, "Capture feiler", COMPLETE)
    stage.look()
    for number, subject in enumerate(SHAPES):
        raw = (
            f"From: {KARI}\r\nTo: {DESK}\r\nSubject: {subject}\r\nMessage-ID: <shape{number}@shop.example>\r\n"
            f"\r\nMer om dette, del {'abcdefghijklmn'[number]}.\r\n"
        )
        stage.dovecot.deliver(stage.user, raw.encode())
    stage.look()
    assert {(row.ticket, row.kind) for row in stage.rows(schema.mail)[1:]} == {(10_000, "followup")}

    stage.write(KARI, "Re: AVSD-10000 og VSD-1000000000", "Dette er en annen sak.")
    stage.look()
    assert len(stage.rows(schema.ticket)) == 2
