"""The labelled mails of tests/mails: .eml files, and beside them what a person says of each (labels.yaml)."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "mails"


@dataclass(frozen=True)
class Labelled:
    """One mail and its label. `topics` are those a fair judge accepts."""

    file: str
    kind: str  # new | followup | automatic | spam
    topics: tuple[str, ...] = ()
    language: str = ""
    actions: tuple[str, ...] = ()
    thread_of: str = ""  # the file whose ticket a follow-up joins
    raw: bytes = field(default=b"", repr=False)

    @property
    def human(self) -> bool:
        return self.kind in ("new", "followup")

    @property
    def sender(self) -> str:
        """Where a reply goes."""
        message = message_from_bytes(self.raw)
        return parseaddr(str(message.get("Reply-To") or message.get("From")))[1].lower()

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.raw).get("Message-ID", "")).strip(" <>")


def load() -> list[Labelled]:
    """All labelled mails, in file order."""
    rows = yaml.load((FOLDER / "labels.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return [_labelled(row) for row in sorted(rows, key=lambda row: row["file"])]


def _labelled(row: dict[str, Any]) -> Labelled:
    return Labelled(
        file=row["file"],
        kind=row["kind"],
        topics=_several(row.get("topic")),
        language=row.get("language", ""),
        actions=_several(row.get("action")),
        thread_of=row.get("thread_of", ""),
        raw=(FOLDER / row["file"]).read_bytes(),
    )


def _several(value: str | list[str] | None) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,) if value else ()
