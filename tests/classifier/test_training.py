from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.classifier.made_up_mails import mails
from triage.classifier.examples import Example, describe
from triage.classifier.features import Features, normalise
from triage.classifier.lexicon import Lexicon
from triage.classifier.model import Classifier
from triage.classifier.training import STRENGTH, alike, sparse, train
from triage.domain import Language


def test_topics_are_learnt_and_probabilities_add_up(model: Classifier) -> None:
    fresh = mails(20, seed=9)
    opinions = model.guess([mail.words for mail in fresh])
    right = [opinion.guesses[0].topic == mail.topic for opinion, mail in zip(opinions, fresh, strict=True)]
    assert sum(right) >= 0.95 * len(fresh)
    for opinion in opinions:
        assert sum(guess.probability for guess in opinion.guesses) == pytest.approx(1, abs=1e-4)
        assert list(opinion.guesses) == sorted(opinion.guesses, key=lambda guess: -guess.probability)


@pytest.mark.parametrize("factored", [0, 6000])
def test_the_weights_are_those_scikit_learn_finds_on_the_terms_themselves(
    factored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.classifier.training.FACTORED", factored)
    lesson = mails(10)
    texts = [normalise(mail.words) for mail in lesson]
    rows = Features.learn(texts, Lexicon({}), least=1).rows(texts)
    direct = LogisticRegression(C=STRENGTH, max_iter=1000)
    direct.fit(sparse(rows), [mail.topic for mail in lesson])
    head = train(lesson).panel.heads[0]
    np.testing.assert_allclose(head.weights.T * head.step, direct.coef_, atol=2e-3)
    assert list(head.labels) == list(direct.classes_)


def test_probabilities_are_honest_on_mails_that_are_partly_guesswork() -> None:
    model = train(mails(80, noise=0.3))
    fresh = mails(200, seed=5, noise=0.3)
    shares, _ = model.judge([mail.words for mail in fresh])
    right = np.array([model.topics[at] == mail.topic for at, mail in zip(shares.argmax(axis=1), fresh, strict=True)])
    assert 0.6 < right.mean() < 0.95
    assert abs(shares.max(axis=1).mean() - right.mean()) < 0.05


def test_the_technical_head_tells_technical_mail_from_the_rest(model: Classifier) -> None:
    for mail, opinion in zip(fresh := mails(20, seed=4), model.guess([one.words for one in fresh]), strict=True):
        assert (opinion.technical > 0.5) == (mail.topic == "technical"), mail


def test_without_technical_examples_nothing_is_technical() -> None:
    model = train([mail for mail in mails(8) if mail.topic != "technical"])
    assert model.guess(["header timeout payload"])[0].technical == 0


def test_training_again_gives_the_same_model(model: Classifier) -> None:
    texts = [mail.words for mail in mails(5, seed=3)]
    assert train(mails()).guess(texts) == model.guess(texts)


def test_one_topic_is_no_choice() -> None:
    with pytest.raises(ValueError, match="at least two topics"):
        train([mail for mail in mails() if mail.topic == "technical"])


def test_a_topic_with_one_example_does_not_stop_the_training() -> None:
    lone = Example("bankid", "", Language.EN, "", "certificate expired")
    model = train([*mails(6), lone])
    assert model.guess(["certificate expired"])[0].guesses[0].topic == "bankid"


def test_descriptions_teach_but_are_nobodys_neighbours() -> None:
    told = describe({"newsletter": {Language.EN: "Mails about the quarterly bulletin"}, "unheard": {Language.EN: "x"}})
    with_it, without = train(mails(), told), train(mails())
    text = "the quarterly bulletin"

    def newsletter(model: Classifier) -> float:
        return {guess.topic: guess.probability for guess in model.guess([text])[0].guesses}["newsletter"]

    assert newsletter(with_it) > newsletter(without)
    assert "unheard" not in with_it.topics
    assert set(with_it.memory.ids) == {mail.id for mail in mails()}


def test_progress_is_told_from_none_to_all() -> None:
    told: list[tuple[int, int]] = []
    train(mails(6), progress=lambda done, whole: told.append((done, whole)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_a_language_teaches_another_learns_through_the_lexicon() -> None:
    lexicon = Lexicon({"bank": ["bank", "pankki"], "list": ["list", "lista"], "header": ["header", "otsake"]})
    texts = ["pankki pankki", "lista", "otsake"]
    known = train(mails(), lexicon=lexicon).guess(texts)
    assert [opinion.guesses[0].topic for opinion in known] == ["settlement", "newsletter", "technical"]


def test_near_copies_of_a_mail_are_alike_and_others_are_not() -> None:
    one = mails(8)
    texts = [normalise(mail.words) for mail in [*one, replace(one[0], text=one[0].text + " 1")]]
    features = Features.learn(texts, Lexicon({}), least=1)
    table = alike(sparse(features.rows(texts)), 0.9 * features.square).toarray()
    assert table[0, -1] == 1
    assert table.sum() == len(one) + 3
