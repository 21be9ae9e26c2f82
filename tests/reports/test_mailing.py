from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from tests.reports.books import NOW
from triage.domain import Address
from triage.mail.guard import Ours, reason_for_silence
from triage.mail.reader import parse
from triage.reports.mailing import compose, last_weeks
from triage.reports.report import Report, Share
from triage.transport.outgoing import Envelope

ENVELOPE = Envelope(Address("desk@desk.example", "Sample Desk æ"), "desk.example")


def sent() -> bytes:
    headline = (("complete at first mail", Share(40, 100)),)
    report = Report("missing", "Missing information", (), NOW, headline=headline)
    page = "<!doctype html>\n<p>blåbær</p>\n" + "x" * 3_000 + "\n"
    return compose([report], page, ("leads@shop.example", "ola@shop.example"), ENVELOPE, "abc@desk.example")


def test_the_mail_has_the_first_figures_as_text_and_the_page_beside_it():
    mail = message_from_bytes(sent(), policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("leads@shop.example, ola@shop.example", "Desk report all recorded mail")
    assert "complete at first mail: 40%" in mail.get_body().get_content()
    (page,) = mail.iter_attachments()
    assert page.get_filename() == f"desk-report-{NOW:%Y-%m-%d}.html"
    assert page.get_content_type() == "text/html"
    assert page.get_content().splitlines()[:2] == ["<!doctype html>", "<p>blåbær</p>"]


def test_no_machine_answers_the_report_and_no_desk_takes_it_for_mail():
    mail = parse(sent())
    assert mail.header("auto-submitted") == "auto-generated"
    assert reason_for_silence(mail, Ours()) is not None


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        (datetime(2026, 3, 16, 6, 0, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC)),
        (
            datetime(2026, 3, 15, 23, 59, tzinfo=UTC),
            datetime(2026, 2, 23, tzinfo=UTC),
            datetime(2026, 3, 9, tzinfo=UTC),
        ),
    ],
)
def test_the_mailed_weeks_are_whole_and_over(now: datetime, since: datetime, until: datetime):
    assert last_weeks(now, 2) == (since, until)
