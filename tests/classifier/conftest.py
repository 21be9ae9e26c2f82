"""One small trained model, shared by the tests that only read it."""

from __future__ import annotations

import pytest

from tests.classifier.made_up_mails import mails
from triage.classifier.model import Classifier
from triage.classifier.training import train


@pytest.fixture(scope="session")
def model() -> Classifier:
    return train(mails())
