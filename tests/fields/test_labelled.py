"""The promise of issue 5 on mails that others wrote and labelled (tests/fields/labelled)."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.fields.evaluating import Evaluation, evaluate_fields
from triage.reports.labelled_fields import load

LABELLED = Path(__file__).parent / "labelled"


@pytest.fixture(scope="module")
def mails():
    return list(load([LABELLED]))


@pytest.fixture(scope="module")
def result(inspector, handbook, mails) -> Evaluation:
    return evaluate_fields(inspector, handbook, [mail for _, mail in mails])


def test_there_are_at_least_two_hundred_mails_in_five_languages(mails):
    assert len(mails) >= 200
    assert {labels.language.value for labels, _ in mails} == {"en", "no", "da", "sv", "fi"}


@pytest.mark.parametrize(
    "name", ["msn", "environment", "order_id", "request", "response", "app_platform", "app_version", "date"]
)
def test_each_field_is_found_and_rightly(result, name):
    assert (result.scores[name].precision, result.scores[name].recall) >= (0.97, 0.97)
    assert result.scores[name].recall >= 0.97


def test_the_missing_set_is_exactly_right(result):
    assert result.missing_share >= 0.93
    assert result.nothing_in_vain_share >= 0.98


def test_every_labelled_secret_is_found_and_no_other(inspector, mails):
    wrong = {
        labels.id: (sorted(set(labels.secrets)), kinds)
        for labels, labelled in mails
        if (kinds := sorted({secret.kind for secret in inspector.inspect(labelled.mail).secrets}))
        != sorted(set(labels.secrets))
    }
    assert wrong == {}
