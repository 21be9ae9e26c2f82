"""Reads cases/guard/*.txt: mails of our own writing, each with the reason for silence that it must give.

`=== name -> code` begins a mail that stays unanswered, `=== name` one that a person wrote. A mail without From gets
a person's, so that a case holds only what matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "cases" / "guard"
PERSON = "From: Ann Buyer <ann@shop.example>\n"


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    code: str | None
    raw: bytes


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.txt")) for case in _of(path)]


def _of(path: Path) -> list[Case]:
    found = []
    for chunk in path.read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, mail = chunk.partition("\n")
        name, _, code = title.partition(" -> ")
        head = mail.partition("\n\n")[0]
        sender = "" if any(line.startswith("From:") for line in head.split("\n")) else PERSON
        found.append(Case(name, code or None, f"{sender}{mail}".encode()))
    return found
