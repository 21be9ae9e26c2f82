"""A new model takes over only when it is no worse; models are kept, listed, and one can go back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.classifier.made_up_mails import mails
from triage.classifier import storing
from triage.classifier.examples import Example, load_gold
from triage.classifier.model import Classifier
from triage.classifier.training import train
from triage.cli.main import main
from triage.domain import Language
from triage.rulebook.loading import load as load_rulebook
from triage.tuning import shelf
from triage.tuning.challenger import Exams, Score, Scores, compare, figures, sit

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 3, 2, tzinfo=UTC)
EVEN = Score(90, 80, 2)


@pytest.fixture(scope="module")
def model() -> Classifier:
    return train(mails())


def scores(evaluation: Score = EVEN, corrected: Score = EVEN) -> Scores:
    return Scores(evaluation, corrected)


def test_the_first_model_has_nobody_to_beat():
    assert compare(None, scores(Score(90, 1, 80))).taken


def test_one_that_is_as_good_takes_over():
    assert compare(scores(), scores()).taken


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (scores(evaluation=Score(90, 79, 2)), "the evaluation set: 79 of 90 topics right, before 80"),
        (scores(corrected=Score(90, 85, 3)), "corrected mails: 3 wrong where sure, before 2"),
    ],
)
def test_one_that_is_worse_on_either_set_does_not(now: Scores, why: str):
    verdict = compare(scores(), now)
    assert (verdict.taken, verdict.why) == (False, why)


def test_scores_count_right_topics_and_sure_mistakes(model: Classifier):
    right = mails(5, seed=9)
    wrong = [replace(each, topic="technical" if each.topic != "technical" else "settlement") for each in right]
    assert sit(model, Exams(right, ())).evaluation == Score(15, 15, 0)
    score = sit(model, Exams(wrong, ())).evaluation
    assert (score.right, score.sure_wrong > 5) == (0, True)
    also = [Example("other", "", Language.EN, each.subject, each.text, also=(each.topic,)) for each in right]
    assert sit(model, Exams((), also)).corrected.right == 15


def put(state: Path, model: Classifier, digest: str, *, days: int = 0, taken: bool = True) -> shelf.Volume:
    verdict = shelf.Verdict(taken, "because", figures(scores()))
    return shelf.put(state, replace(model, digest=digest * 64), verdict, NOW + timedelta(days=days))


def test_going_back_and_forth_between_models(tmp_path: Path, model: Classifier):
    for days, digest in enumerate("abc"):
        shelf.serve(tmp_path, put(tmp_path, model, digest, days=days))
    put(tmp_path, model, "d", days=9, taken=False)
    assert shelf.in_service(tmp_path) == "c" * 64
    shelf.serve(tmp_path, shelf.before(tmp_path))
    assert storing.load(tmp_path / "model.bin").digest == "b" * 64
    shelf.serve(tmp_path, shelf.before(tmp_path))
    assert shelf.in_service(tmp_path) == "a" * 64
    with pytest.raises(shelf.CannotServe, match="no earlier model"):
        shelf.before(tmp_path)
    shelf.serve(tmp_path, shelf.find(tmp_path, "dddd"))
    assert [(each.digest[0], each.in_service, each.taken) for each in shelf.volumes(tmp_path)] == [
        ("d", True, True),
        ("c", False, True),
        ("b", False, True),
        ("a", False, True),
    ]


def test_only_the_newest_are_kept_and_never_is_the_one_in_service_removed(tmp_path: Path, model: Classifier):
    shelf.serve(tmp_path, put(tmp_path, model, "0"))
    for number in range(1, 9):
        put(tmp_path, model, f"{number}", days=number)
    assert [each.digest[0] for each in shelf.volumes(tmp_path)] == ["8", "7", "6", "5", "4", "0"]


def test_a_digest_must_name_one_model(tmp_path: Path, model: Classifier):
    put(tmp_path, model, "a")
    put(tmp_path, model, "ab")
    with pytest.raises(shelf.CannotServe, match="several stored models begin with 'a'"):
        shelf.find(tmp_path, "a")
    with pytest.raises(shelf.CannotServe, match="no stored model begins with 'f'"):
        shelf.find(tmp_path, "f")


def test_a_model_of_another_version_of_the_program_is_not_put_in_service(
    tmp_path: Path, model: Classifier, monkeypatch: pytest.MonkeyPatch
):
    volume = put(tmp_path, model, "a")
    monkeypatch.setattr("triage.classifier.fingerprint.version", lambda name: f"another {name}")
    with pytest.raises(shelf.CannotServe, match="another version"):
        shelf.serve(tmp_path, volume)
    assert shelf.in_service(tmp_path) == ""


def test_a_damaged_note_beside_a_model_hides_that_model_alone(tmp_path: Path, model: Classifier):
    put(tmp_path, model, "a")
    put(tmp_path, model, "b").path.with_suffix(".json").write_text("{", encoding="utf-8")
    assert [each.digest[0] for each in shelf.volumes(tmp_path)] == ["a"]


# ── the commands ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A desk in a folder, with the shipped rules."""
    text = (
        "desk: {name: Desk, address: integration@vipps.no}\n"
        "mailboxes: [{name: one, maildir: {path: mail}}]\n"
        "outgoing: {folder: out}\ndatabase: sqlite:///desk.sqlite\nstate: state\n"
        f"rules: {ROOT / 'rules'}\ntemplates: {ROOT / 'templates'}\n"
    )
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "config.yaml"


