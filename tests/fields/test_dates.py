"""Dates in every form in which people write them, also where a log stands around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.fields.short_mails import mail

LOG = "".join(
    f"2024-05-{1 + n % 9:02d} 17:{n % 60:02d}:39,384 [http-nio-{n % 20}] INFO c.s.Client - 200 in {n} ms\n"
    for n in range(60)
)
FORMS = [
    ("12.5.2024", "2024-05-12"),
    ("12/05/24", "2024-05-12"),
    ("05/22/2024", "2024-05-22"),
    ("siden 12/5", "2024-05-12"),
    ("den 3.5.", "2024-05-03"),
    ("1.-3.5. klo 12", "2024-05-03"),
    ("2/3 May", "2024-05-03"),
    ("3rd of May", "2024-05-03"),
    ("May 3, 2024", "2024-05-03"),
    ("toukokuun 3. päivä", "2024-05-03"),
    ("[03/May/2024:10:00:00]", "2024-05-03"),
    ("version 2.10.3.24", None),
    ("a 12.50 euro order", None),
    ("id 112. mai", None),
    ("on 3 may_be", None),
]


@pytest.mark.parametrize(("text", "date"), FORMS)
def test_a_date_is_read_in_its_form(field, text, date):
    assert field("date", f"It failed {text}.") == date


@pytest.mark.parametrize(("text", "date"), [form for form in FORMS if form[1]])
def test_a_date_is_found_beside_a_log(inspector, text, date):
    findings = inspector.inspect(mail(f"It failed {text}.\n\n{LOG}")).findings
    assert date in [found.value for found in findings if found.field == "date"]


def test_a_day_of_a_log_is_one_finding(inspector):
    days = [found.value for found in inspector.inspect(mail(LOG)).findings if found.field == "date"]
    assert days == [f"2024-05-{day:02d}" for day in range(1, 10)]


def test_the_day_before_yesterday_is_not_yesterday(inspector):
    findings = inspector.inspect(mail("It failed the day before yesterday")).findings
    assert [found.value for found in findings if found.field == "relative_date"] == ["2024-05-12"]


def test_a_date_header_at_the_end_of_time_is_no_trouble(inspector):
    last = replace(mail("It failed 2024-05-12"), date=datetime(9999, 12, 31, tzinfo=UTC))
    assert [found.value for found in inspector.inspect(last).findings if found.field == "date"] == ["2024-05-12"]
