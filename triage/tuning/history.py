"""Notes what the desk works with whenever it changes: which files, and who changed them."""

from __future__ import annotations

from pathlib import Path

from triage.config import Settings
from triage.editions import MODEL, RULES, TEMPLATES, Edition, author, changed_files
from triage.mind import Mind
from triage.store import editions
from triage.store.store import Store


def note_editions(store: Store, mind: Mind) -> None:
    """Write down each edition of a mind that is not the one noted last. Raises StoreLost."""
    for new in mind.editions:
        with store.connection() as db:
            before = editions.latest(db, new.kind)
        if before is None or before.digest != new.digest:
            said, who = _told(new, before, mind.settings)
            with store.connection() as db:
                editions.note(db, new, said, who, store.clock())


def _told(new: Edition, before: editions.Noted | None, settings: Settings) -> tuple[str, str]:
    """What changed, and who did it; the author is asked outside any transaction, for git may take its time."""
    if before is None:
        return "the first noted", ""
    folder = _folder(new.kind, settings)
    if folder is None:
        return "trained or put in service", ""
    names = changed_files(before.files, new.files)
    return ", ".join(names), author(folder, names)


def _folder(kind: str, settings: Settings) -> Path | None:
    return {RULES: settings.rules, TEMPLATES: settings.templates, MODEL: None}[kind]