def run(config: Path, *words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, [*words, "-c", str(config)])


def learns(monkeypatch: pytest.MonkeyPatch, model: Classifier, digest: str) -> None:
    """What the next `triage train` will make."""
    monkeypatch.setattr(storing, "learn", lambda *_: replace(model, digest=digest * 64))


def test_a_worse_model_is_kept_but_not_used_until_somebody_says_so(
    config: Path, model: Classifier, monkeypatch: pytest.MonkeyPatch
):
    learns(monkeypatch, train([*mails(), *evaluation_mails()]), "a")
    first = run(config, "train")
    assert (first.exit_code, "is in service" in first.output) == (0, True), first.output
    learns(monkeypatch, model, "b")
    second = run(config, "train")
    assert (second.exit_code, "kept but not in service" in second.output) == (1, True)
    assert "triage model use bbbbbbbbbbbb" in second.output
    listed = run(config, "model", "list").output.splitlines()
    assert [line for line in listed if "in service" in line and "aaaa" in line]
    assert run(config, "model", "use", "bbbb").exit_code == 0
    assert shelf.in_service(config.parent / "state") == "b" * 64
    assert run(config, "model", "rollback").exit_code == 0
    assert shelf.in_service(config.parent / "state") == "a" * 64


def evaluation_mails() -> list[Example]:
    topics = [topic.name for topic in load_rulebook(ROOT / "rules").topics]
    return list(load_gold(ROOT / "rules" / "evaluation", topics))


def test_the_model_that_served_before_models_were_kept_can_be_gone_back_to(
    config: Path, model: Classifier, monkeypatch: pytest.MonkeyPatch
):
    state = config.parent / "state"
    storing.save(replace(model, digest="0" * 64), state / "model.bin")
    learns(monkeypatch, model, "1")
    assert run(config, "train").exit_code == 0
    assert shelf.in_service(state) == "1" * 64
    assert run(config, "model", "rollback").exit_code == 0
    assert shelf.in_service(state) == "0" * 64


def test_the_evaluation_set_asks_for_every_topic_in_every_language_and_never_trains():
    mails_ = evaluation_mails()
    topics = {topic.name for topic in load_rulebook(ROOT / "rules").topics}
    assert {(mail.topic, mail.language) for mail in mails_} >= {(topic, each) for topic in topics for each in Language}
    trained = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules" / "examples").glob("*.yaml"))
    assert not [mail.text for mail in mails_ if mail.text in trained]


def test_an_empty_shelf_says_what_to_do(config: Path):
    assert "'triage train' makes one" in run(config, "model", "list").output
    shutil.rmtree(config.parent / "state", ignore_errors=True)
    assert run(config, "model", "rollback").exit_code == 1
