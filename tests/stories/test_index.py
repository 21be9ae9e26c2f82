"""docs/failure-stories.md names every story, and tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "failure-stories.md").read_text(encoding="utf-8")
NAMED = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", PAGE)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_test_that_the_page_names_exists():
    assert [f"{path}::{name}" for path, name in NAMED if name not in names_in(path)] == []


def test_the_page_tells_every_story_once_and_each_has_a_test():
    rows = re.findall(r"(?m)^\| F(\d+) \|.*\|$", PAGE)
    assert [int(number) for number in rows] == list(range(1, 52))
    assert all("::test_" in line for line in PAGE.splitlines() if re.match(r"\| F\d+ ", line))


def test_every_story_that_is_played_here_stands_on_the_page():
    here = {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"def (test_f\d\d_\w+)", path.read_text("utf-8"))
    }
    assert here - {name for _, name in NAMED} == set()
