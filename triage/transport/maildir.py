"""A mailbox in a local folder (Maildir; trays are Maildir++ subfolders). See https://cr.yp.to/proto/maildir.html.

A mail in `new` or `cur` waits. Its id is the file name without flags, so it stays the same when another
program marks the mail as read. Filing is one rename: atomic, and never a copy.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triage.domain import Tray
from triage.transport.accounts import MaildirAccount
from triage.transport.mailbox import (
    HEADER_BYTES,
    Arrival,
    Bounds,
    Examination,
    MailboxLost,
    MailboxRefused,
    in_batches,
    too_large,
)

_LOOK_EVERY = 0.25  # seconds between looks at the folders' modification times
_GRAIN = 0.1  # seconds; a folder that changed so lately may change again without its time showing it
_PARTS = ("tmp", "new", "cur")
_Stamp = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Resting:
    """A file in the inbox, as it was when the folder was read."""

    path: Path
    uid: str
    size: int
    modified: int  # ns


class MaildirMailbox:
    """The Mailbox of a MaildirAccount."""

    def __init__(self, account: MaildirAccount) -> None:
        self._account = account
        self._seen: _Stamp = ()
        self._opening: int | None = None  # ns
        self._left: set[str] = set()  # uids of what people had read before the opening
        self._found: dict[str, Path] = {}  # where each mail was in the last look

    @property
    def name(self) -> str:
        return self._account.name

    @property
    def begun(self) -> bool:
        return self._opening is not None

    def opening(self) -> str:
        return str(time.time_ns() - int(_GRAIN * 1e9))  # times of files lag behind the clock

    def begin(self, opening: str) -> None:
        self._opening = int(opening)

    def waiting(self, bounds: Bounds) -> Iterator[Sequence[Arrival]]:
        """Batches of waiting mail, oldest first (time of delivery, then name)."""
        self._seen = self._stamp()
        resting = sorted(self._resting(), key=lambda mail: (mail.modified, mail.uid))
        self._found = {mail.uid: mail.path for mail in resting}
        for batch in in_batches(((mail, mail.size) for mail in resting), bounds):
            yield [arrival for mail in batch if (arrival := self._read(mail, bounds)) is not None]

    def file(self, uids: Sequence[str], tray: Tray) -> None:
        """Rename mail into the tray; what is no longer in the inbox is passed over."""
        cur = self._tray(tray) / "cur"
        elsewhere = {uid for uid in uids if not self._move(self._found.pop(uid, None), cur)}
        for path in self._paths() if elsewhere else ():  # another program changed its flags meanwhile
            if _uid(path) in elsewhere:
                self._move(path, cur)

    def wait(self, seconds: float) -> bool:
        """Look at the folders' modification times until they change."""
        deadline = time.monotonic() + seconds
        if time.time() - max(self._seen, default=0) / 1e9 < _GRAIN or not self._seen:
            time.sleep(min(seconds, _GRAIN))
            return True
        while self._stamp() == self._seen:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _LOOK_EVERY))
        return True

    def count_waiting(self) -> int:
        """How many mails wait in `new` and `cur`."""
        return sum(1 for _ in self._resting())

    def examine(self) -> Examination:
        """Make the trays and try to write; a MailboxRefused names the folder that cannot be used."""
        trays = [self._tray(tray) for tray in self._account.trays]
        home = self._account.path
        for folder in (home / "new", home / "cur", *(tray / "cur" for tray in trays)):
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise MailboxRefused(f"{self.name}: no right to read and write {folder}; give it to the desk's user")
        named = ", ".join(tray.name for tray in trays)
        unread = sum("S" not in _flags(path) for path in self._paths())
        return Examination((f"Maildir {home}, {unread} unread of {self.count_waiting()}", f"trays {named}"))

    def close(self) -> None:
        """Nothing is held open."""

    # ── below: files ────────────────────────────────────────────────────────────────────────────────

    def _paths(self) -> Iterator[Path]:
        """Every mail of the inbox, except what a mail program marked as deleted (flag T)."""
        for part in ("new", "cur"):
            for path in self._list(self._account.path / part):
                if not path.name.startswith(".") and "T" not in _flags(path):
                    yield path

    def _list(self, folder: Path) -> list[Path]:
        try:
            return list(folder.iterdir())
        except FileNotFoundError:
            advice = "make a Maildir there (folders tmp, new, cur) or correct 'path'"
            raise MailboxRefused(f"{self.name}: no folder {folder}; {advice}") from None
        except OSError as error:
            raise MailboxLost(f"{self.name}: cannot read {folder}: {error.strerror}") from None

    def _resting(self) -> Iterator[_Resting]:
        for path in self._paths():
            uid, read = _uid(path), "S" in _flags(path)
            if read and uid in self._left:
                continue
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue  # another program filed or flagged it; a flagged one is found next time
            if read and status.st_mtime_ns <= (self._opening or 0):
                self._left.add(uid)
            elif stat.S_ISREG(status.st_mode):  # a pipe or a link is no mail
                yield _Resting(path, uid, status.st_size, status.st_mtime_ns)

    def _read(self, mail: _Resting, bounds: Bounds) -> Arrival | None:
        trouble = too_large(mail.size, bounds)
        try:
            with mail.path.open("rb") as file:
                raw = _header(file.read(HEADER_BYTES)) if trouble else file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raw, trouble = b"", f"the file cannot be read: {error.strerror}"
        received = datetime.fromtimestamp(mail.modified / 1e9, UTC)
        oversized = mail.size > bounds.mail_bytes
        return Arrival(self.name, mail.uid, raw, mail.size, received, oversized, trouble)

    def _tray(self, tray: Tray) -> Path:
        """The tray's folder (Maildir++: a dot before each level), made when missing."""
        name = self._account.trays[tray]
        folder = self._account.path / f".{name.strip('/').replace('/', '.')}"
        try:
            for part in _PARTS:
                (folder / part).mkdir(parents=True, exist_ok=True)
            (folder / "maildirfolder").touch()
        except OSError as error:
            raise MailboxRefused(f"{self.name}: tray '{name}' cannot be made: {error.strerror}: {folder}") from None
        return folder

    def _move(self, path: Path | None, folder: Path) -> bool:
        """Rename a mail into a folder; False when it is not there."""
        if path is None:
            return False
        uid, _, flags = path.name.partition(":2,")
        target = folder / f"{uid}:2,{flags}"
        if target.exists():  # another mail of that name: rename would replace it
            target = folder / f"{uid}.{time.time_ns()}:2,{flags}"
        try:
            path.rename(target)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise MailboxLost(f"{self.name}: cannot move {path} to {target}: {error.strerror}") from None
        return True

    def _stamp(self) -> _Stamp:
        home = self._account.path
        try:
            return tuple((home / part).stat().st_mtime_ns for part in ("new", "cur"))
        except OSError:
            return ()  # the next look says what is wrong


def _uid(path: Path) -> str:
    """The name without its flags; a byte that is no UTF-8 is spelled out, for no database takes it."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace").partition(":2,")[0]


def _flags(path: Path) -> str:
    return path.name.partition(":2,")[2]


def _header(start: bytes) -> bytes:
    """The header alone: everything up to the first empty line."""
    ends = [end for mark in (b"\r\n\r\n", b"\n\n") if (end := start.find(mark)) >= 0]
    return start[: min(ends)] + b"\r\n\r\n" if ends else start
