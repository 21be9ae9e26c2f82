"""`triage check` refuses rules that are not proven, each with the sentence that staff read."""

from __future__ import annotations

import time
from pathlib import Path

from rulebook.small_rulebook import Edit

from triage.rulebook.checking import check

SHIPPED = Path(__file__).parents[2] / "rules"


def told(folder: Path) -> list[str]:
    return [str(problem) for problem in check(folder)]


def test_a_rulebook_in_order_has_no_problems(folder: Path) -> None:
    assert told(folder) == []


def test_the_shipped_rules_are_in_order_and_checked_well_under_two_seconds_of_cpu() -> None:
    start = time.process_time()
    assert told(SHIPPED) == []
    assert time.process_time() - start < 2


def test_an_unknown_key_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.yaml", "    any_of:", "    any_off:")) == [
        "rules/settlement.yaml:8:5: unknown key 'any_off'; did you mean 'any_of'?"
    ]


def test_an_unknown_topic_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.test.yaml", "expect: settlement", "expect: setlement")) == [
        "rules/settlement.test.yaml:4:13: unknown topic 'setlement'; did you mean 'settlement'?"
    ]


def test_a_rule_without_tests_is_refused(edit: Edit) -> None:
    rule = "  - {id: fee-words, any_of: [gebyr], weight: 1, wrong_when: Somebody asks what a partner pays.}\n"
    assert told(edit("settlement.yaml", "rules:\n", "rules:\n" + rule)) == [
        "rules/settlement.yaml:7:5: rule 'settlement/fee-words' has no near miss, a mail in which it must not fire; add a"
        " case with 'not_because: [fee-words]' to rules/settlement.test.yaml",
        "rules/settlement.yaml:7:5: rule 'settlement/fee-words' has no test in which it fires; add a case with"
        " 'because: [fee-words]' to rules/settlement.test.yaml",
    ]


def test_a_near_miss_that_fires_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.yaml", "    none_of: [SFTP]\n", "")) == [
        "rules/settlement.test.yaml:8:19: near miss: rule 'settlement/settlement-words' must not fire in this mail but"
        " does, on 'settlement'"
    ]


def test_a_case_that_does_not_fire_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.test.yaml", "Oppgjør mangler", "Pengene mangler")) == [
        "rules/settlement.test.yaml:4:13: expected topic 'settlement' but the rules say 'none'",
        "rules/settlement.test.yaml:5:15: rule 'settlement/settlement-words' does not fire in this mail; firing: none",
    ]


def test_another_topic_than_expected_is_refused_with_the_words_that_misled(edit: Edit) -> None:
    assert told(edit("technical.test.yaml", "expect: none", "expect: settlement")) == [
        "rules/technical.test.yaml:8:13: expected topic 'settlement' but the rules say 'none'"
    ]
    assert told(edit("technical.test.yaml", "expect: technical", "expect: none"))[0] == (
        "rules/technical.test.yaml:4:13: expected topic 'none' but the rules say 'technical'"
        " (technical/api-call on 'POST:/pay')"
    )


def test_an_unknown_rule_in_a_test_is_refused(edit: Edit) -> None:
    problems = told(edit("settlement.test.yaml", "because: [settlement-words]\n", "because: [setlement-words]\n"))
    assert "rules/settlement.test.yaml:5:15: unknown rule 'settlement/setlement-words'; did you mean" in problems[0]


def test_a_wrong_indent_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.yaml", "    none_of", "   none_of")) == [
        "rules/settlement.yaml:9:4: this is not readable YAML (did not find expected '-' indicator); check the indentation"
        " and the quotes here"
    ]


def test_a_duplicate_id_is_refused(edit: Edit) -> None:
    rule = "  - {id: settlement-words, any_of: [gebyr], weight: 1, wrong_when: Somebody asks what a partner pays.}\n"
    assert told(edit("settlement.yaml", "rules:\n", "rules:\n" + rule)) == [
        "rules/settlement.yaml:8:9: rule id 'settlement-words' is given twice, the first is on line 7; rename one of them"
    ]


def test_a_duplicate_key_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.yaml", "    weight: 2\n", "    weight: 2\n    weight: 3\n")) == [
        "rules/settlement.yaml:11:5: 'weight' is given twice, the first is on line 10; keep one of them"
    ]


def test_values_of_a_test_mail_are_read_as_they_stand(edit: Edit) -> None:
    edit("settlement.yaml", "[oppgjør, utbetaling*, settlement]", "[no 012345]")
    assert told(edit("settlement.test.yaml", "subject: Oppgjør mangler", "subject: no, text: 012345"))[-1].endswith(
        "does not fire in this mail; firing: none"
    )
    assert told(edit("settlement.test.yaml", "subject: no, text: 012345", "subject: no 012345")) == []


def test_a_missing_wrong_when_is_refused(edit: Edit) -> None:
    assert told(edit("settlement.yaml", "    wrong_when: A developer quotes the endpoint.\n", "")) == [
        "rules/settlement.yaml:7:5: 'wrong_when' is missing here; add it"
    ]


def test_a_test_file_for_no_topic_is_refused(folder: Path) -> None:
    (folder / "setlement.test.yaml").write_text("tests: []\n")
    assert told(folder) == [
        "rules/setlement.test.yaml:1:1: unknown topic 'setlement': this file tests no file of rules; did you mean"
        " 'settlement'?"
    ]


def test_problems_of_several_test_files_come_together(edit: Edit) -> None:
    edit("flags.test.yaml", "ring meg", "skriv til meg")
    problems = told(edit("technical.test.yaml", "POST:/pay fails", "It fails"))
    assert {problem.partition(":")[0] for problem in problems} == {"rules/flags.test.yaml", "rules/technical.test.yaml"}


def test_a_broken_rule_and_a_broken_test_are_told_together(edit: Edit) -> None:
    edit("settlement.yaml", "    any_of:", "    any_off:")
    problems = told(edit("flags.test.yaml", "  - name: wants a call", "  - nam: wants a call"))
    assert {problem.partition(":")[0] for problem in problems} == {"rules/settlement.yaml", "rules/flags.test.yaml"}
