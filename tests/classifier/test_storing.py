from __future__ import annotations

import io
import logging
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.classifier.made_up_mails import mails
from triage.classifier import storing
from triage.classifier.model import Classifier
from triage.classifier.storing import ModelFileError, Sources, learn, load, ready, save, usable
from triage.domain import Language
from triage.yamlfile import Problems

TEXTS = [mail.words for mail in mails(5, seed=7)]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    folder = tmp_path / "examples"
    folder.mkdir()
    for topic in ("settlement", "technical"):
        lines = [
            f"  - {{language: {m.language}, intent: {m.intent}, text: '{m.text}'}}"
            for m in mails(6)
            if m.topic == topic
        ]
        (folder / f"{topic}.yaml").write_text("\n".join([f"topic: {topic}", "examples:", *lines]), encoding="utf-8")
    (tmp_path / "lexicon.yaml").write_text("concepts: {money: [bank, summen]}", encoding="utf-8")
    return Sources((folder,), tmp_path / "lexicon.yaml", {"settlement": {Language.EN: "money"}, "technical": {}})


def test_a_model_comes_back_from_its_file_as_it_was(model: Classifier, tmp_path: Path) -> None:
    save(model, tmp_path / "state" / "model")
    again = load(tmp_path / "state" / "model")
    assert again.guess(TEXTS) == model.guess(TEXTS)
    assert again.threshold == model.threshold
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["model"]


def test_a_changed_byte_is_refused(model: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(model, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="is damaged or was changed; run 'triage train'"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps({"a": 1}), b"triage model 0\n" + b"x" * 99])
def test_another_file_or_version_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ModelFileError, match="is no model file of this version"):
        load(tmp_path / "model")


def test_a_file_that_was_cut_is_refused(model: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(model, path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelFileError, match="is damaged"):
        load(path)


def test_objects_that_would_run_code_are_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[bool] = []

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[bool]]:
            return ran.append, (True,)

    buffer = io.BytesIO()
    np.savez(buffer, about=np.array([Evil()], dtype=object))
    payload = buffer.getvalue()
    digest = storing.hashlib.sha256(payload).digest()
    (tmp_path / "model").write_bytes(storing._VERSION + digest + payload)
    monkeypatch.setattr(pickle, "load", lambda *_, **__: ran.append(True))
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(tmp_path / "model")
    assert not ran


def test_the_stored_model_stays_in_service_when_examples_are_edited_and_says_so(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state" / "model"
    trained: list[int] = []
    first = ready(sources, path, lambda done, _: trained.append(done))
    assert trained
    trained.clear()
    assert ready(sources, path, lambda done, _: trained.append(done)).digest == first.digest
    assert not trained
    assert not caplog.text
    with (sources.folders[0] / "technical.yaml").open("a", encoding="utf-8") as file:
        file.write("\n  - {language: sv, text: servern svarar inte}\n")
    assert ready(sources, path, lambda done, _: trained.append(done)).digest == first.digest
    assert not trained
    assert "'triage train' learns them" in caplog.text
    monkeypatch.setattr("triage.classifier.fingerprint.version", lambda name: f"another {name}")
    assert ready(sources, path, lambda done, _: trained.append(done)).digest != first.digest
    assert trained, "another library cannot use the numbers of this one"


def test_a_model_that_knows_a_topic_the_rules_have_not_is_never_used(sources: Sources, tmp_path: Path) -> None:
    path = tmp_path / "model"
    ready(sources, path)
    fewer = replace(sources, descriptions={"technical": {}})
    with pytest.raises(ModelFileError, match="the topic 'settlement', which the rules no longer have"):
        usable(fewer, path, load(path))


def test_edited_rules_keep_the_model_that_is_at_work_until_another_is_stored(sources: Sources, tmp_path: Path) -> None:
    path = tmp_path / "model"
    current = ready(sources, path)
    assert usable(sources, path, current) is current
    with (sources.folders[0] / "technical.yaml").open("a", encoding="utf-8") as file:
        file.write("\n  - {language: sv, text: servern svarar inte}\n")
    save(learn(sources), path)
    assert usable(sources, path, current).digest == sources.digest() != current.digest
    path.unlink()
    assert usable(sources, path, current) is current


def test_a_damaged_file_is_said_and_made_anew(
    sources: Sources, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"triage model 3\nnot really")
    with caplog.at_level(logging.WARNING):
        model = ready(sources, path)
    assert "is damaged or was changed" in caplog.text
    assert load(path).digest == model.digest


def test_a_disk_that_refuses_does_not_stop_the_desk(
    sources: Sources, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        model = ready(sources, tmp_path / "file" / "model")
    assert model.topics == ("settlement", "technical")
    assert "could not be stored" in caplog.text


def test_examples_that_must_be_mended_are_reported_not_trained_on(sources: Sources, tmp_path: Path) -> None:
    (sources.folders[0] / "technical.yaml").write_text("topic: technicl\nexamples: []\n", encoding="utf-8")
    with pytest.raises(Problems, match=r"examples/technical\.yaml:1:8: unknown topic 'technicl'; did you mean"):
        ready(sources, tmp_path / "model")


def test_of_two_that_start_at_once_one_trains(tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch):
    trained: list[int] = []
    teach = storing.learn
    monkeypatch.setattr(storing, "learn", lambda *given: trained.append(1) or teach(*given))
    with ThreadPoolExecutor(2) as both:
        models = [each.result() for each in [both.submit(storing.ready, sources, tmp_path / "m.bin") for _ in range(2)]]
    assert len(trained) == 1
    assert models[0].digest == models[1].digest
