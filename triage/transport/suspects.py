"""Mail on which a desk died: taken one by one, and set aside when it happens again.

A crash in a library, or a mail that eats all memory, ends the process without a word. Started again it would take the
same batch and die again, for ever. So what a desk has in hand stands in a small file meanwhile; only a process that
died leaves it behind. (No fsync: a power cut is no mail's fault.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from triage.transport.mailbox import Arrival

DEATHS = 3  # a desk died so often with this mail in hand, at last with nothing else


class Suspects:
    """The mails of each mailbox that a desk had in hand when it died. Without a folder nothing is remembered.

    `desk` tells desks apart that share a folder: what ended one is not held against another's mail.
    """

    def __init__(self, folder: Path | None = None, desk: str = "") -> None:
        self._folder, self._desk = folder, desk
        self._died: dict[str, dict[str, int]] = {}  # mailbox → uid → deaths

    def apart(self, mailbox: str, batch: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
        """The batch as it is, or its mails one by one when one of them is a suspect."""
        if self._suspected(mailbox).keys().isdisjoint(arrival.uid for arrival in batch):
            yield batch
            return
        for arrival in batch:
            yield (arrival,)

    def deadly(self, mailbox: str, batch: Sequence[Arrival]) -> bool:
        """Whether this is one mail that must not be tried again."""
        return len(batch) == 1 and self._suspected(mailbox).get(batch[0].uid, 0) >= DEATHS

    @contextmanager
    def in_hand(self, mailbox: str, batch: Sequence[Arrival]) -> Iterator[None]:
        """While this lasts, a death of the process is held against these mails."""
        died = self._suspected(mailbox)
        self._write(mailbox, died | {arrival.uid: died.get(arrival.uid, 0) + 1 for arrival in batch})
        try:
            yield
        finally:
            for arrival in batch:
                died.pop(arrival.uid, None)
            self._write(mailbox, died)

    def clear(self, mailbox: str) -> None:
        """All that waited is handled: what is still suspected is no longer there."""
        if self._suspected(mailbox):
            self._died[mailbox] = {}
            self._write(mailbox, {})

    def _suspected(self, mailbox: str) -> dict[str, int]:
        if mailbox not in self._died:
            self._died[mailbox] = self._read(mailbox)
        return self._died[mailbox]

    def _read(self, mailbox: str) -> dict[str, int]:
        if self._folder is None:
            return {}
        try:
            found = json.loads(self._path(self._folder, mailbox).read_text(encoding="utf-8"))
            return {str(uid): int(deaths) for uid, deaths in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):  # none, or the machine died while it was written
            return {}

    def _write(self, mailbox: str, died: dict[str, int]) -> None:
        if self._folder is None:
            return
        path = self._path(self._folder, mailbox)
        with suppress(OSError):  # a full disk stops the desk elsewhere, and says so
            if died:
                path.write_text(json.dumps(died), encoding="utf-8")
            else:
                path.unlink(missing_ok=True)

    def _path(self, folder: Path, mailbox: str) -> Path:
        whose = hashlib.sha256(f"{self._desk}\n{mailbox}".encode()).hexdigest()[:16]
        return folder / f"in-hand-{whose}.json"
