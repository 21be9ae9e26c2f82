"""`triage explain --json` prints the contract, for every mail and in file-name order."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from tests.labelled import FOLDER, load
from triage.cli.main import main

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
pytestmark = pytest.mark.timeout(900)  # the first of them trains the model


def explain(*words: str, config: Path = ROOT / "config.yaml") -> Result:
    return CliRunner().invoke(main, ["explain", *words, "-c", str(config)])


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """What is said of tests/mails, which were sent to integration@desk.example."""
    text = (
        (ROOT / "config.yaml").read_text(encoding="utf-8").replace("integration@vipps.no", "integration@desk.example")
    )
    for name in ("rules", "templates"):
        text = text.replace(f"{name}: {name}", f"{name}: {ROOT / name}")
    config = tmp_path_factory.mktemp("explain") / "config.yaml"
    config.write_text(text.replace("state: var", f"state: {ROOT / 'var'}"), encoding="utf-8")
    result = explain("--json", str(FOLDER), config=config)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_line_keeps_the_contract(lines: list[dict[str, object]]):
    schema = Draft202012Validator(json.loads((HERE / "explain.schema.json").read_text(encoding="utf-8")))
    wrong = [f"{line['file']}: {error.message}" for line in lines for error in schema.iter_errors(line)]
    assert wrong == []


def test_mails_come_in_the_order_of_their_file_names(lines: list[dict[str, object]]):
    assert [line["file"] for line in lines] == [each.file for each in load()]


def test_silence_and_a_reply_exclude_each_other(lines: list[dict[str, object]]):
    for line in lines:
        assert (line["kind"] in ("automatic", "spam")) == (line["action"] == "none"), line["file"]
        assert line["action"] != "none" or line["reply"] is None


def test_no_human_mail_is_silenced_and_no_machine_is_answered(lines: list[dict[str, object]]):
    human = {each.file: each.human for each in load()}
    wrong = [line["file"] for line in lines if (line["action"] == "none") == human[str(line["file"])]]
    assert wrong == []


def test_nothing_is_missing_that_was_found(lines: list[dict[str, object]]):
    for line in lines:
        given = {name for name, found in line["fields"].items() if found["value"] != "conflict"}  # type: ignore[attr-defined]
        assert not given & set(line["missing"]), line["file"]  # type: ignore[call-overload]


def test_a_person_is_told_the_same_in_words(tmp_path: Path):
    mail = tmp_path / "a.eml"
    mail.write_text("From: kari@shop.example\nSubject: Oppgjør\n\nPengene for forrige uke er ikke på konto.\n", "utf-8")
    result = explain(str(mail))
    assert result.exit_code == 0
    assert "redirect" in result.stdout
    assert "rules/settlement.yaml" in result.stdout
    assert "No reply." not in result.stdout


def test_a_path_that_does_not_exist_is_wrong_usage():
    assert explain("/nowhere.eml").exit_code == 2


def test_a_folder_without_mails_is_named(tmp_path: Path):
    result = explain(str(tmp_path))
    assert (result.exit_code, result.stderr) == (1, f"no .eml files in {tmp_path}\n")


def test_the_place_of_a_rule_is_readable_in_a_narrow_terminal():
    mail = ROOT / "triage" / "samples" / "04-callback-missing-en.eml"
    result = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["explain", str(mail), "-c", str(ROOT / "config.yaml")])
    assert re.search(r"rules/technical\.yaml:\d+\b", result.stdout)
    assert max(map(len, result.stdout.splitlines())) == 80
