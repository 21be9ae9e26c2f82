from __future__ import annotations

from pathlib import Path

import pytest

from triage.classifier.lexicon import Lexicon, fold, load
from triage.yamlfile import Problems

LEXICON = Lexicon(
    {
        "payout": ["utbetaling*", "payout"],
        "app": ["app"],
        "not_there": ["ikke på konto", "not arriv*"],
        "settle": ["oppgjør*"],
    }
)


def concepts(text: str) -> list[str]:
    return [concept for concept, _ in LEXICON.seen(text.split())]


@pytest.mark.parametrize("spelling", ["oppgjørsrapport", "oppgjoersrapport", "oppgjorsrapport"])
def test_nordic_letters_may_be_spelt_in_any_way(spelling: str) -> None:
    assert concepts(spelling) == ["settle"]


def test_all_spellings_of_a_letter_fold_to_one() -> None:
    assert len({fold(word) for word in ("måned", "maaned", "maned")}) == 1
    assert len({fold(word) for word in ("nøkkel", "noekkel", "nökkel", "nokkel")}) == 1


def test_a_word_stands_alone_and_a_stem_begins_a_word() -> None:
    assert concepts("apper application payouts") == []
    assert concepts("utbetalingen payout app") == ["payout", "payout", "app"]


def test_a_stem_is_found_inside_a_compound() -> None:
    assert concepts("hovedutbetalinger") == ["payout"]


def test_a_phrase_needs_all_its_words_in_a_row() -> None:
    assert concepts("not arrived") == ["not_there"]
    assert concepts("not yet arrived") == []
    assert concepts("er ikke på konto") == ["not_there"]
    assert concepts("ikke på") == []


def test_a_phrase_names_the_words_that_showed_it() -> None:
    words = ["pengene", "er", "ikke", "på", "konto"]
    assert [words[where] for _, where in LEXICON.seen(words)] == [["ikke", "på", "konto"]]


def test_an_entry_without_a_word_is_refused_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "lexicon.yaml"
    file.write_text('concepts:\n  money: [money, "*"]\n', encoding="utf-8")
    with pytest.raises(Problems, match=r"lexicon\.yaml:2:18: '\*' holds no word"):
        load(file)


def test_the_lexicon_of_the_desk_is_sound() -> None:
    lexicon = load(Path(__file__).parents[2] / "rules" / "lexicon.yaml")
    for text in ("payout missing", "utbetaling mangler", "udbetaling mangler", "utbetalning saknas", "tilitys puuttuu"):
        assert {"payout", "missing"} <= {concept for concept, _ in lexicon.seen(text.split())}, text
