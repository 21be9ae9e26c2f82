from __future__ import annotations

import subprocess
import sys

import pytest

from tests.classifier.made_up_mails import WORDS, mails
from triage.classifier.model import Classifier
from triage.classifier.training import train


@pytest.mark.parametrize("text", ["qwrtz xkcdp vvvbn", "", "   \n ", "Это письмо на другом языке", "\u0000\ud800"])
def test_it_is_not_sure_of_what_it_never_saw(model: Classifier, text: str) -> None:
    opinion = model.guess([text])[0]
    assert not opinion.sure
    assert opinion.confidence < 0.5


def test_it_is_not_sure_of_a_language_it_never_learnt(model: Classifier) -> None:
    finnish = "Hei, emme ole saaneet rahojamme tilille viime viikolta, voitteko selvittää missä ne ovat?"
    assert not model.guess([finnish])[0].sure


def test_it_is_sure_of_what_it_saw_often() -> None:
    model = train(mails(60))
    opinions = model.guess([mail.words for mail in mails(20, seed=9)])
    assert sum(opinion.sure for opinion in opinions) > 0.5 * len(opinions)


def test_familiarity_lowers_confidence_below_the_top_probability(model: Classifier) -> None:
    strange = model.guess(["header " + "zzqx " * 40])[0]
    assert strange.confidence < strange.guesses[0].probability


def test_its_reasons_are_the_words_of_the_mail(model: Classifier) -> None:
    opinion = model.guess(["Oppgjør\nvi har ikke utbetaling, dette er summen"])[0]
    assert opinion.guesses[0].topic == "settlement"
    assert {term for term, _ in opinion.because} & set(WORDS["settlement"])
    assert all(weight > 0 for _, weight in opinion.because)


def test_its_neighbours_are_the_most_alike_examples(model: Classifier) -> None:
    known = mails()[0]
    nearest = model.guess([known.words])[0].nearest
    assert nearest[0] == known.id
    assert len(nearest) == 3


def test_many_mails_at_once_get_what_each_gets_alone(model: Classifier) -> None:
    texts = [mail.words for mail in mails(4, seed=8)]
    for alone, together in zip([model.guess([text])[0] for text in texts], model.guess(texts), strict=True):
        assert alone.nearest == together.nearest
        assert alone.confidence == pytest.approx(together.confidence, abs=1e-5)
    assert model.guess([]) == []


@pytest.mark.parametrize("library", ["sklearn", "scipy"])
def test_serving_never_imports_what_only_training_needs(library: str) -> None:
    code = f"import sys, triage.classifier.storing; sys.exit('{library}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
