"""Edited rules and templates are taken while the desk runs; broken ones are not, and it says so."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.office import opened
from triage import mind as minds
from triage.classifier import storing
from triage.config import Settings, load
from triage.desk import run_once
from triage.mind import Mind
from triage.reloading import LiveMind
from triage.store import schema
from triage.store.store import StoreLost

ROOT = Path(__file__).parent.parent
RULE = """
  - id: edited
    any_of: [trylleord]
    weight: 6
    wrong_when: Never; a test wrote it.
"""
TESTED = """
  - name: an edited rule
    mail: {subject: "", text: Et trylleord i en setning.}
    expect: newsletter
    because: [edited]
  - name: none of it
    mail: {subject: "", text: En setning uten.}
    not_because: [edited]
"""


@pytest.fixture(scope="module")
def trained() -> Mind:
    return minds.load(load(ROOT / "config.yaml"))


@pytest.fixture
def settings(tmp_path: Path, trained: Mind) -> Settings:
    """Rules and templates to edit, and the trained model."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "model.bin").symlink_to(minds.model_path(trained.settings).resolve())
    folders = {"rules": tmp_path / "rules", "templates": tmp_path / "templates", "state": tmp_path / "state"}
    return trained.settings.model_copy(update=folders)


@pytest.fixture
def live(settings: Settings, trained: Mind) -> LiveMind:
    return LiveMind(minds.with_model(settings, trained.understanding.classifier))


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def knows(mind: Mind, rule: str) -> bool:
    return rule in mind.understanding.rulebook.places


def test_nothing_is_read_while_nothing_was_saved(live: LiveMind):
    before = live.mind
    assert not live.look()
    assert live.mind is before


def test_an_edited_rule_is_taken_once_it_is_whole_and_tested(live: LiveMind, settings: Settings):
    append(settings.rules / "newsletter.yaml", RULE)
    assert not live.look()
    assert not knows(live.mind, "newsletter/edited")
    assert "rule 'newsletter/edited' has no" in live.problem
    append(settings.rules / "newsletter.test.yaml", TESTED)
    assert live.look()
    assert knows(live.mind, "newsletter/edited")
    assert live.refused() is None


def test_a_broken_file_leaves_the_last_good_rules_and_is_told_once_with_its_line(
    live: LiveMind, settings: Settings, caplog: pytest.LogCaptureFixture
):
    good = live.mind
    append(settings.rules / "settlement.yaml", "\n  - id: [broken\n")
    assert not live.look()
    assert not live.look()
    assert live.mind is good
    assert "rules/settlement.yaml:" in live.problem
    assert live.refused() is not None
    told = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert len(told) == 1
    assert told[0].endswith("the last good ones stay")


def test_a_broken_template_is_not_taken_and_a_mended_one_is(live: LiveMind, settings: Settings):
    template = settings.templates / "review.en.md"
    words = template.read_text(encoding="utf-8")
    template.write_text(words + "{{ nothing_of_the_kind }}\n", encoding="utf-8")
    assert not live.look()
    assert "review.en.md" in live.problem
    template.write_text(words + "\nAnother line.\n", encoding="utf-8")
    assert live.look()
    assert live.mind.templates.digest != minds.templates_edition(ROOT / "templates").digest


def test_edited_examples_neither_train_nor_stop_the_desk(
    live: LiveMind, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(storing, "learn", lambda *_: pytest.fail("it trained"))
    model = live.mind.understanding.classifier
    append(settings.rules / "examples" / "newsletter.yaml", '\n  - language: "no"\n    text: Et nytt eksempel.\n')
    assert live.look()
    assert live.mind.understanding.classifier is model
    assert "'triage train' learns them" in caplog.text


def test_another_model_in_service_is_taken(live: LiveMind, settings: Settings):
    path = minds.model_path(settings)
    other = replace(live.mind.understanding.classifier, digest="another")
    path.unlink()
    storing.save(other, path)
    assert live.look()
    assert live.mind.understanding.classifier.digest == "another"


def test_what_cannot_be_noted_is_tried_again_at_the_next_look(settings: Settings, live: LiveMind):
    away = [True]

    def told(_: Mind) -> None:
        if away:
            away.clear()
            raise StoreLost("the database is lost: locked")

    noting = LiveMind(live.mind, told)
    append(settings.rules / "newsletter.test.yaml", "\n")
    assert not noting.look()
    assert "the database is lost" in noting.problem
    assert noting.look()


def test_a_desk_reads_the_next_batch_with_the_edited_rules(tmp_path: Path, live: LiveMind, settings: Settings):
    office = opened(tmp_path / "office", live.mind)
    desk = replace(office.desk, live=live)
    office.receive("Et trylleord: kan dere hjelpe meg med dette?", subject="Spørsmål")
    run_once(desk)
    append(settings.rules / "newsletter.yaml", RULE)
    append(settings.rules / "newsletter.test.yaml", TESTED)
    assert live.look()
    office.receive("Et trylleord til: kan dere hjelpe meg med det?", subject="Spørsmål", sender="ola@shop.example")
    run_once(desk)
    topics = [row.topic for row in office.rows(schema.verdict)]
    office.desk.store.close()
    assert topics[-1] == "newsletter" != topics[0]
