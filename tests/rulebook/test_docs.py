"""docs/editing-rules.md names every key that staff may write, and what it shows is accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rulebook.small_rulebook import Edit

from triage.domain import Flag, TopicKind
from triage.rulebook.checking import check
from triage.rulebook.schema import CaseShape, FlagRuleShape, RuleShape, SampleMail, Sign, Thresholds, TopicFile

PAGE = (Path(__file__).parents[2] / "docs" / "editing-rules.md").read_text(encoding="utf-8")
KEYS = {
    key
    for shape in (RuleShape, CaseShape, SampleMail, TopicFile, Thresholds)
    for key in shape.model_fields
    if key not in ("flag", "rules")
}
RULE, CASES, *_ = (
    re.sub("^   ", "", block, flags=re.M) for block in re.findall(r"```yaml\n(.*?)   ```", PAGE, re.DOTALL)
)


@pytest.mark.parametrize("key", sorted(KEYS | set(Sign) | set(TopicKind)))
def test_the_page_names_every_key(key: str) -> None:
    assert f"`{key}`" in PAGE


def test_the_page_names_the_flags_that_rules_set() -> None:
    assert "flag" in FlagRuleShape.model_fields
    assert all(f"`{flag}`" in PAGE for flag in (Flag.PHONE_REQUEST, Flag.ESCALATION, Flag.INCIDENT))


def test_the_rule_and_the_cases_on_the_page_work_as_they_stand(edit: Edit) -> None:
    edit("settlement.yaml", "rules:\n", "rules:\n" + RULE)
    assert check(edit("settlement.test.yaml", "tests:\n", "tests:\n" + CASES)) == ()
