from __future__ import annotations

import shutil

import pytest

from tests.fields.conftest import RULES
from triage.fields.checking import check


@pytest.fixture
def rules(tmp_path):
    for name in ("fields", "profiles", "checklists", "known-answers", "contacts"):
        shutil.copy(RULES / f"{name}.yaml", tmp_path)
    return tmp_path


def edited(rules, name, old, new):
    file = rules / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return [str(problem).replace(str(rules), "rules") for problem in check(rules)]


def test_the_shipped_files_are_sound():
    assert check(RULES, RULES.parent / "templates") == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "profiles.yaml",
            "required: [environment, app_platform",
            "required: [environment, app_platfrom",
            "did you mean 'app_platform'",
        ),
        ("profiles.yaml", "- name: login", "- name: callback", "'callback' is given twice"),
        (
            "profiles.yaml",
            "  password:\n    en: a password",
            "  passwort:\n    en: a password",
            "'password' has no name for replies",
        ),
        ("profiles.yaml", "first: [new customer", 'first: ["new|customer"', "looks like a regular expression"),
        (
            "checklists.yaml",
            "items: [msn, checklist_video",
            "items: [msn, checklist_vidoe",
            "did you mean 'checklist_video'",
        ),
        ("known-answers.yaml", "apis: [ecom]", "apis: [ekom]", "'ekom' is no known product"),
        ("known-answers.yaml", "link: KB/orderid", "link: KBB/orderid", "neither a web address"),
        (
            "known-answers.yaml",
            "link: KB/orderid",
            "link: https://github.com/x/v1-deprecation",
            "this cites 'v1-deprecation', which is outdated",
        ),
        ("known-answers.yaml", "state: current", "state: old", "an old answer is never given"),
        ("known-answers.yaml", "valid_from: 2023-12-01", "valid_from: soon", "valid_from"),
        ("fields.yaml", "no_value:", "no_valeu:", "did you mean 'no_value'"),
    ],
)
def test_a_mistake_is_named_at_its_place_with_what_to_do(rules, name, old, new, said):
    problems = edited(rules, name, old, new)
    assert any(said in problem and problem.startswith(f"rules/{name}:") for problem in problems), problems


def test_templates_that_cite_something_outdated_are_refused(rules, tmp_path):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "question.en.md").write_text("Hi\nPlease use the API Dashboard.\n")
    assert [problem.place.line for problem in check(rules, templates)] == [2]


def test_all_problems_of_all_files_come_at_once(rules):
    (rules / "fields.yaml").write_text("labels: 1\n")
    problems = edited(rules, "checklists.yaml", "partner_items: [partner_terms", "partner_items: [partner_temrs")
    assert len({problem.split(":")[0] for problem in problems}) == 2
