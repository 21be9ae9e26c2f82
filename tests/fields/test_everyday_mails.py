"""Short mails as people write them (tests/fields/cases): the profile, and exactly what the desk asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fields.short_mails import mail, reading
from triage import yamlfile


class Case(yamlfile.Model):
    profile: str
    asked: tuple[str, ...]
    subject: str
    text: str


class Cases(yamlfile.Model):
    mails: tuple[Case, ...]


CASES = yamlfile.read(Path(__file__).parent / "cases" / "everyday.yaml", Cases).value.mails


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.profile}-{case.subject}")
def test_the_desk_asks_for_exactly_what_the_kind_of_mail_needs(inspector, handbook, case):
    read = reading(inspector.inspect(mail(case.text, subject=case.subject)))
    chosen = handbook.choose(read)
    missing = handbook.missing(chosen, handbook.counting(read.inspection.findings))
    assert (chosen.name, set(missing)) == (case.profile, set(case.asked))
