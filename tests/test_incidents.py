"""Many people with the same trouble at once are one incident: one alert, and nobody is asked for details."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.office import Office, alerts, with_staff
from tests.samples import mail, reading
from triage.desk import run_once
from triage.domain import Action, DecidedBy, Evidence, Finding, Flag, Kind, Language, Tray, Verdict, Where
from triage.incidents import OUTAGE, complaint_of
from triage.store import schema

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def complaint(request: str = "", response: str = "", **parts: object) -> str:
    values = (("request", request), ("response", response))
    fields = tuple(Finding(name, value, Where.BODY) for name, value in values if value)
    verdict = Verdict(Kind.NEW, Action.REQUEST_INFO, DecidedBy.RULE, Language.EN, profile="api", fields=fields)
    verdict = replace(verdict, **parts)  # type: ignore[arg-type]
    return complaint_of(reading(mail()), verdict)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("POST /ecomm/v2/payments/acme-7/capture", "HTTP 400"),
            ("POST /ecomm/v2/payments/X99/capture?x=1", "HTTP 400"),
        ),
        (("POST /epayment/v1/payments", "HTTP 503"), ("GET /epayment/v1/payments/7", "HTTP 502")),
        (("", "HTTP 503"), ("", "HTTP 500")),
        (("", "cURL error 28"), ("", "cURL error 28")),
    ],
)
def test_the_same_call_that_fails_alike_or_an_api_that_fails_is_the_same_trouble(
    one: tuple[str, str], other: tuple[str, str]
):
    assert complaint(*one) == complaint(*other) != ""


def test_another_call_another_answer_or_nothing_clear_is_not():
    capture, refund = "POST /ecomm/v2/payments/acme-7/capture", "POST /ecomm/v2/payments/acme-7/refund"
    told = {complaint(capture, "HTTP 400"), complaint(refund, "HTTP 400"), complaint(capture, "HTTP 402")}
    assert len(told | {complaint(capture, "HTTP 500"), complaint("POST /epayment/v1/payments", "HTTP 500")}) == 5
    assert "/v2/" in complaint(capture, "HTTP 400")
    unclear = [complaint(capture, "HTTP 200"), complaint("", "HTTP 401"), complaint(capture), complaint()]
    assert unclear == [""] * 4
    assert complaint(capture, "HTTP 500", profile=None) == complaint(capture, "HTTP 500", kind=Kind.FOLLOWUP) == ""


def test_words_of_an_outage_are_one_trouble_with_failing_servers():
    said = Evidence("rule", "flags/incident", "", Where.BODY, "everything is down", 1.0, flag=Flag.INCIDENT)
    verdict = Verdict(Kind.NEW, Action.REQUEST_INFO, DecidedBy.RULE, Language.EN, profile="api")
    assert complaint_of(reading(mail(), evidence=(said,)), verdict) == OUTAGE


@pytest.fixture
def desk(office: Office) -> Office:
    told = with_staff(office)
    told.at(NOON)
    return told


def report(desk: Office, number: int, *, company: int | None = None, **headers: str) -> None:
    call = f"POST https://api.vipps.no/epayment/v1/payments/acme-{number}/capture gir HTTP 500 i produksjon"
    sender = f"kari@shop{number if company is None else company}.example"
    desk.receive(
        f"{call} {chr(97 + number)} siden i morges, hva skjer?", subject="Capture feiler", sender=sender, **headers
    )


def test_five_writers_in_half_an_hour_are_one_alert_with_their_tickets_and_later_ones_are_asked_for_nothing(
    desk: Office,
):
    for number in range(8):
        report(desk, number)
    run_once(desk.desk)
    (subject,) = alerts(desk)
    assert "5 similar mails in 30 minutes" in subject
    (letter,) = (path.read_text() for path in (desk.folder / "alerts").iterdir())
    assert all(f"VSD-1000{number}" in letter for number in range(5))
    flagged = [row.flags == ["incident"] for row in desk.rows(schema.ticket)]
    assert flagged == [False] * 4 + [True] * 4
    asked = ["MSN" in reply for reply in desk.replies()]
    assert (sorted(asked), desk.tray(Tray.REVIEW)) == ([False] * 4 + [True] * 4, 4)


def test_an_incident_that_nobody_writes_of_any_more_is_over_and_told_once(desk: Office):
    for number in range(6):
        report(desk, number)
    run_once(desk.desk)
    for minutes in (20, 29, 31, 60):
        desk.at(NOON + timedelta(minutes=minutes))
        run_once(desk.desk)
    assert [subject.partition("] ")[2].startswith("Over: ") for subject in alerts(desk)] == [False, True]


def test_one_company_that_writes_often_is_no_incident(desk: Office):
    for number in range(8):
        report(desk, number, company=1)
    run_once(desk.desk)
    assert alerts(desk) == []


def test_the_same_trouble_spread_over_days_is_no_incident(desk: Office):
    for number in range(8):
        desk.at(NOON + timedelta(minutes=20 * number))
        report(desk, number)
        run_once(desk.desk)
    assert alerts(desk) == []


def test_mails_that_lay_in_the_mailbox_for_long_are_no_incident_of_now(desk: Office):
    for number in range(8):
        report(desk, number, Date=format_datetime(NOON - timedelta(hours=2)))
    run_once(desk.desk)
    assert alerts(desk) == []
    for number in range(8, 13):
        report(desk, number, Date=format_datetime(NOON - timedelta(minutes=5)))
    run_once(desk.desk)
    assert len(alerts(desk)) == 1
