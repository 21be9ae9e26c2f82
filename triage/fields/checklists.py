"""Filled-in integration checklists: which API, which answers, what is lacking (seeds 001 and 004, DOMAIN section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from triage.domain import Attachment, Checklist, Finding, InboundMail
from triage.fields.parts import Part, fold
from triage.fields.profiles import Wording
from triage.rulebook.conditions import LONGEST_PART
from triage.rulebook.words import WordIndex
from triage.yamlfile import Field, Model

_FEWEST_ROWS = 3
_OK_SHARE = 0.8  # of the answers; from there on they are no answers (DOMAIN section 3)
_ROW = re.compile(r"[ \t>*-]{0,6}(?:\[(?P<tick>[xX✓✔ ]?)\][ \t]{0,3})?(?P<item>[^\n]{3,400})")
_ANSWER = re.compile(r"[ \t]{0,8}(?:\||\t|:[ \t]|[ ]{3,}|[ ][-–=][ ])")


class Item(Wording):
    """Something a checklist must hold, how it is seen, and how it is asked for. Every sign given must be seen."""

    found: tuple[str, ...] = ()
    """Fields the mail gives."""
    any_of: tuple[str, ...] = ()
    """Words, as in the rules."""
    any_texts: tuple[str, ...] = ()
    all_texts: tuple[str, ...] = ()
    """Runs of characters, in any case."""
    files: tuple[str, ...] = ()
    """Endings of attached files; one of them is enough by itself."""


class ChecklistShape(Model):
    """What the checklist of one API must hold."""

    api: str
    recognised_by: tuple[str, ...]
    items: tuple[str, ...]


class ChecklistsFile(Model):
    """Shape of rules/checklists.yaml."""

    names: tuple[str, ...] = Field(min_length=1)
    handed_in: tuple[str, ...] = Field(min_length=1)
    unreadable: tuple[str, ...]
    ok_cells: tuple[str, ...]
    partner_words: tuple[str, ...]
    rows: tuple[str, ...]
    checklists: tuple[ChecklistShape, ...] = Field(min_length=1)
    partner_items: tuple[str, ...]
    items: Mapping[str, Item]


@dataclass(frozen=True)
class Checklists:
    """All checklists, ready to be recognised."""

    file: ChecklistsFile
    names: WordIndex[str]  # what a checklist is called: most mails name none, and nothing else is looked for in them
    index: WordIndex[str]
    ok_cells: frozenset[str]
    rows: tuple[str, ...]

    @classmethod
    def of(cls, file: ChecklistsFile) -> Self:
        lists: dict[str, Iterable[str]] = {
            "handed in": file.handed_in,
            "partner": file.partner_words,
            **{f"api/{shape.api}": shape.recognised_by for shape in file.checklists},
            **{f"item/{name}": item.any_of for name, item in file.items.items()},
        }
        ok_cells = frozenset(fold(cell) for cell in file.ok_cells)
        return cls(
            file, WordIndex({"name": file.names}), WordIndex(lists), ok_cells, tuple(fold(row) for row in file.rows)
        )

    def read(self, mail: InboundMail, parts: Sequence[Part], findings: Sequence[Finding]) -> Checklist | None:
        """The checklist a mail hands in, or None when it hands in none."""
        names = [file.name.replace("_", " ") for file in mail.attachments]
        if not any(self.names.scan(text[:LONGEST_PART]) for text in (mail.subject, mail.new, "\n".join(names))):
            return None
        named = "\n".join([mail.subject, mail.new, *names])
        text = "\n".join([named, *(part.text for part in parts if part.where.value == "attachment")])[:60_000]
        seen = frozenset(self.index.scan(text))
        shape = self._shape(seen)
        if any(self._is_unreadable(file) for file in mail.attachments):
            return Checklist(shape.api, "unreadable")
        cells = self._cells(text)
        if not cells and "handed in" not in seen:
            return None
        lacking = self._lacking(shape, seen, fold(text), findings, mail)
        if len(cells) >= _FEWEST_ROWS and sum(map(self._is_ok, cells)) >= _OK_SHARE * len(cells):
            return Checklist(shape.api, "ok_only", lacking or shape.items)
        return Checklist(shape.api, "incomplete" if lacking else "complete", lacking)

    def _shape(self, seen: frozenset[str]) -> ChecklistShape:
        fitting = (shape for shape in self.file.checklists if f"api/{shape.api}" in seen)
        return next(fitting, self.file.checklists[-1])

    def _is_unreadable(self, file: Attachment) -> bool:
        return file.text is None and file.name.lower().endswith(self.file.unreadable)

    def _cells(self, text: str) -> list[str]:
        """What stands behind each item of the list."""
        cells = []
        for match in _ROW.finditer(text):
            row = fold(match["item"])
            if match["tick"] is not None and any(word in row for word in self.rows):
                cells.append("x" if match["tick"].strip() and not _ANSWER.search(row) else _behind(row))
            elif any(word in row for word in self.rows) and _ANSWER.search(row):
                cells.append(_behind(row))
        return cells

    def _is_ok(self, cell: str) -> bool:
        return cell.strip(" .!*_") in self.ok_cells

    def _lacking(
        self, shape: ChecklistShape, seen: frozenset[str], text: str, findings: Sequence[Finding], mail: InboundMail
    ) -> tuple[str, ...]:
        names = [*shape.items, *(self.file.partner_items if "partner" in seen else ())]
        given = {finding.field for finding in findings if finding.note not in ("placeholder", "invalid")}
        files = [file.name.lower() for file in mail.attachments]
        return tuple(name for name in dict.fromkeys(names) if not self._is_given(name, seen, text, given, files))

    def _is_given(self, name: str, seen: frozenset[str], text: str, given: set[str], files: Sequence[str]) -> bool:
        item = self.file.items[name]
        if item.files and any(file.endswith(item.files) for file in files):
            return True
        return (
            given.issuperset(item.found)
            and (not item.any_of or f"item/{name}" in seen)
            and (not item.any_texts or any(fold(each) in text for each in item.any_texts))
            and all(fold(each) in text for each in item.all_texts)
        )


def _behind(row: str) -> str:
    """The last cell of a row, without the bars around it."""
    cells = [
        cell.strip(" |\t-–=") for cell in re.split(r"\||\t|:[ \t]|[ ]{3,40}|[ ][-–=][ ]", row.rstrip(" |\t") + "|")[1:]
    ]
    filled = [cell for cell in cells if cell]
    return filled[-1] if filled else ""
