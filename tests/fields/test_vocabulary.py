"""All labels found in one pass."""

from __future__ import annotations

import re

from triage.fields.vocabulary import Labels, Vocabulary, alternatives

SERIAL, MERCHANT, SHORT = (
    Labels.of(words) for words in (("merchant serial number", "serial number"), ("merchant",), ("pw", "pwd"))
)
VOCABULARY = Vocabulary.of((SERIAL, MERCHANT, SHORT, Labels.of(("number of pw",))))


def test_a_label_that_begins_a_longer_one_is_found_for_its_own_set():
    found = VOCABULARY.places("merchant serial number 123456")
    assert (found[MERCHANT], found[SERIAL]) == ([(0, 8)], [(0, 22)])


def test_a_label_inside_a_longer_one_of_another_set_is_found():
    found = VOCABULARY.places("the serial number of pw")
    assert (found[SERIAL], found[SHORT]) == ([(4, 17)], [(21, 23)])


def test_labels_begin_words_but_may_be_inflected():
    found = VOCABULARY.places("merchants, the nonmerchant")
    assert found[MERCHANT] == [(0, 8)]


def test_labels_of_two_letters_are_words_of_their_own():
    found = VOCABULARY.places("pwhl pwds pw: pw")
    assert found[SHORT] == [(5, 8), (10, 12), (14, 16)]


def test_alternatives_match_the_longest_word_and_nothing_where_there_is_no_word():
    pattern = re.compile(alternatives(("no", "not", "not found", "n.t")))
    assert [pattern.match(text)[0] for text in ("not founded", "not here", "nobody", "n.t")] == [
        "not found",
        "not",
        "no",
        "n.t",
    ]
    assert pattern.match("n!t") is None
    assert re.compile(alternatives(())).search("any") is None
