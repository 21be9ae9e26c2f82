"""Conversations, each a script of mails over a real Dovecot and a real mail server: the ticket stays right through all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner
from servers.certificates import Certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.smtp_sink import SmtpSink

from tests.acceptance.desk_process import CONFIG, ROOT
from tests.acceptance.stage import DESK, Letter, Stage, only, with_settings
from triage import mind
from triage.cli import wiring
from triage.cli.main import main
from triage.config import Handover, HandoverWhen, Settings, load
from triage.store import schema

pytestmark = pytest.mark.timeout(300)

KARI, OLA, AGENCY = "Kari <kari@shop.example>", "Ola <ola@shop.example>", "Dev <dev@agency.example>"
EVE = "Eve <eve@elsewhere.example>"

CALL = "POST https://apitest.vipps.no/ecomm/v2/payments/acme-7/capture feiler hver gang siden mandag."
RESPONSE = (
    'HTTP 400\n{"errorGroup":"Payments","errorCode":"61","errorMessage":"Captured amount exceeds the reserved amount"}'
)
COMPLETE = f"Hei,\n\n{CALL}\nVi er i testmiljøet, MSN 654321.\n\n{RESPONSE}\n"
INCOMPLETE = f"Hei,\n\n{CALL} Kan dere hjelpe oss?\n"
SETTLEMENT = "Hei, pengene for forrige uke er ikke på konto ennå. Når kommer utbetalingen?"


@pytest.fixture(scope="module")
def thinking(tmp_path_factory: pytest.TempPathFactory) -> mind.Mind:
    """Rules, model and templates, read once for all scripts."""
    return mind.load(settings_in(tmp_path_factory.mktemp("mind"), ca_file="ca.pem", user="desk"))


def settings_in(folder: Path, *, ca_file: object, user: str, imap_port: int = 993, smtp_port: int = 25) -> Settings:
    text = CONFIG.format(
        imap_port=imap_port,
        tls="ssl",
        ca_file=ca_file,
        user=user,
        smtp_port=smtp_port,
        database=f"sqlite:///{folder}/desk.sqlite",
        state=ROOT / "var",
        root=ROOT,
    )
    extra = (
        "public_domains: [gmail.example]\nalerts: {to: [on-call@staff.example]}\nthreads: {key: {env: SAMPLE_KEY}}\n"
    )
    (folder / "config.yaml").write_text(text + extra, encoding="utf-8")
    return load(folder / "config.yaml")


@pytest.fixture
def stage(
    dovecot: Dovecot,
    certificates: Certificates,
    smtp_sink: SmtpSink,
    tmp_path: Path,
    thinking: mind.Mind,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    monkeypatch.setenv("SAMPLE_PW", PASSWORD)
    monkeypatch.setenv("SAMPLE_KEY", "SAMPLE signing key")
    user = dovecot.new_user()
    settings = settings_in(
        tmp_path, ca_file=certificates.authority, user=user, imap_port=dovecot.tls_port, smtp_port=smtp_sink.port
    )
    monkeypatch.setattr(mind, "load", lambda *_: replace(thinking, settings=settings))
    desk = wiring.desk_for(settings)
    yield Stage(desk, dovecot, user, smtp_sink)
    for each in (*desk.mailboxes, *desk.routes.senders.values()):
        each.close()
    desk.store.close()


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


# ── machines and crowds ─────────────────────────────────────────────────────────────────────────────


def acknowledgement(turn: int, heard: Letter) -> dict[str, dict[str, str]]:
    """Answers of machines, from the polite to those that hide: each tells of the letter it answers."""
    return {
        "polite": {"subject": f"Auto: {heard.subject}", "text": "We got your mail.", "Auto_Submitted": "auto-replied"},
        "unmarked": {
            "subject": f"Re: {heard.subject}",
            "text": "Thank you for contacting us. Your request has been received.",
        },
        "new ticket each time": {
            "subject": f"[HD-{turn}] Case opened",
            "text": f"Case HD-{turn} is opened. Our team works on it.",
        },
        "varying": {"subject": f"Capture feiler {turn}", "text": f"{CALL} {'abcdefghij'[turn % 10] * (turn + 1)}"},
        "varying address": {"sender": f"crm+{turn}@company.example", "subject": "Oppgjør", "text": SETTLEMENT},
    }


KINDS = ["polite", "unmarked", "new ticket each time", "varying address"]
ROBOTS = [(kind, threads) for kind in KINDS for threads in (True, False)]


# One that hides every sign of a machine, of the thread and of its own words is held by the limit per address alone.
@pytest.mark.parametrize(("kind", "threads"), [*ROBOTS, ("varying", True)])
def test_two_auto_responders_left_alone_for_a_day_exchange_two_mails_at_most(stage: Stage, kind: str, threads: bool):
    """The other answers every letter within five minutes, and opens the conversation."""
    stage.write("post@company.example", "Oppgjør mangler", SETTLEMENT)
    heard, sent, turn = [only(stage.look())], 0, 0
    while turn < 288 and heard:
        sent += len(heard)
        for letter in heard:
            told = acknowledgement(turn, letter)[kind]
            own = str(letter.message["Message-ID"])
            ids = {"In_Reply_To": own, "References": own} if threads else {}
            words = {"sender": "post@company.example"} | told | ids
            stage.write(words.pop("sender"), words.pop("subject"), words.pop("text"), **words)
        turn += 1
        stage.later(minutes=5)
        heard = stage.look()
    assert 1 <= sent <= 2


@pytest.mark.parametrize("echo", ["answers", "sends back"])
def test_a_helpdesk_that_echoes_every_letter_hears_one_and_no_more(stage: Stage, echo: str):
    """It answers as people do, without any mark of a machine, or sends our letter back as it is."""
    team = "team@helpdesk.example"
    rule = Handover(to=team, when=HandoverWhen(topics=("technical",)))
    stage = with_settings(stage, handover=(rule,))
    stage.write(KARI, "Capture feiler", COMPLETE)
    letters, heard = stage.look(), 0
    for turn in range(20):
        to_team = [letter for letter in letters if letter.recipients == (team,)]
        heard += len(to_team)
        for letter in to_team:
            if echo == "answers":
                stage.answer(letter, team, f"Thanks, this is case HD-{turn} with us. What did you try?")
            else:
                stage.post(sent_back(letter, team))
        stage.later(minutes=10)
        letters = stage.look()
    assert heard == 1
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["ready"]


def sent_back(letter: Letter, sender: str) -> EmailMessage:
    message = message_from_bytes(letter.message.as_bytes(), policy=policy.SMTP)
    del message["From"], message["Message-ID"], message["X-Triage-Desk"]
    message["From"], message["Message-ID"] = sender, "<back@helpdesk.example>"
    return message


def test_fifty_mails_with_fifty_addresses_and_one_body(stage: Stage):
    for number in range(50):
        stage.write(f"crm-{number}@robot{number}.example", f"Oppgjør {number}", SETTLEMENT)
    assert len(stage.look()) <= 2
    assert (len(stage.rows(schema.ticket)), stage.tray("Review")) == (50, 48)


def test_thirty_people_in_copy(stage: Stage):
    crowd = ", ".join(f"person{number}@shop.example" for number in range(30))
    stage.write(KARI, "Capture feiler", INCOMPLETE, cc=crowd)
    letter = only(stage.look())
    assert letter.recipients == ("kari@shop.example",)
    assert letter.message["Cc"] is None


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
