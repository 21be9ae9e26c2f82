"""The project runs on the Python that Debian 12 ships (3.11.2), whatever the one it was written on can do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
POSSESSIVE = re.compile(r"(?<![\\\[])[*+?}]\+(?!\])|\(\?>")


def test_no_pattern_is_possessive_or_atomic_because_early_3_11_misreads_them():
    found = [
        f"{path.name}:{node.lineno}: {node.value[:60]}"
        for path in (ROOT / "triage").rglob("*.py")
        for node in _strings(ast.parse(path.read_text(encoding="utf-8")))
        if POSSESSIVE.search(node.value)
    ]
    assert found == []


def _strings(tree: ast.Module) -> list[ast.Constant]:
    """Every text in the code but docstrings."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs]
