"""The life of one mail, with everything real but the network: a Maildir, SQLite, the shipped rules, replies as files."""

from __future__ import annotations

import time
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from tests.office import TRAYS, Office
from triage import desk as desks
from triage.desk import run_once
from triage.domain import Tray
from triage.store import schema
from triage.transport.accounts import MaildirAccount
from triage.transport.maildir import MaildirMailbox

SETTLEMENT = "Hei, pengene for forrige uke er ikke på konto ennå. Når kommer utbetalingen?"
TECHNICAL = "POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400 siden mandag."


def test_a_mail_about_something_else_is_pointed_to_the_door_of_seed_000(office: Office):
    office.receive(SETTLEMENT, subject="Oppgjør mangler", Cc="ola@shop.example, integration@vipps.no")
    tally = run_once(office.desk)
    assert (tally["redirect"], tally["sent"], office.tray(Tray.ANSWERED), office.waiting()) == (1, 1, 1, 0)
    (reply,) = office.replies()
    message = message_from_bytes(reply.encode(), policy=policy.default)
    assert (message["To"], message["Cc"]) == ("kari@shop.example", "ola@shop.example")
    assert message["Subject"] == "[VSD-10000] Re: Oppgjør mangler"
    assert (message["In-Reply-To"], message["Auto-Submitted"]) == ("<1@shop.example>", "auto-replied")
    text = message.get_body(("plain",)).get_content()
    assert "https://github.com/vippsas/vipps-developers/tree/master/settlements" in text


def test_a_technical_mail_is_asked_for_what_it_lacks_and_completed_by_its_answer(office: Office):
    office.receive(TECHNICAL, subject="Capture feiler")
    run_once(office.desk)
    (row,) = office.rows(schema.ticket)
    assert (row.state, row.asked, row.topic) == ("waiting_for_info", 1, "technical")
    (first,) = office.replies()
    own = message_from_bytes(first.encode())["Message-ID"]
    office.receive("Her er MSN: 654321", subject="noe annet", In_Reply_To=own)
    assert run_once(office.desk)["attach"] == 1
    (row,) = office.rows(schema.ticket)
    assert (row.state, row.asked, row.completed_at is not None) == ("ready", 1, True)
    assert len(office.replies()) == 2


def test_machine_mail_is_kept_in_silence(office: Office):
    office.receive("Jeg er på ferie.", subject="Automatisk svar: ferie", Auto_Submitted="auto-replied")
    tally = run_once(office.desk)
    assert (tally["none"], office.tray(Tray.SILENT), office.replies()) == (1, 1, [])
    assert office.rows(schema.ticket) == []


def test_looking_again_changes_nothing(office: Office):
    office.receive(SETTLEMENT)
    run_once(office.desk)
    before = [office.rows(table) for table in schema.metadata.sorted_tables]
    assert run_once(office.desk) == {}
    assert [office.rows(table) for table in schema.metadata.sorted_tables] == before


def test_the_same_mail_delivered_twice_is_one_ticket_and_one_reply(office: Office):
    raw = f"From: kari@shop.example\nMessage-ID: <same@shop.example>\nSubject: Oppgjør\n\n{SETTLEMENT}\n".encode()
    office.drop(b"Received: from a\n" + raw)
    office.drop(b"Received: from b\nDelivered-To: x@y.example\n" + raw)
    tally = run_once(office.desk)
    assert (tally["repeat"], len(office.rows(schema.ticket)), len(office.replies())) == (1, 1, 1)
    assert office.tray(Tray.ANSWERED) == 2


def test_one_id_with_other_words_is_another_mail(office: Office):
    office.receive(SETTLEMENT, subject="Oppgjør mangler", Message_ID="<reused@shop.example>")
    office.receive("Vi ønsker å bytte administrator.", subject="Ny admin", Message_ID="<reused@shop.example>")
    run_once(office.desk)
    assert len(office.rows(schema.mail)) == 2


def test_mail_that_was_read_before_the_desk_came_stays_in_the_inbox_and_later_mail_never_does(office: Office):
    office.receive(SETTLEMENT)
    read_by_people(office)
    assert sum(run_once(office.desk).values()) == 0
    office.receive(f"{SETTLEMENT} again", sender="per@shop.example")
    read_by_people(office)
    tally = run_once(reopened(office))
    assert (tally["redirect"], tally["sent"]) == (1, 1)
    assert (office.waiting(), len(list((office.folder / "mail" / "cur").iterdir()))) == (0, 1)


def read_by_people(office: Office) -> None:
    """Somebody opens all new mail in a mail program."""
    for path in list((office.folder / "mail" / "new").iterdir()):
        path.rename(office.folder / "mail" / "cur" / f"{path.name}:2,S")
    time.sleep(0.2)  # a Maildir's clock is coarse


def reopened(office: Office) -> desks.Desk:
    """The desk after a restart, as far as its mailboxes are concerned."""
    account = MaildirAccount(office.desk.mailboxes[0].name, office.folder / "mail", TRAYS)
    return replace(office.desk, mailboxes=(MaildirMailbox(account),))


def test_the_same_words_from_fifty_addresses_are_answered_twice_at_most(office: Office):
    for number in range(50):
        office.receive(SETTLEMENT, sender=f"crm+{number}@robot{number}.example")
    run_once(office.desk)
    assert len(office.replies()) == 2
    assert office.tray(Tray.REVIEW) == 48


