"""What stops the desk's own sending: mail that came back, a storm of replies, senders who are not who they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_string

import pytest

from tests.office import Office, alerts, with_staff
from triage.config import ReplyLimit
from triage.desk import run_once
from triage.domain import Tray
from triage.store import bounced, outbox, schema

SETTLEMENT = "Hei, pengene for forrige uke er ikke på konto ennå. Når kommer utbetalingen?"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def letters(number: int) -> str:
    """Words that differ; numbers alone do not."""
    return chr(97 + number // 26) + chr(97 + number % 26)


# ── mail that came back ─────────────────────────────────────────────────────────────────────────────


def own_id(office: Office) -> str:
    return message_from_string(office.replies()[-1])["Message-ID"]


def bounce(office: Office, message_id: str, *, address: str = "kari@shop.example", status: str = "5.1.1") -> None:
    action = "failed" if status.startswith("5") else "delayed"
    office.drop(
        (
            "From: Mail Delivery System <MAILER-DAEMON@mx.shop.example>\nTo: integration@vipps.no\n"
            f"Subject: Undelivered Mail\nMessage-ID: <bounce{office.count}@mx.shop.example>\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n"
            "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.shop.example\n\n"
            f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; No such user\n"
            f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\n\n--b--\n"
        ).encode()
    )


@pytest.fixture
def answered(office: Office) -> Office:
    """Kari was answered at noon."""
    office.at(NOON)
    office.receive(SETTLEMENT, Cc="per@shop.example")
    run_once(office.desk)
    return office


def test_an_address_whose_mail_came_back_is_left_alone_for_sixty_days(answered: Office):
    bounce(answered, own_id(answered))
    run_once(answered.desk)
    assert [(row.state, row.said) for row in answered.rows(schema.outbox)] == [("bounced", "smtp; No such user")]
    answered.at(NOON + timedelta(days=59))
    answered.receive("Vi ønsker å bytte administrator.", subject="Ny admin")
    run_once(answered.desk)
    assert (len(answered.replies()), answered.tray(Tray.REVIEW)) == (1, 1)
    answered.at(NOON + timedelta(days=61))
    answered.receive("Vi ønsker å bytte logo.", subject="Ny logo")
    run_once(answered.desk)
    assert len(answered.replies()) == 2


def test_the_bounce_stands_with_its_ticket_and_changes_nothing_of_it(answered: Office):
    before = answered.rows(schema.ticket)
    bounce(answered, own_id(answered))
    run_once(answered.desk)
    assert answered.rows(schema.ticket) == before
    assert {(row.ticket, row.silence) for row in answered.rows(schema.mail)} == {(10_000, None), (10_000, "bounce")}


def test_a_colleague_who_cannot_be_reached_is_left_out_and_the_others_are_answered(answered: Office):
    bounce(answered, own_id(answered), address="per@shop.example")
    answered.receive("Vi ønsker å bytte logo.", subject="Ny logo", Cc="per@shop.example")
    run_once(answered.desk)
    assert [row.state for row in answered.rows(schema.outbox)] == ["sent", "sent"]
    assert message_from_string(answered.replies()[-1])["Cc"] is None


@pytest.mark.parametrize(
    "forged",
    [
        {"status": "4.4.1"},
        {"address": "ola@elsewhere.example"},
        {"message_id": "<vsd-10000.aaaa.bbbbbbbbbbbbbbbb@vipps.no>"},
        {"message_id": "<1@shop.example>"},
    ],
)
def test_nobody_is_silenced_by_a_delay_or_by_a_bounce_of_what_we_never_sent(answered: Office, forged: dict[str, str]):
    bounce(answered, **({"message_id": own_id(answered)} | forged))
    run_once(answered.desk)
    assert answered.rows(schema.bounced) == []
    assert [row.state for row in answered.rows(schema.outbox)] == ["sent"]


def test_staff_see_what_came_back_and_resending_it_writes_to_the_address_again(answered: Office):
    bounce(answered, own_id(answered))
    run_once(answered.desk)
    with answered.desk.store.connection() as db:
        (reply,) = outbox.unsent(db)
        assert reply.state == "bounced"
        assert outbox.resend(db, reply.id, NOON)
        bounced.lift(db, reply.id)
    answered.receive("Vi ønsker å bytte logo.", subject="Ny logo")
    assert run_once(answered.desk)["sent"] == 2


# ── a storm of replies ──────────────────────────────────────────────────────────────────────────────


def test_the_breaker_stops_all_sending_once_tells_staff_and_lets_it_go_on_when_the_storm_is_over(office: Office):
    desk = with_staff(office, breaker=ReplyLimit(replies=4, minutes=10))
    for minute in range(3):
        desk.at(NOON + timedelta(minutes=minute))
        for number in range(3):
            desk.receive(f"{SETTLEMENT} {letters(minute * 3 + number)}", sender=f"kari@shop{minute}{number}.example")
        run_once(desk.desk)
    assert (len(desk.replies()), desk.tray(Tray.REVIEW), desk.waiting()) == (3, 5, 0)  # the fourth waits
    desk.at(NOON + timedelta(minutes=12))
    desk.receive(f"{SETTLEMENT} zz", sender="per@shop.example")
    run_once(desk.desk)
    assert [subject.partition("] ")[2][:16] for subject in alerts(desk)] == ["Sending has stop", "Over: Sending ha"]
    desk.receive(f"{SETTLEMENT} yy", sender="ola@shop.example")
    run_once(desk.desk)
    assert (len(desk.replies()), len(alerts(desk))) == (5, 2)


def test_an_open_breaker_outlives_a_restart(office: Office):
    desk = with_staff(office, breaker=ReplyLimit(replies=1, minutes=10))
    desk.at(NOON)
    desk.receive(SETTLEMENT)
    for _ in range(3):
        run_once(replace(desk.desk))
    assert (desk.replies(), len(alerts(desk))) == ([], 1)


# ── senders who are not who they say ────────────────────────────────────────────────────────────────


@pytest.fixture
def guarded(office: Office) -> Office:
    """A desk whose mail server tells of DMARC."""
    mind = office.desk.mind
    identity = mind.settings.desk.model_copy(update={"authserv": "mx.shop.example"})
    settings = mind.settings.model_copy(update={"desk": identity})
    return replace(office, desk=replace(office.desk, mind=replace(mind, settings=settings)))


def test_a_mail_that_fails_dmarc_is_answered_to_nobody_and_goes_to_people(guarded: Office):
    guarded.receive(SETTLEMENT, Authentication_Results="mx.shop.example; dmarc=fail header.from=shop.example")
    run_once(guarded.desk)
    (ticket,) = guarded.rows(schema.ticket)
    assert (guarded.replies(), guarded.tray(Tray.REVIEW), ticket.state) == ([], 1, "review")
    assert ticket.flags == ["unverified_sender"]


def test_a_forged_participant_changes_nothing_in_the_ticket(guarded: Office):
    """F39."""
    guarded.receive(
        "POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400.", subject="Capture feiler"
    )
    run_once(guarded.desk)
    (before,) = guarded.rows(schema.ticket)
    forged = "mx.shop.example; spf=fail; dmarc=fail header.from=shop.example"
    guarded.receive("MSN 654321", subject="Re: [VSD-10000]", Authentication_Results=forged)
    run_once(guarded.desk)
    first, second = guarded.rows(schema.ticket)
    assert (first, second.flags) == (before, ["unverified_sender"])
    assert len(guarded.replies()) == 1


def test_a_header_that_the_sender_wrote_silences_nobody(guarded: Office):
    guarded.receive(SETTLEMENT, Authentication_Results="mx.elsewhere.example; dmarc=fail")
    run_once(guarded.desk)
    assert len(guarded.replies()) == 1


# ── machines that hide ──────────────────────────────────────────────────────────────────────────────


def test_the_same_words_from_somebody_who_was_just_answered_are_answered_once(office: Office):
    office.at(NOON)
    office.receive("Vi ønsker å bytte logo.", subject="Ny logo")
    run_once(office.desk)
    for turn in range(3):
        office.at(NOON + timedelta(minutes=5 * turn))
        office.receive(SETTLEMENT, subject="Oppgjør", sender=f"kari+{turn}@shop.example")
        run_once(office.desk)
    assert (len(office.replies()), office.tray(Tray.REVIEW)) == (2, 2)


def test_the_same_words_later_or_from_another_company_are_answered(office: Office):
    office.at(NOON)
    office.receive(SETTLEMENT)
    run_once(office.desk)
    office.at(NOON + timedelta(minutes=61))
    office.receive(SETTLEMENT, sender="per@other.example")
    run_once(office.desk)
    office.at(NOON + timedelta(hours=25))
    office.receive(SETTLEMENT)
    run_once(office.desk)
    assert len(office.replies()) == 3
