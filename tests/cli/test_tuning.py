"""The commands with which staff tune the desk, on a small ledger: what they say, and what they refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.office import opened
from triage import mind as minds
from triage.cli.main import main
from triage.config import load
from triage.desk import run_once
from triage.mind import Mind
from triage.store import schema
from triage.store.database import engine_for

ROOT = Path(__file__).parent.parent.parent
CONFIG = """\
desk: {name: Sample Desk, address: integration@vipps.no}
mailboxes: [{name: local, maildir: {path: mail}}]
outgoing: {folder: out}
database: sqlite:///desk.sqlite
state: state
rules: rules
"""


@pytest.fixture(scope="module")
def thinking() -> Mind:
    return minds.load(load(ROOT / "config.yaml"))


@pytest.fixture
def folder(tmp_path: Path, thinking: Mind) -> Path:
    """A desk that gave one mail to a human: ticket VSD-10000."""
    made = opened(tmp_path, thinking)
    made.receive("Hei, dagskassen har ikke dukket opp hos oss. Mvh Kari Nordmann, 654321", subject="Spørsmål")
    run_once(made.desk)
    made.desk.store.close()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "model.bin").symlink_to(minds.model_path(thinking.settings).resolve())
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str, typed: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "160"})
    return runner.invoke(main, [*words, "-c", str(folder / "config.yaml")], input=typed)


def corrections(folder: Path) -> list[tuple[str | None, str]]:
    engine = engine_for(f"sqlite:///{folder}/desk.sqlite")
    with engine.begin() as db:
        found = [(row.topic, row.example) for row in db.execute(schema.correction.select())]
    engine.dispose()
    return found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["correct", "VSD-10000"], "Give --topic, --missing, or both."),
        (["correct", "VSD-10000", "--missing", "msn", "--reply"], "--move and --reply need --topic."),
        (["correct", "VSD-10000", "--topic", "setlement"], "there is no topic 'setlement'; did you mean 'settlement'?"),
        (["correct", "VSD-10000", "--missing", "msn,oder_id"], "there is no field 'oder_id'; did you mean 'order_id'?"),
        (["correct", "VSD-10099", "--topic", "settlement"], "there is no ticket VSD-10099"),
        (["correct", "ticket", "--topic", "settlement"], "'ticket' is not a ticket number; write it as VSD-12345"),
        (["backtest", "--show", "VSD-10099"], "VSD-10099: no mail of this ticket is recorded"),
        (["backtest", "--model", "abc"], "no stored model begins with 'abc'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_changes_nothing(folder: Path, words: list[str], said: str):
    result = run(folder, *words)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert corrections(folder) == []


def test_a_correction_says_what_it_noted(folder: Path):
    result = run(folder, "correct", "10000", "--topic", "settlement", "--missing", "nothing", "--who", "kari")
    assert result.exit_code == 0, result.output
    assert result.output == (
        "VSD-10000: no topic should be settlement; should be asked for nothing; "
        "'triage examples review' offers it as an example\n"
    )


def test_a_ticket_is_answered_anew_when_asked(folder: Path):
    result = run(folder, "correct", "VSD-10000", "--topic", "settlement", "--reply")
    assert "VSD-10000 is redirected now, topic settlement\nqueued: redirect (no)\n" in result.output


def test_examples_are_shown_without_names_and_settled_one_by_one(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for topic in ("settlement", "plugin", "general"):
        run(folder, "correct", "VSD-10000", "--topic", topic, "--why", "because", "--who", "kari")
    monkeypatch.setattr(click, "edit", lambda text: text.replace("Hei", "Hallo"))
    result = run(folder, "examples", "review", typed="e\na\nd\nl\n")
    assert result.output.endswith("1 accepted; 'triage train' learns them\n")
    assert "654321" not in result.output
    assert [example for _, example in corrections(folder)] == ["accepted", "dropped", "offered"]
    written = (folder / "rules" / "examples" / "settlement.corrections.yaml").read_text(encoding="utf-8")
    assert "Hallo, dagskassen" in written
    assert "sound" in run(folder, "check").output
    assert run(folder, "examples", "review", typed="q\n").output.endswith("0 accepted\n")


def test_a_back_test_tells_who_moves_and_why(folder: Path):
    shutil.copytree(folder / "rules", folder / "draft")
    with (folder / "draft" / "settlement.yaml").open("a", encoding="utf-8") as file:
        file.write("\n  - {id: takings, any_of: [dagskasse*], weight: 4, wrong_when: Hardly ever.}\n")
    run(folder, "correct", "VSD-10000", "--topic", "settlement")
    draft = ("backtest", "--rules", str(folder / "draft"))
    told = run(folder, *draft).output
    assert "1 recorded mails were judged again: 1 would be decided otherwise." in told
    assert "Of 1 corrected mails, 0 agreed with staff; 1 would." in told
    assert "no topic, review  settlement, redirect      1" in told
    found = json.loads(run(folder, *draft, "--json").stdout)
    assert [each["ticket"] for each in found["changed"]] == ["VSD-10000"]
    assert found["letters"] == [{"from": "review (no)", "to": "redirect (no)", "mails": 1}]
    shown = run(folder, *draft, "--show", "VSD-10000").output
    assert "settlement/takings" in shown
    assert "draft/settlement.yaml:" in shown


def test_a_broken_draft_is_refused_with_its_line(folder: Path):
    shutil.copytree(folder / "rules", folder / "draft")
    with (folder / "draft" / "settlement.yaml").open("a", encoding="utf-8") as file:
        file.write("\n  - {id: takings, any_off: [dagskasse*]}\n")
    for command in ("check", "backtest"):
        result = run(folder, command, "--rules", str(folder / "draft"))
        assert result.exit_code == 3
        assert "unknown key 'any_off'; did you mean 'any_of'?" in result.output


def test_history_is_empty_until_the_desk_ran_and_then_tells_what_it_worked_with(folder: Path):
    assert "nothing is noted" in run(folder, "history").output
    assert run(folder, "run", "--once").exit_code == 0
    with (folder / "rules" / "settlement.yaml").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    assert run(folder, "run", "--once").exit_code == 0
    found = json.loads(run(folder, "history", "--json").stdout)
    assert [(each["kind"], each["said"]) for each in found] == [
        ("rules", "settlement.yaml"),
        ("model", "the first noted"),
        ("templates", "the first noted"),
        ("rules", "the first noted"),
    ]
    assert "settlement.yaml" in run(folder, "history", "--kind", "rules").output