def test_numbers_in_the_words_do_not_make_them_others(office: Office):
    for number in range(6):
        office.receive(
            f"{SETTLEMENT} Sak {number}", subject=f"Oppgjør {number}", sender=f"robot{number}@crm{number}.example"
        )
    run_once(office.desk)
    assert len(office.replies()) == 2


def test_a_person_in_copy_is_not_flooded_through_many_senders(office: Office):
    for number in range(25):
        words = f"{SETTLEMENT} {chr(97 + number)}"
        office.receive(words, sender=f"x@shop{number}.example", Cc="victim@elsewhere.example")
    run_once(office.desk)
    copied = [reply for reply in office.replies() if "victim@elsewhere.example" in reply]
    assert (len(office.replies()), len(copied)) == (25, 20)


def test_one_address_gets_no_more_replies_than_its_limit(office: Office):
    for number in range(25):
        office.receive(f"{SETTLEMENT} {chr(97 + number)}", subject="Oppgjør")
    run_once(office.desk)
    assert len(office.replies()) == 20


def test_a_strangers_number_opens_a_ticket_of_its_own(office: Office):
    office.receive(SETTLEMENT)
    run_once(office.desk)
    office.receive("Hva er status?", subject="Re: [VSD-10000]", sender="eve@elsewhere.example")
    run_once(office.desk)
    one, two = office.rows(schema.ticket)
    assert (one.owner, two.owner, two.flags) == ("kari@shop.example", "eve@elsewhere.example", ["unverified_sender"])
    assert "kari@shop.example" not in office.replies()[-1]


@pytest.mark.parametrize("header", ["Cc", "Reply_To"])
def test_a_forged_sender_brings_no_stranger_into_a_ticket(office: Office, header: str):
    office.receive(TECHNICAL + " MSN 654321", subject="Capture feiler")
    run_once(office.desk)
    office.receive("Og response?", subject="Re: [VSD-10000]", **{header: "evil@elsewhere.example"})
    run_once(office.desk)
    assert all("evil@elsewhere.example" not in reply for reply in office.replies())
    assert {row.email for row in office.rows(schema.participant)} == {"kari@shop.example"}


def test_a_colleague_in_copy_of_a_follow_up_takes_part_from_then_on(office: Office):
    shared = replace(office.desk, public_domains=frozenset({"gmail.example"}))
    office.receive(TECHNICAL, subject="Capture feiler")
    run_once(shared)
    own = message_from_bytes(office.replies()[0].encode())["Message-ID"]
    office.receive("MSN 654321", In_Reply_To=own, Cc="ola@shop.example, eve@elsewhere.example")
    run_once(shared)
    assert {row.email for row in office.rows(schema.participant)} == {"kari@shop.example", "ola@shop.example"}
    assert message_from_bytes(office.replies()[1].encode())["Cc"] == "ola@shop.example"


@pytest.mark.parametrize("bad", ["a@b@shop.example", "ola@[10.0.0.1]", "x@-shop.example", "noreply@shop.example"])
def test_an_address_that_cannot_be_answered_is_left_out_and_the_sender_answered(office: Office, bad: str):
    office.receive(SETTLEMENT, Cc=f"{bad}, integration+x@vipps.no")
    run_once(office.desk)
    (reply,) = office.replies()
    assert message_from_bytes(reply.encode())["Cc"] is None


def test_a_sender_who_cannot_be_written_to_gets_a_ticket_and_a_human(office: Office):
    office.receive(SETTLEMENT, sender="kari@-shop.example")
    run_once(office.desk)
    assert (office.replies(), office.tray(Tray.REVIEW), len(office.rows(schema.ticket))) == ([], 1, 1)


def test_a_complete_mail_rests_where_the_team_finds_its_work(office: Office):
    response = '{"errorGroup":"Payments","errorCode":"61","errorMessage":"Captured amount exceeds the reserved amount"}'
    office.receive(f"{TECHNICAL} MSN 654321, i produksjon.\n{response}", subject="Capture feiler")
    assert run_once(office.desk)["acknowledge"] == 1
    office.receive("Det gjelder fortsatt.", subject="Re: [VSD-10000] Capture feiler")
    run_once(office.desk)
    assert office.tray(Tray.READY) == 2


def test_an_answer_to_a_human_question_rests_with_the_humans(office: Office):
    office.receive(
        "Vi krever innsyn i alle personopplysninger dere har om oss, jf. GDPR artikkel 15.", subject="Innsyn"
    )
    run_once(office.desk)
    office.receive("Her er kopi av legitimasjon.", subject="Re: [VSD-10000] Innsyn")
    run_once(office.desk)
    assert office.tray(Tray.REVIEW) == 2


def test_nothing_secret_is_written_anywhere(office: Office):
    key = "SAMPLEa1b2c3d4e5f6a7b8c9d0SAMPLE=="
    office.receive(f"{TECHNICAL}\nclient_secret: {key}\nkort 4111 1111 1111 1111")
    run_once(office.desk)
    everything = (office.folder / "desk.sqlite").read_bytes() + "".join(office.replies()).encode()
    for path in office.folder.glob("desk.sqlite-*"):
        everything += path.read_bytes()
    assert key.encode() not in everything
    assert b"4111 1111 1111 1111" not in everything
