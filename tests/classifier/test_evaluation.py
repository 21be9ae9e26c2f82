from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.classifier.made_up_mails import mails
from triage.classifier.diagram import diagram
from triage.classifier.evaluation import (
    Confusion,
    Evaluation,
    confusion_rows,
    evaluate,
    language_rows,
    summary_rows,
    topic_rows,
)
from triage.classifier.examples import Example
from triage.classifier.model import Classifier
from triage.domain import Guess, Language, Opinion

TOPICS = ("settlement", "technical")


class Oracle:
    """Says what it is told to say, in order."""

    def __init__(self, *said: tuple[str, float, bool]) -> None:
        self.said = said

    def guess(self, texts: list[str]) -> list[Opinion]:
        return [
            Opinion((Guess(topic, sure_of),), confidence=sure_of, sure=sure, technical=0.0)
            for topic, sure_of, sure in self.said
        ]


def judged(truth: list[str], *said: tuple[str, float, bool]) -> Evaluation:
    languages = [Language.NO, Language.EN] * len(truth)
    told = [Example(topic, "", language, "", topic) for topic, language in zip(truth, languages, strict=False)]
    return evaluate(Oracle(*said), told)  # type: ignore[arg-type]


def test_precision_recall_and_f1_of_each_topic() -> None:
    result = judged(
        ["technical", "technical", "technical", "settlement"],
        ("technical", 0.9, True),
        ("technical", 0.9, True),
        ("settlement", 0.9, False),
        ("settlement", 0.9, True),
    )
    settlement, technical = result.topics
    assert (settlement.precision, settlement.recall, settlement.mails) == (0.5, 1.0, 1)
    assert (technical.precision, technical.recall) == (1.0, pytest.approx(2 / 3))
    assert technical.f1 == pytest.approx(0.8)
    assert result.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert result.accuracy == 0.75
    assert (result.sure, result.sure_right) == (0.75, 1.0)
    assert [(one.language, one.mails, one.accuracy) for one in result.languages] == [("no", 2, 0.5), ("en", 2, 1.0)]


def test_a_mistake_it_was_sure_of_costs_more_than_two_it_was_not() -> None:
    result = judged(
        ["technical", "technical", "settlement"],
        ("settlement", 0.4, False),
        ("settlement", 0.4, False),
        ("technical", 0.9, True),
    )
    assert result.confusions == (
        Confusion("settlement", "technical", mails=1, sure=1),
        Confusion("technical", "settlement", mails=2, sure=0),
    )


def test_the_calibration_error_is_what_was_promised_less_what_came_true() -> None:
    said = [("technical", 0.9, True)] * 10
    result = judged(["technical"] * 6 + ["settlement"] * 4, *said)
    assert result.calibration_error == pytest.approx(0.3)


def test_coverage_counts_mails_of_one_confidence_together() -> None:
    clean = [("technical", 0.9, True)] * 50
    assert judged(["technical"] * 50, *clean).coverage == 1.0
    mixed = [("technical", 0.9, True)] * 4 + [("technical", 0.5, False)] * 4
    assert judged(["technical"] * 4 + ["technical", "settlement"] * 2, *mixed).coverage == 0.5
    assert judged(["settlement"], ("technical", 0.9, True)).coverage == 0.0


def test_no_mails_give_zeros_and_no_error() -> None:
    result = judged([])
    assert (result.mails, result.accuracy, result.macro_f1, result.coverage) == (0, 0.0, 0.0, 0.0)
    assert diagram(result).startswith("<svg")


def test_a_trained_model_is_measured_and_drawn(model: Classifier) -> None:
    told = mails(10, seed=6, noise=0.5)
    result = evaluate(model, told)
    assert result.mails == 30
    assert 0.4 < result.accuracy < 1
    assert sum(one.mails for one in result.bins) == 30
    assert len(topic_rows(result)) == 3
    assert summary_rows(result)[0] == ("mails", "30")
    assert {row[0] for row in language_rows(result)} == {"no", "en"}
    assert len(confusion_rows(result, most=2)) == 2


def test_the_diagram_is_one_file_that_shows_every_topic(model: Classifier) -> None:
    result = evaluate(model, mails(10, seed=6, noise=0.5))
    svg = diagram(result)
    words = "".join(ElementTree.fromstring(svg).itertext())
    for one in result.topics:
        assert f"{one.topic} ({one.mails})" in words
    assert "href" not in svg
