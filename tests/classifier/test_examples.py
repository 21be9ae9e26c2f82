from __future__ import annotations

from pathlib import Path

import pytest

from triage.classifier.examples import Example, describe, load, load_gold
from triage.domain import Language
from triage.yamlfile import Problems

TOPICS = ("settlement", "technical")
GOOD = """topic: settlement
examples:
  - language: no
    intent: payout-missing
    subject: Penger
    text: |
      hvor er pengene
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(Problems) as caught:
        load([folder], TOPICS)
    return [str(problem).removeprefix(f"{folder.name}/") for problem in caught.value.problems]


def test_examples_are_read_as_they_are_written(tmp_path: Path) -> None:
    example = Example("settlement", "payout-missing", Language.NO, "Penger", "hvor er pengene")
    assert load([write(tmp_path, "settlement.yaml", GOOD)], TOPICS) == (example,)
    assert example.words == "Penger\nhvor er pengene"


def test_an_id_names_topic_intent_and_words() -> None:
    one = Example("settlement", "payout-missing", Language.NO, "a", "b")
    assert one.id.startswith("settlement/payout-missing/")
    assert one.id == Example("settlement", "payout-missing", Language.EN, "a", "b").id
    assert one.id != Example("settlement", "payout-missing", Language.NO, "a", "c").id
    assert Example("settlement", "", Language.NO, "a", "b").id.count("/") == 1


def test_every_problem_is_told_at_once_and_at_its_place(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD.replace("settlement", "setlement"))
    write(tmp_path, "b.yaml", GOOD.replace("language: no", "language: xx"))
    write(tmp_path, "c.yaml", "topic: technical\nexamples:\n  - {language: en, txt: x}\n")
    assert problems(tmp_path) == [
        "a.yaml:1:8: unknown topic 'setlement'; did you mean 'settlement'?",
        "b.yaml:3:15: 'language': 'xx' is not known here; known here: da, en, fi, no, sv",
        "c.yaml:3:5: 'text' is missing here; add it",
        "c.yaml:3:20: unknown key 'txt'; did you mean 'text'?",
    ]


def test_a_mail_without_words_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", 'topic: technical\nexamples:\n  - {language: en, text: " "}\n')
    assert problems(tmp_path) == ["a.yaml:3:26: 'text' is empty; write the mail, or remove this example"]


def test_a_mail_that_stands_there_twice_is_refused_in_whatever_capitals(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD)
    write(tmp_path, "b.yaml", GOOD.replace("hvor er", "HVOR  ER"))
    assert problems(tmp_path) == [
        f"b.yaml:6:11: this mail stands already in {tmp_path.name}/a.yaml:6:11; keep one of them"
    ]


def test_descriptions_become_examples_of_their_topic() -> None:
    told = describe({"settlement": {Language.NO: "penger", Language.EN: " "}, "technical": {}})
    assert told == (Example("settlement", "", Language.NO, "", "penger"),)


def test_gold_mails_are_lists_with_an_id_each(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "- {id: n1, topic: technical, also: [settlement], language: sv, text: servern}\n")
    assert load_gold(tmp_path, TOPICS) == (Example("technical", "", Language.SV, "", "servern", also=("settlement",)),)
    write(tmp_path, "b.yaml", "- {id: n1, topic: technicl, language: sv, text: x}\n")
    with pytest.raises(Problems) as caught:
        load_gold(tmp_path, TOPICS)
    assert [problem.message for problem in caught.value.problems] == [
        "the id 'n1' is given twice; give each mail its own",
        "unknown topic 'technicl'; did you mean 'technical'?",
    ]
