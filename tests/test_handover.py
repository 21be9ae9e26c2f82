"""A complete or reviewed ticket goes to another team with everything found, and two helpdesks never talk to each other."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.office import Office
from triage.config import Handover, HandoverWhen
from triage.desk import run_once
from triage.domain import TicketNumber, Tray
from triage.handover import case_of
from triage.store import queries, schema

TEAM = "team@helpdesk.example"
RESPONSE = '{"errorGroup":"Payments","errorCode":"61","errorMessage":"Captured amount exceeds the reserved amount"}'
CALL = "POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400 siden mandag."
COMPLETE = f"{CALL} MSN 654321, i produksjon.\n{RESPONSE}"
KEY = "SAMPLEa1b2c3d4e5f6a7b8c9d0SAMPLE=="


@pytest.fixture
def desk(office: Office) -> Office:
    """A desk that hands complete technical tickets over."""
    rules = (Handover(to=TEAM, when=HandoverWhen(topics=("technical",))), Handover(to="by-hand@helpdesk.example"))
    mind = office.desk.mind
    settings = mind.settings.model_copy(update={"handover": rules})
    return replace(office, desk=replace(office.desk, mind=replace(mind, settings=settings)))


def letters(office: Office) -> list[EmailMessage]:
    found = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in (office.folder / "out").glob("*"))
    return [message for message in found if message["X-Triage-Handover"]]


def attached(letter: EmailMessage) -> list[EmailMessage]:
    return [part.get_content() for part in letter.iter_attachments() if part.get_content_type() == "message/rfc822"]


def test_a_complete_ticket_goes_over_once_with_the_original_and_what_was_found(desk: Office):
    desk.receive(COMPLETE, subject="Capture feiler på æøå")
    run_once(desk.desk)
    desk.receive("Det gjelder fortsatt.", subject="Re: [VSD-10000]")
    run_once(desk.desk)
    (letter,) = letters(desk)
    assert (letter["To"], letter["Reply-To"], letter["X-Triage-Handover"]) == (
        TEAM,
        "integration@vipps.no",
        "VSD-10000",
    )
    assert (letter["Auto-Submitted"], letter["X-Loop"]) == (None, "integration@vipps.no")
    text = letter.get_body(("plain",)).get_content()
    assert all(word in text for word in ("VSD-10000", "kari@shop.example", "654321", "acme-7"))
    (original,) = attached(letter)
    words = original.get_content().replace("\r\n", "\n")
    assert (original["Message-ID"], COMPLETE in words) == ("<1@shop.example>", True)
    (row,) = desk.rows(schema.ticket)
    assert row.handed_over_at is not None
    assert [event.said for event in desk.rows(schema.event)] == [f"handed over to {TEAM}"]
    with desk.desk.store.connection() as db:
        assert len(queries.handled(db)) == 2  # the letter is no second answer


def test_what_is_not_complete_stays_until_its_thread_completes_it(desk: Office):
    desk.receive(CALL, subject="Capture feiler")
    run_once(desk.desk)
    assert letters(desk) == []
    desk.receive(f"MSN 654321, i produksjon.\n{RESPONSE}", subject="Re: [VSD-10000]")
    run_once(desk.desk)
    (letter,) = letters(desk)
    first, second = attached(letter)
    assert (CALL in first.get_content(), RESPONSE in second.get_content()) == (True, True)


def test_no_key_goes_along(desk: Office):
    desk.receive(f"{COMPLETE}\nclient_secret: {KEY}\nkort 4111 1111 1111 1111", subject="Capture feiler")
    run_once(desk.desk)
    (letter,) = letters(desk)
    assert KEY.encode() not in letter.as_bytes()
    assert b"4111 1111" not in letter.as_bytes()
    (copy,) = attached(letter)
    assert "HTTP 400" in copy.get_content()
    assert "masked" in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize("oddity", ["x" * 3_000, "a\0b"])
def test_an_original_that_cannot_travel_as_it_is_travels_encoded_byte_for_byte(desk: Office, oddity: str):
    desk.receive(f"{COMPLETE}\n{oddity}", subject="Capture feiler")
    run_once(desk.desk)
    (letter,) = letters(desk)
    (file,) = letter.iter_attachments()
    assert (file.get_content_type(), oddity.encode() in file.get_content()) == ("application/octet-stream", True)


def test_by_hand_a_ticket_goes_over_with_masked_copies_as_often_as_somebody_wants(desk: Office):
    desk.receive(CALL, subject="Capture feiler")
    run_once(desk.desk)
    for _ in range(2):
        with desk.desk.store.ledger() as ledger:
            case = case_of(ledger, TicketNumber(10_000), desk.desk.mind.handbook)
            desk.desk.handovers.pass_on(ledger, case, ["by-hand@helpdesk.example"], "staff")
    run_once(desk.desk)
    first, _ = letters(desk)
    assert "MSN" in first.get_body(("plain",)).get_content()  # not given
    assert CALL in attached(first)[0].get_content()
    assert [event.who for event in desk.rows(schema.event)] == ["staff", "staff"]


def test_a_ticket_that_never_was_cannot_be_handed_over(desk: Office):
    with desk.desk.store.ledger() as ledger:
        assert case_of(ledger, TicketNumber(9), desk.desk.mind.handbook) is None


@pytest.mark.parametrize("threads_by", ["number", "id", "nothing"])
def test_a_helpdesk_that_answers_every_letter_gets_one_and_no_more(desk: Office, threads_by: str):
    """Its acknowledgements look as if people wrote them: no mark of a machine at all."""
    desk.receive(COMPLETE, subject="Capture feiler")
    run_once(desk.desk)
    for turn in range(10):
        heard = [letter for letter in letters(desk) if letter["To"] == TEAM]
        told = {"subject": f"We look at it ({turn})"}
        told |= {"subject": f"RE: {heard[0]['Subject']}"} if threads_by == "number" else {}
        told |= {"In_Reply_To": heard[0]["Message-ID"]} if threads_by == "id" else {}
        sender = "agent@tracker.example" if threads_by == "id" else TEAM
        desk.receive(f"Thank you for case HD-{turn}. What is your environment?", sender=sender, **told)
        run_once(desk.desk)
    assert (len(letters(desk)), len(desk.replies())) == (1, 2)
    assert desk.tray(Tray.REVIEW) == 10
    assert desk.rows(schema.ticket)[0].state == "ready"
    assert {row.email for row in desk.rows(schema.participant) if row.ticket == 10_000} == {"kari@shop.example"}


def test_a_helpdesk_that_sends_our_letter_back_is_heard_by_nobody(desk: Office):
    desk.receive(COMPLETE, subject="Capture feiler")
    run_once(desk.desk)
    (letter,) = letters(desk)
    for _ in range(5):
        del letter["Message-ID"], letter["From"], letter["X-Triage-Desk"]
        letter["From"], letter["Message-ID"] = TEAM, f"<{desk.count}@helpdesk.example>"
        desk.drop(letter.as_bytes())
        run_once(desk.desk)
    assert (len(letters(desk)), desk.tray(Tray.SILENT)) == (1, 5)
