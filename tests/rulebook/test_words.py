"""Words are found as people write them, whole, in one pass and in linear time."""

from __future__ import annotations

import pytest

from tests.cpu import seconds
from triage.rulebook.words import WordIndex, fold, trouble_with, words_of


def seen(entry: str, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in WordIndex({"list": [entry]}).scan(text).get("list", [])]


@pytest.mark.parametrize(
    "written",
    ["oppgjør", "Oppgjør", "OPPGJØR", "oppgjoer", "oppgjor", "oppgjÃ¸r", "oppgj√∏r", "oppgj├©r", "oppgjÃƒÂ¸r", "oppgj?r", "oppgj\ufffdr", "oppgjo\u0308r", "_oppgjør_"],
)  # fmt: skip
def test_a_word_is_found_however_its_nordic_letter_was_written_or_mangled(written: str) -> None:
    assert seen("oppgjør", f"Hvor er vårt {written}, takk?") == [written.strip("_")]


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ("må få", "maa faa"),
        ("må få", "ma fa"),
        ("ma fa", "må få"),
        ("være", "vaere"),
        ("näkyä", "nakya"),
        ("försäljning", "forsaljning"),
    ],
)
def test_missing_letters_fold_alike(entry: str, written: str) -> None:
    assert seen(entry, written) == [written]


def test_a_word_is_a_whole_word_and_only_a_stem_matches_longer_ones() -> None:
    assert seen("faktura", "fakturaen kom ikke") == []
    assert seen("faktura*", "fakturaen kom ikke") == ["fakturaen"]
    assert seen("lasku*", "Laskun loppusumma") == ["Laskun"]


def test_a_phrase_is_its_words_in_order_across_line_breaks_and_hyphens() -> None:
    assert seen("ikke mottatt utbetal*", "vi har ikke\nmottatt  utbetalingen") == ["ikke\nmottatt  utbetalingen"]
    assert seen("api-nøkkel*", "API nøkkelen") == ["API nøkkelen"]
    assert seen("ikke mottatt", "ikke i dag mottatt") == []


def test_addresses_are_no_words_and_a_path_is_not_the_word_in_it() -> None:
    text = "POST:/settlements/v1 fails, see https://shop.example/settlements, mail settlements@shop.example"
    assert seen("settlements", text) == []
    assert seen("/settlements", text) == ["/settlements"]
    assert seen("eller", "og/eller") == ["eller"]


def test_the_span_is_that_of_the_text_as_it_was_given() -> None:
    text = "Ærlig talt: oppgjÃ¸ret, takk"
    hit = WordIndex({"list": ["oppgjør*"]}).scan(text)["list"][0]
    assert text[hit.start : hit.end] == "oppgjÃ¸ret"


def test_every_word_keeps_its_place_among_runs_of_none_one_and_many_words() -> None:
    text = "-- og/eller  _nei_ ...\n(a.b)/x/y https://shop.example kari@shop.example slutt\tog"
    words = words_of(text)
    assert words.folded == ("og", "eller", "nei", "a", "b", "/x", "/y", "slutt", "og")
    spans = [words.place(number) for number in range(len(words.folded))]
    assert [text[start:end] for start, end in spans] == ["og", "eller", "nei", "a", "b", "/x", "/y", "slutt", "og"]
    assert spans[0] == (3, 5)
    assert text[words.place(3)[0] : words.place(8)[1]] == text[text.index("a.b") :]


def test_more_words_than_are_remembered_change_nothing() -> None:
    index = WordIndex({"list": ["faktura"]})
    for start in range(0, 40_000, 4_000):
        assert not index.scan(" ".join(f"w{number}" for number in range(start, start + 4_000)))
    assert list(index.scan("w1 w39999 faktura")) == ["list"]
    stem = WordIndex({"list": ["fak*"]})
    for start in range(0, 12_000, 1_000):
        text = " ".join(f"fak{number}" for number in range(start, start + 1_000))
        assert [seen.first for seen in stem.scan(text)["list"]] == list(range(1_000))


def test_two_lists_may_hold_the_same_word() -> None:
    found = WordIndex({"one": ["faktura"], "two": ["faktura*", "gebyr"]}).scan("En faktura.")
    assert set(found) == {"one", "two"}


@pytest.mark.parametrize(
    ("entry", "part"),
    [("oppgjør|utbetaling", "regular expression"), ("(HTTP)", "regular expression"), ("!!", "holds no word"), ("ab*", "stem"), ("*slutt", "stem")],
)  # fmt: skip
def test_an_entry_that_is_no_plain_word_is_refused(entry: str, part: str) -> None:
    assert part in (trouble_with(entry) or "")


def test_folding_is_the_same_for_both_sides() -> None:
    assert fold("Oppgjør") == fold("oppgjoer") == fold("OPPGJOR")
    assert words_of("a-b C_d").folded == ("a", "b", "c_d")


def test_a_word_is_the_same_among_words_of_any_letters() -> None:
    """Runs of plain letters are read in a quicker way than others."""
    for run in (
        "traceId=406cd658,b5",
        "__a_b__:(c)",
        "11:10:59,643",
        "Aa.oe[ae]",
        f"x{'y' * 64}.{'z' * 64}",
        "www.a.b,c",
    ):
        assert ("o", *words_of(run).folded) == words_of(f"ø,{run}").folded


def scan_anew(index: WordIndex[str], text: str) -> None:
    """A scan of a text that was never seen before, down to where everything stands."""
    words_of.cache_clear()
    for seen in index.scan(text).get("list", ()):
        assert seen.start < seen.end


@pytest.mark.parametrize(
    "unit", ["a?", "Ã", "/a", "/", "www.", "a.", "_", "http", "vi har ", "a@", "é\u0301", "vi,har.", "/vi"]
)
def test_no_text_takes_more_than_linear_time(unit: str) -> None:
    index = WordIndex({"list": ["vi har vi har vi", "vi har*", "har vi har", "http*", "/a", "vi", "/vi"]})
    small, large = unit * 5_000, unit * 40_000
    scan_anew(index, small)
    assert seconds(lambda: scan_anew(index, large)) < 24 * max(seconds(lambda: scan_anew(index, small)), 0.002)
