"""What the desk's threads tell of their work, as they do it: who reads which mailbox, and what keeps them from it.

Ages are measured with a clock that never jumps; moments are for people.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from triage.domain import OperatorError
from triage.store.store import StoreLost, utc_now
from triage.transport.mailbox import MailboxLost, MailboxRefused
from triage.transport.smtp import RelayLost, RelayRefused

_LASTING = (MailboxRefused, RelayRefused)  # waiting will not mend them


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, since when, and whether a person must mend it."""

    said: str
    since: datetime
    lasting: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """One mailbox as its thread last told of it. `quiet` is in seconds since something was read, or since the start."""

    mailbox: str
    tended: bool = True  # False: another desk has it
    quiet: float = 0.0
    looked_at: datetime | None = None
    failure: Failure | None = None
    left: int | None = None  # mails in the inbox after the last look that counted them
    behind_since: datetime | None = None  # mails that were counted then were not taken by the next look


@dataclass(frozen=True, slots=True)
class Beats:
    """The whole process at one moment. `relay` is what the mail server said when it did not take letters."""

    mailboxes: tuple[Beat, ...] = ()
    relay: Failure | None = None
    relay_tried: bool = False  # letters were offered to it, or would have been
    run: Failure | None = None  # how the run from cron failed
    ran: bool = False  # it came to its end, well or not
    stuck: str = ""  # the thread that has not been heard of for far too long
    edits_watched: bool = False  # edited rules and templates are taken while the desk runs
    edits: Failure | None = None  # why those that lie there are not in use


@dataclass
class _Mailbox:
    beat: Beat
    heard: float  # when anything was heard of its thread
    expected: float  # seconds until something is to be heard again
    good: float  # when something was read
    trust_until: float = 0.0  # until then a failure counts, though another desk has the mailbox now
    counted: float | None = None
    taken: int = 0  # mails handled since they were counted


@dataclass
class Pulse:
    """Written by the threads, read by the watcher. `window` is `poll.seconds`."""

    mailboxes: Iterable[str]
    window: float
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
    edits: Callable[[], tuple[str, datetime] | None] | None = None  # what keeps edited files out of use, and since when
    _threads: dict[str, _Mailbox] = field(init=False)
    _relay: Failure | None = field(init=False, default=None)
    _relay_tried: bool = field(init=False, default=False)
    _run: Failure | None = field(init=False, default=None)
    _ran: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        start = self.clock()
        self._threads = {name: _Mailbox(Beat(name), start, self.window, start) for name in self.mailboxes}

    # ── told by the threads ─────────────────────────────────────────────────────────────────────────

    def handled(self, mailbox: str, mails: int) -> None:
        """A batch is done: the thread is alive, and the mailbox can be read."""
        with self._lock:
            thread = self._heard(mailbox, self.window)
            thread.good = thread.heard
            thread.taken += mails

    def wants_count(self, mailbox: str) -> bool:
        """Whether the mails left in the inbox are to be counted after this look: once a window is enough."""
        counted = self._threads[mailbox].counted
        return counted is None or self.clock() - counted >= self.window

    def looked(self, mailbox: str, left: int | None = None) -> None:
        """A look ended well, and so did the delivery after it. `left` mails rest in the inbox, if they were counted."""
        with self._lock:
            thread = self._heard(mailbox, self.window)
            thread.good = thread.heard
            thread.beat = replace(thread.beat, tended=True, looked_at=self.now(), failure=None)
            self._relay, self._relay_tried = None, True
            if left is not None:
                self._compare(thread, left)

    def stands_by(self, mailbox: str) -> None:
        """Another desk tends the mailbox. A failure of ours is not forgotten at once: the other may fail as well,
        and the mailbox go to and fro between desks that cannot read it."""
        with self._lock:
            thread = self._heard(mailbox, self.window)
            thread.counted = None
            if thread.beat.failure and thread.heard <= thread.trust_until:
                thread.beat = replace(thread.beat, tended=False)
            else:
                thread.good, thread.beat = thread.heard, Beat(mailbox, tended=False)

    def failed(self, mailbox: str, error: Exception, again_in: float) -> None:
        """A look or a delivery failed; the next try comes after so many seconds."""
        with self._lock:
            thread = self._heard(mailbox, again_in)
            if isinstance(error, RelayLost | RelayRefused):
                self._relay, self._relay_tried = self._failure(self._relay, error), True
                thread.good = thread.heard  # letters are offered after the mailbox was read
                thread.beat = replace(thread.beat, tended=True, failure=None)
            elif isinstance(error, MailboxLost | MailboxRefused) or not isinstance(error, OperatorError):
                thread.beat = replace(thread.beat, tended=True, failure=self._failure(thread.beat.failure, error))
                thread.trust_until = thread.heard + again_in + 2 * self.window
            elif isinstance(error, StoreLost):
                thread.good = thread.heard  # the watcher sees for itself

    def ran(self, error: OperatorError | None) -> None:
        """A single run is over; None when all went well."""
        with self._lock:
            self._ran, self._run = True, self._failure(None, error) if error else None

    # ── read by the watcher ─────────────────────────────────────────────────────────────────────────

    def beats(self, patience: float) -> Beats:
        """All of it now. A thread is stuck when it is `patience` seconds later than expected."""
        with self._lock:
            at = self.clock()
            told = tuple(replace(thread.beat, quiet=at - thread.good) for thread in self._threads.values())
            late = (name for name, each in self._threads.items() if at - each.heard > each.expected + patience)
            refused = self.edits() if self.edits else None
            return Beats(
                mailboxes=told,
                relay=self._relay,
                relay_tried=self._relay_tried,
                run=self._run,
                ran=self._ran,
                stuck=next(late, ""),
                edits_watched=self.edits is not None,
                edits=Failure(*refused, lasting=True) if refused else None,
            )

    # ── inside ──────────────────────────────────────────────────────────────────────────────────────

    def _heard(self, mailbox: str, expected: float) -> _Mailbox:
        thread = self._threads[mailbox]
        thread.heard, thread.expected = self.clock(), expected
        return thread

    def _failure(self, before: Failure | None, error: Exception) -> Failure:
        said = str(error) if isinstance(error, OperatorError) else f"a fault of the program ({type(error).__name__})"
        return Failure(said, before.since if before else self.now(), isinstance(error, _LASTING))

    def _compare(self, thread: _Mailbox, left: int) -> None:
        """Mails that were counted before and not taken since: the ledger is behind the mailbox."""
        before = thread.beat.left
        behind = bool(before and left and thread.counted is not None and thread.taken < before)
        since = (thread.beat.behind_since or self.now()) if behind else None
        thread.beat = replace(thread.beat, left=left, behind_since=since)
        thread.counted, thread.taken = thread.heard, 0
