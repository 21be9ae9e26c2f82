"""What the tests of this room share: the shipped rules, and mails written in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fields.short_mails import mail
from triage.domain import InboundMail
from triage.fields.handbook import Handbook
from triage.fields.inspecting import Inspector, counted

RULES = Path(__file__).resolve().parents[2] / "rules"


@pytest.fixture(scope="session")
def inspector() -> Inspector:
    return Inspector.load(RULES)


@pytest.fixture(scope="session")
def handbook() -> Handbook:
    return Handbook.load(RULES)


@pytest.fixture(scope="session")
def field(inspector: Inspector) -> Callable[..., str | None]:
    """The value that counts for a field of a mail, or None."""

    def value(name: str, given: InboundMail | str) -> str | None:
        findings = inspector.inspect(given if isinstance(given, InboundMail) else mail(given)).findings
        return next((found.value for found in counted(findings) if found.field == name), None)

    return value
