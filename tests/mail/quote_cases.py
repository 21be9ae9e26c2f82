"""Reads cases/quotes/*.txt: mails of our own writing, each line behind the part it belongs to.

`=== name` begins a case, `(forwarded)` says that its subject marks a forward; `n|` new, `q|` quoted, `s|` signature,
`.` a blank line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "cases" / "quotes"


@dataclass(slots=True)
class Case:
    name: str
    forwarded: bool
    lines: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def part(self, mark: str) -> list[str]:
        return [line for own, line in self.lines if own == mark and line.strip()]


def cases() -> list[Case]:
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for row in path.read_text(encoding="utf-8").split("\n"):
            if row.startswith("=== "):
                found.append(Case(f"{path.stem}: {row[4:]}", row.endswith("(forwarded)")))
            elif row == ".":
                found[-1].lines.append(("", ""))
            elif row:
                found[-1].lines.append((row[0], row[2:]))
    return found
