"""Editions: one state of the rules, the templates or the model, by the digests of its files, and who changed it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

RULES: Final = "rules"
TEMPLATES: Final = "templates"
MODEL: Final = "model"
_GIT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Edition:
    """What the desk works with since some moment. `files` are names and digests."""

    kind: str  # rules | templates | model
    digest: str  # SHA-256 (hex), noted with every verdict
    files: Mapping[str, str] = field(default_factory=dict)


def edition(kind: str, folder: Path, files: Iterable[Path]) -> Edition:
    """The edition that some files of a folder make. Raises OSError."""
    found = {path.relative_to(folder).as_posix(): file_digest(path) for path in sorted(files)}
    return Edition(kind, total_digest(found), found)


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def total_digest(files: Mapping[str, str]) -> str:
    """One digest over names and digests of files."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the files that differ, came or went, sorted."""
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def author(folder: Path, names: Iterable[str]) -> str:
    """Who changed files: the authors of their last commits where git has exactly these, else the owners of the files."""
    paths = [folder / name for name in names if (folder / name).exists()]
    people = dict.fromkeys(_committer(path) or _owner(path) for path in paths)
    return ", ".join(person for person in people if person)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):  # a user without a name
        return ""


def _committer(path: Path) -> str:
    """The author of the file's last commit; empty outside git, and when the file was changed since."""
    if _git(path, "status", "--porcelain", "--", path.name) != "":
        return ""
    return _git(path, "log", "-1", "--format=%an (%h)", "--", path.name) or ""


def _git(path: Path, *words: str) -> str | None:
    """What git says in the file's folder; None where it cannot say."""
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "-C", str(path.parent), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603 - names of our own files
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
