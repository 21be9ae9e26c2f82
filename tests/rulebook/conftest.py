"""A small rulebook that is in order; tests break one thing in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from rulebook.small_rulebook import FILES, Edit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "rules"
    place.mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace some text of one file, which must be there once; the folder is returned."""

    def change(name: str, old: str, new: str) -> Path:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} must stand once in {name}"
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return change
