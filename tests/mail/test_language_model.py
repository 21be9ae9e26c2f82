"""The language model says what py3langid says; it is unpacked once and then read as it was kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from triage.domain import Language
from triage.mail import language_model
from triage.mail.language import language_of

WORDS = st.lists(st.sampled_from(["betaling", "Ikke", "é", "the", "och", "ON", "日本"]))
TEXTS = (
    "Hei, betalingen feiler",
    "Kortet blev trukket to gange, hvad nu",
    "The payment is stuck",
    "Maksu ei onnistu",
    "",
)


@pytest.fixture(autouse=True)
def _nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_model, "_held", [])


@pytest.fixture(scope="module")
def py3langid() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(language_model.LANGUAGES)
    return identifier


@pytest.fixture(scope="module")
def model() -> language_model._Model:
    return language_model._unpacked()


@settings(deadline=None)
@given(text=st.text(max_size=60) | WORDS.map(" ".join))
def test_every_text_is_as_likely_in_each_language_as_py3langid_finds(
    text: str, model: language_model._Model, py3langid: LanguageIdentifier
):
    assert dict(model.ranked(text)) == pytest.approx(dict(py3langid.rank(text)), abs=1e-4)


def _started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process that cannot unpack."""

    def never() -> None:
        raise AssertionError("unpacked again")

    monkeypatch.setattr(language_model, "_held", [])
    monkeypatch.setattr(language_model, "_unpacked", never)


def test_what_was_kept_says_what_was_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    unpacked = [language_model.ranked(text) for text in TEXTS]
    monkeypatch.setattr(language_model, "_held", [])
    language_model.prepare(tmp_path / "state")
    _started_again(monkeypatch)
    language_model.prepare(tmp_path / "state")
    assert [language_model.ranked(text) for text in TEXTS] == unpacked


@pytest.mark.parametrize("content", [b"", b"no tables", b"\x93NUMPY\x01\x00"])
def test_a_file_that_cannot_be_read_is_made_anew(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "language.bin").write_bytes(content)
    language_model.prepare(tmp_path)
    _started_again(monkeypatch)
    language_model.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["language.bin"]


def test_another_version_makes_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    language_model.prepare(tmp_path)
    kept = (tmp_path / "language.bin").stat().st_mtime_ns
    monkeypatch.setattr(language_model, "_held", [])
    monkeypatch.setattr(language_model, "version", lambda _: "0.0")
    language_model.prepare(tmp_path)
    assert (tmp_path / "language.bin").stat().st_mtime_ns != kept


def test_where_nothing_can_be_kept_it_is_unpacked_each_time(tmp_path: Path):
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    language_model.prepare(tmp_path / "state")
    assert language_of("Maksu ei onnistu") is Language.FI


def test_without_room_to_unpack_the_model_the_words_alone_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_room() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(language_model, "_unpacked", no_room)
    language_model.prepare(tmp_path)
    assert language_of("Hei, betalingen feiler") is Language.NO
