from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.cpu import seconds
from triage.classifier.features import CHARACTERS, Features, normalise
from triage.classifier.lexicon import Lexicon
from triage.classifier.training import sparse

TEXTS = [
    "Hei, pengene fra forrige uke er ikke på konto, pengene mangler!",
    "We get 500 from /v2/payments/ since monday.\n\nkind regards",
    "e-post: a_b 12 x",
    "we get the money, we get the fee (2 x)",
]
UNSEEN = ["Pengene fra /v2/ er x", "", "   ", "å"]


@pytest.mark.parametrize("least", [1, 2])
def test_words_and_pieces_are_what_scikit_learn_makes_of_them(least: int) -> None:
    plain = [normalise(text) for text in TEXTS]
    given = {"sublinear_tf": True, "dtype": np.float32, "min_df": least, "lowercase": False}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **given).fit(plain)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **given).fit(plain)
    features = Features.learn(plain, Lexicon({}), least=least)
    border = len(words.vocabulary_)
    assert features.terms[0] == tuple(words.get_feature_names_out())
    assert features.terms[1] == tuple(pieces.get_feature_names_out())
    for texts in (plain, [normalise(text) for text in UNSEEN]):
        rows = sparse(features.rows(texts)).toarray()
        np.testing.assert_allclose(rows[:, :border], words.transform(texts).toarray(), atol=1e-6)
        np.testing.assert_allclose(rows[:, border:], pieces.transform(texts).toarray(), atol=1e-6)


def test_a_concept_makes_two_languages_alike() -> None:
    plain = ["payout missing", "utbetaling mangler", "logo wrong"]
    lexicon = Lexicon({"payout": ["payout", "utbetal*"], "missing": ["missing", "mangl*"]})
    with_it, without = (sparse(Features.learn(plain, one, least=1).rows(plain)) for one in (lexicon, Lexicon({})))
    assert (with_it[0] @ with_it[1].T).toarray()[0, 0] > 0.5 > (without[0] @ without[1].T).toarray()[0, 0]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("See https://api.shop.example/a?b=1 now", "see zurl now"),
        ("mail Kari@Shop.example", "mail zmail"),
        ("id 8f14e45fceea167a and 3fa85f64-5717-4562-b3fc-2c963f66afa6", "id zhex and zhex"),
        ("order 123456, code 1234", "order znum , code 1234"),
        ('```\n{"a": 1}\n```done', "zcode done"),
        ("x" * 80, "zlong"),
    ],
)
def test_what_differs_in_every_mail_becomes_one_word(said: str, read: str) -> None:
    assert normalise(said) == read


def test_only_the_beginning_of_a_mail_is_read() -> None:
    assert len(normalise("ord " * 100_000)) <= CHARACTERS


def test_blanks_are_not_counted_as_read() -> None:
    assert normalise("Hei" + "\n" * CHARACTERS + "Kari") == "hei kari"


@pytest.mark.parametrize("unit", ["a@", "```", "f-", "-a1f", "http://", "9", "\u0000", "a" * 59 + " "])
def test_hostile_text_takes_time_in_proportion_to_what_is_read(unit: str) -> None:
    def cost(times: int) -> float:
        text = unit * times
        return 5 * seconds(lambda: normalise(text))

    cost(10)
    assert cost(400_000 // len(unit)) < 40 * max(cost(4_000 // len(unit)), 0.005)
