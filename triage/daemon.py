"""The desk that never sleeps: one thread waits at each mailbox, one mail batch is worked on at a time."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from triage.config import Poll
from triage.delivery import Tally
from triage.desk import Desk, deliver, empty, retry_due
from triage.domain import OperatorError
from triage.health.pulse import Pulse
from triage.store.leases import LeaseLost
from triage.store.store import StoreLost
from triage.transport.mailbox import Mailbox, MailboxLost, MailboxRefused

log = logging.getLogger(__name__)

_STANDBY = 1.0  # seconds between looks of a desk that stands by for another
_LAST_BATCH = 60.0  # seconds a batch in work may take after the order to stop


@dataclass
class Pause:
    """How long to wait after a failure: doubled each time, back to the start after a success. Seconds."""

    poll: Poll
    next: float = 0.0

    def after_failure(self) -> float:
        self.next = min(self.next * 2 or self.poll.retry_from, self.poll.retry_to)
        return self.next

    def after_success(self) -> None:
        self.next = 0.0


def run_forever(desk: Desk, poll: Poll, stop: threading.Event, pulse: Pulse) -> None:
    """Tend every mailbox until `stop` is set; a batch in work is finished first. What happens is told to the pulse.

    A server that is away is tried again with growing pauses; so is a refused password, because the
    operator may mend it while the daemon runs.
    """
    work = threading.Lock()
    for mailbox in desk.mailboxes:
        tending = threading.Thread(target=_tend, args=(mailbox, desk, poll, stop, work, pulse), daemon=True)
        tending.name = f"mailbox {mailbox.name}"
        tending.start()
    log.info("the desk is open: %s", ", ".join(mailbox.name for mailbox in desk.mailboxes))
    stop.wait()
    work.acquire(timeout=_LAST_BATCH)
    log.info("the desk is closed")


def _tend(mailbox: Mailbox, desk: Desk, poll: Poll, stop: threading.Event, work: threading.Lock, pulse: Pulse) -> None:
    pause = Pause(poll)
    stands_by = False
    while not stop.is_set():
        try:
            stands_by = _stands_by(mailbox, desk, before=stands_by)
            with work:
                tally = _stand_by(mailbox, desk, pulse) if stands_by else _look(mailbox, desk, pulse)
            _say(mailbox, tally)
            pause.after_success()
            stop.wait(_STANDBY) if stands_by else mailbox.wait(poll.seconds)
        except OperatorError as error:
            seconds = pause.after_failure()
            pulse.failed(mailbox.name, error, seconds)
            log.warning("%s: %s; trying again in %.0f s", mailbox.name, error, seconds)
            if isinstance(error, MailboxLost | MailboxRefused | LeaseLost):
                _let_go(mailbox, desk)
            stop.wait(seconds)
        except Exception as error:  # a fault of ours must not leave the mailbox unread for ever
            log.exception("%s: this should not happen; beginning anew", mailbox.name)
            mailbox.close()
            seconds = pause.after_failure()
            pulse.failed(mailbox.name, error, seconds)
            stop.wait(seconds)


def _look(mailbox: Mailbox, desk: Desk, pulse: Pulse) -> Tally:
    """Handle what waits; what is due leaves also when the mailbox cannot be read."""
    try:
        tally = empty(mailbox, desk, progress=partial(pulse.handled, mailbox.name))
    except (MailboxLost, MailboxRefused):
        deliver(desk)
        raise
    tally += retry_due(desk) + deliver(desk)
    pulse.looked(mailbox.name, mailbox.count_waiting() if pulse.wants_count(mailbox.name) else None)
    return tally


def _stand_by(mailbox: Mailbox, desk: Desk, pulse: Pulse) -> Tally:
    """Another desk reads the mailbox; letters are sent by whoever is free."""
    pulse.stands_by(mailbox.name)
    return deliver(desk)


def _stands_by(mailbox: Mailbox, desk: Desk, *, before: bool) -> bool:
    """Whether another desk tends the mailbox; the log tells of each change."""
    now = not desk.presence.tends(mailbox.name)
    if now != before:
        log.info("%s: %s", mailbox.name, "another desk tends it; standing by" if now else "taken over")
    if now:
        mailbox.close()
    return now


def _let_go(mailbox: Mailbox, desk: Desk) -> None:
    """Another desk may have more luck with a mailbox that this one cannot reach."""
    mailbox.close()
    with suppress(StoreLost):
        desk.presence.leave(mailbox.name)


def _say(mailbox: Mailbox, tally: Tally) -> None:
    if tally:
        log.info("%s: %s", mailbox.name, ", ".join(f"{count} {word}" for word, count in sorted(tally.items())))
