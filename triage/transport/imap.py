"""A mailbox on an IMAP server: which mail waits, taken in bounded batches, filed in sets."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

from triage.domain import Tray
from triage.transport.accounts import ImapAccount
from triage.transport.imap_session import Fetched, ImapSession
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

log = logging.getLogger(__name__)

_SIZES = 500  # mails whose size is asked for at once
_TRIES = 3  # a mail during whose fetch, alone, the connection broke so often is given up
_Batch = list[Arrival]
_HEADER = f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mail of the folder whose size was asked for; `trouble` tells why the answer was of no use."""

    uid: int
    size: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Opening:
    """When the desk took the folder on: its last uid then, and the day, for when the server counts uids anew."""

    uidvalidity: int
    uid: int
    day: date

    @classmethod
    def read(cls, words: str) -> Self:
        validity, uid, day = words.split(":")
        return cls(int(validity), int(uid), date.fromisoformat(day))

    def __str__(self) -> str:
        return f"{self.uidvalidity}:{self.uid}:{self.day}"


class ImapMailbox:
    """The Mailbox of an ImapAccount. It connects when first used, and anew after a MailboxLost.

    The whole folder is searched once a connection; after that only what lies above the highest uid seen,
    so that old mail resting in the inbox costs nothing.
    """

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._session: ImapSession | None = None
        self._uidvalidity = 0
        self._opening: _Opening | None = None
        self._highest: int | None = None  # None: not searched yet
        self._unfiled: set[int] = set()
        self._other: ThreadPoolExecutor | None = None  # who has the connection while batches are fetched ahead
        self._filing: deque[Future[None]] = deque()  # what it was given to file
        self._broke: dict[int, int] = {}  # uid → how often the connection broke while this mail alone was fetched

    @property
    def name(self) -> str:
        return self._account.name

    # ── the Mailbox ─────────────────────────────────────────────────────────────────────────────────

    @property
    def begun(self) -> bool:
        return self._opening is not None

    def opening(self) -> str:
        session = self._open()
        return str(_Opening(self._uidvalidity, session.highest(), datetime.now(UTC).date()))

    def begin(self, opening: str) -> None:
        self._opening = _Opening.read(opening)

    def waiting(self, bounds: Bounds) -> Iterator[Sequence[Arrival]]:
        """Batches of waiting mail by ascending uid; sizes first, so that no fetch exceeds the bounds."""
        self._other = None
        session = self._open()
        self._look(session)
        frozen = sorted(self._unfiled)
        sized = in_batches(((mail, mail.size) for mail in self._sized(session, frozen)), bounds)
        batches = (list(self._arrivals(session, batch, bounds)) for batch in sized)
        yield from self._ahead(batches) if len(frozen) > bounds.batch_mails else batches

    def file(self, uids: Sequence[str], tray: Tray) -> None:
        """MOVE in sets; uids of another UIDVALIDITY are passed over (that mail will be found anew)."""
        if self._other is None:
            self._file(uids, tray)
        else:
            self._filing.append(self._other.submit(self._file, uids, tray))

    def _file(self, uids: Sequence[str], tray: Tray) -> None:
        session = self._open()
        own = f"{self._uidvalidity}:"
        ours = sorted(int(uid.removeprefix(own)) for uid in uids if uid.startswith(own))
        folder = session.folder_name(self._account.trays[tray])
        try:
            session.move(ours, folder)
        except MailboxRefused:  # somebody removed the tray
            session.ensure_folder(folder)
            session.move(ours, folder)
        self._forget(ours)

    def wait(self, seconds: float) -> bool:
        """IDLE, or a plain pause where the server has none; call again for longer than a few minutes."""
        session = self._open()
        if session.can_idle:
            return session.idle(seconds)
        time.sleep(seconds)
        return True

    def count_waiting(self) -> int:
        return len(self._all(self._open()))

    def examine(self) -> Examination:
        session = self._open()
        trays = [session.folder_name(name) for name in self._account.trays.values()]
        unread = len(session.uids("UNSEEN"))
        facts = (
            f"IMAP {self._account.host}:{self._account.port} ({self._account.tls}), logged in as {self._account.user}",
            f"folder '{self._account.folder}', {unread} unread of {len(session.uids())}",
            f"trays {', '.join(trays)}",
        )
        return Examination(facts, (*_shortcomings(session), *_special(session, trays)))

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    # ── below: the session and the folder ───────────────────────────────────────────────────────────

    def _open(self) -> ImapSession:
        """The living session with the folder selected; a new one after a loss."""
        if self._session is None or not self._session.alive:
            self._session = session = ImapSession(self._account)
            log.info("%s: connected to %s as %s", self.name, self._account.host, self._account.user)
            for name in self._account.trays.values():
                session.ensure_folder(session.folder_name(name))
            self._highest = None
        validity = self._session.select()
        if validity != self._uidvalidity:
            if self._uidvalidity:
                log.warning("%s: new UIDVALIDITY %d; every mail is looked at anew", self.name, validity)
            self._uidvalidity, self._highest = validity, None
            self._broke.clear()
        return self._session

    def _ahead(self, batches: Iterator[_Batch]) -> Iterator[_Batch]:
        """Fetch each batch while the one before is worked on, and file behind that: by one thread, for a connection does
        one thing at a time. What cannot be filed is told here, by a later batch or at the end."""
        with ThreadPoolExecutor(1, f"talking to {self.name}") as other:
            self._other, self._filing = other, (filing := deque[Future[None]]())
            try:
                coming = other.submit(next, batches, None)
                while (batch := coming.result()) is not None:
                    coming = other.submit(next, batches, None)
                    yield batch
                    while filing and filing[0].done():
                        filing.popleft().result()
                for filed in filing:
                    filed.result()
            finally:
                for filed in filing:
                    filed.cancel()  # after a failure: that mail comes again
                if self._other is other:  # else this was left behind, and another look has begun
                    self._other = None

    def _look(self, session: ImapSession) -> None:
        """Learn which mail is there: everything the first time, then only what is new."""
        session.look_up()
        if self._highest is None:
            highest = session.highest()  # as of the SELECT: what came since lies above it, and is found below or next
            found = self._unfiled = self._all(session)
        else:
            highest = self._highest
            found = session.uids_above(highest)
            self._unfiled |= found
        self._highest = max(highest, *found) if found else highest

    def _all(self, session: ImapSession) -> set[int]:
        """All mail of the folder that waits."""
        if (opening := self._opening) is None:
            return session.uids()
        if opening.uidvalidity == self._uidvalidity:
            return session.uids("UNSEEN") | session.uids_above(opening.uid)
        return session.uids("UNSEEN") | session.uids("SINCE", opening.day)

    def _sized(self, session: ImapSession, uids: Sequence[int]) -> Iterator[_Waiting]:
        for start in range(0, len(uids), _SIZES):
            some = uids[start : start + _SIZES]
            found = self._fetch(session, some, ["RFC822.SIZE"])
            for uid in some:
                match found.get(uid):
                    case str(trouble):
                        yield _Waiting(uid, 0, trouble)
                    case {b"RFC822.SIZE": int(size)}:
                        yield _Waiting(uid, size)
                    case _:
                        self._forget([uid])  # removed by another program

    def _arrivals(self, session: ImapSession, batch: Sequence[_Waiting], bounds: Bounds) -> Iterator[Arrival]:
        sound = [mail for mail in batch if not mail.trouble]
        whole = [mail.uid for mail in sound if mail.size <= bounds.mail_bytes]
        heads = [mail.uid for mail in sound if mail.size > bounds.mail_bytes]
        found = self._fetch(session, whole, ["INTERNALDATE", "BODY.PEEK[]"])
        found |= self._fetch(session, heads, ["INTERNALDATE", _HEADER])
        for mail in batch:
            answer = mail.trouble or found.pop(mail.uid, {})
            raw = b"" if isinstance(answer, str) else _body(answer)
            if raw is None:
                self._forget([mail.uid])
                continue
            trouble = answer if isinstance(answer, str) else too_large(mail.size, bounds)
            yield Arrival(
                mailbox=self.name,
                uid=self._id(mail.uid),
                raw=raw,
                size=mail.size if trouble else len(raw),  # some servers only estimate RFC822.SIZE
                received=None if isinstance(answer, str) else _received(answer),
                oversized=mail.size > bounds.mail_bytes,
                trouble=trouble,
            )

    def _fetch(self, session: ImapSession, uids: Sequence[int], items: Sequence[str]) -> dict[int, Fetched | str]:
        """Fetch together; mails during whose fetch the connection broke before go one by one, then are given up."""
        if not session.alive:
            raise MailboxLost(f"{self.name}: the connection was closed during the work")
        found: dict[int, Fetched | str] = {}
        together = [uid for uid in uids if uid not in self._broke]
        for group in (together, *([uid] for uid in uids if uid in self._broke)):
            if len(group) == 1 and self._broke.get(group[0], 0) >= _TRIES:
                found[group[0]] = f"the connection broke {_TRIES} times while this mail was fetched"
                continue
            try:
                found |= session.fetch(group, items)
            except MailboxLost:
                alone = int(len(group) == 1)
                self._broke |= {uid: self._broke.get(uid, 0) + alone for uid in group}
                raise
        return found

    def _id(self, uid: int) -> str:
        return f"{self._uidvalidity}:{uid}"

    def _forget(self, uids: Sequence[int]) -> None:
        self._unfiled.difference_update(uids)
        for uid in uids:
            self._broke.pop(uid, None)


def _body(answer: Fetched) -> bytes | None:
    """The bytes asked for. The server names the key in its own way (BODY[], BODY[HEADER]<0>); None: removed."""
    return next((v for key, v in answer.items() if key.startswith(b"BODY[") and isinstance(v, bytes)), None)


def _received(answer: Fetched) -> datetime | None:
    value: Any = answer.get(b"INTERNALDATE")
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def _shortcomings(session: ImapSession) -> Iterator[str]:
    """What the server lacks, and how the desk manages without."""
    ways = {
        "IDLE": "mail is noticed by polling only",
        "MOVE": "mail is filed by COPY and EXPUNGE",
        "UIDPLUS": "filed mail is expunged only while nothing else is marked as deleted",
    }
    for capability in session.lacks(*ways):
        yield f"the server has no {capability}: {ways[capability]}"


def _special(session: ImapSession, trays: Sequence[str]) -> Iterator[str]:
    """Trays that servers or mail programs empty by themselves."""
    for folder, use in session.special_uses().items():
        if folder in trays and use in ("\\Junk", "\\Trash"):
            yield f"tray '{folder}' is the server's {use} folder, which may be emptied by itself; choose another"
