"""What the desk sees of a mailbox: mail waiting, oldest first, and trays to file it in. IMAP and Maildir fit it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from triage.domain import OperatorError, Tray

HEADER_BYTES = 256 * 1024  # how much of a mail too large to take is read, to say whose it is


class MailboxLost(OperatorError):  # noqa: N818 - reads as what happened
    """The mailbox cannot be reached just now. Try again after a pause that grows; the next call reconnects."""

    exit_code = 5


class MailboxRefused(OperatorError):  # noqa: N818
    """A person must mend something (password, certificate, host, rights); the message says what, in one line."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken from a mailbox at once. A batch holds at least one mail, whatever its size."""

    mail_bytes: int = 35_000_000  # a larger mail is not taken: only its header comes
    batch_mails: int = 50
    batch_bytes: int = 8_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that rests in the inbox.

    `uid` is stable while the mail rests there: "uidvalidity:uid" for IMAP, the file name without flags
    for a Maildir. When `trouble` is not empty, `raw` is not the whole mail, and the words say why.
    """

    mailbox: str
    uid: str
    raw: bytes  # as stored; for an oversized mail the header alone, at most HEADER_BYTES
    size: int  # bytes of the whole mail
    received: datetime | None  # when the mailbox got it, UTC
    oversized: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What `triage doctor` tells of a working mailbox or relay: facts, and remarks worth a person's thought."""

    facts: tuple[str, ...]
    remarks: tuple[str, ...] = ()


class Mailbox(Protocol):
    """One inbox and its trays. Every method may raise MailboxLost or MailboxRefused, and nothing else.

    Waiting is all mail of the inbox, read or not, but for what people had read when the desk took the mailbox on: an
    inbox of ten years is not the desk's to file.
    """

    @property
    def name(self) -> str:
        """The name in config.yaml."""

    @property
    def begun(self) -> bool:
        """Whether it knows since when it is the desk's; until then all its mail waits."""

    def opening(self) -> str:
        """This moment in words of its own, to be kept and given to `begin` at every start."""

    def begin(self, opening: str) -> None:
        """Tell it since when it is the desk's."""

    def waiting(self, bounds: Bounds) -> Iterator[Sequence[Arrival]]:
        """Batches of waiting mail, oldest first; what waits is settled once, when the iteration begins.

        Mail that was given out and not filed comes again in the next call.
        """

    def file(self, uids: Sequence[str], tray: Tray) -> None:
        """Move mail to a tray. Filing what is filed or gone already does nothing.

        While `waiting` goes on it may be done later, at the latest when that ends, which then raises what went wrong.
        """

    def wait(self, seconds: float) -> bool:
        """Wait for new mail, at most `seconds`; True when something may be new. False is no promise: look anyway."""

    def count_waiting(self) -> int:
        """How many mails rest in the inbox now."""

    def examine(self) -> Examination:
        """Try everything the desk needs of the mailbox, without touching a mail."""

    def close(self) -> None:
        """Let go of the connection; the next call opens a new one."""


T = TypeVar("T")


def in_batches(sized: Iterable[tuple[T, int]], bounds: Bounds) -> Iterator[list[T]]:
    """Group things in order, each group within the bounds; an oversized one counts as its header."""
    batch: list[T] = []
    weight = 0
    for thing, size in sized:
        cost = size if size <= bounds.mail_bytes else min(size, HEADER_BYTES)
        if batch and (len(batch) >= bounds.batch_mails or weight + cost > bounds.batch_bytes):
            yield batch
            batch, weight = [], 0
        batch.append(thing)
        weight += cost
    if batch:
        yield batch


def too_large(size: int, bounds: Bounds) -> str:
    """The words for a mail that is not taken because of its size; empty when it is small enough."""
    if size <= bounds.mail_bytes:
        return ""
    return f"the mail has {size:,} bytes, more than limits.mail_bytes ({bounds.mail_bytes:,})"
