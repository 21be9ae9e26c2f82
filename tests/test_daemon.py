"""The daemon waits, begins anew after failures with growing pauses, and ends in peace."""

from __future__ import annotations

import threading
from collections import Counter
from types import SimpleNamespace

import pytest

from triage import daemon
from triage.config import Poll
from triage.daemon import Pause, run_forever
from triage.health.pulse import Pulse
from triage.store.leases import Alone, LeaseLost, Presence
from triage.store.store import StoreLost
from triage.transport.mailbox import MailboxLost, MailboxRefused
from triage.transport.smtp import RelayLost

QUICK = Poll(seconds=1, retry_from=0.001, retry_to=0.004)


def test_pauses_double_up_to_their_limit_and_begin_anew_after_a_success():
    pause = Pause(Poll(seconds=60, retry_from=2, retry_to=10))
    assert [pause.after_failure() for _ in range(4)] == [2, 4, 8, 10]
    pause.after_success()
    assert pause.after_failure() == 2


ALONE = Alone()


class Line:
    """A mailbox whose behaviour a test writes down: each wait or look is one entry."""

    name = "line"

    def __init__(self, stop: threading.Event, *looks: Exception | None) -> None:
        self.looks = list(looks)
        self.stop = stop
        self.said: list[str] = []

    def look(self) -> Counter[str]:
        if not self.looks:
            self.stop.set()
            return Counter()
        outcome = self.looks.pop(0)
        self.said.append(type(outcome).__name__ if outcome else "fine")
        if outcome:
            raise outcome
        return Counter(redirect=1)

    def wait(self, seconds: float) -> bool:
        return True

    def count_waiting(self) -> int:
        return 0

    def close(self) -> None:
        self.said.append("closed")


def tend(monkeypatch: pytest.MonkeyPatch, *looks: Exception | None, presence: Presence = ALONE) -> list[str]:
    """Run the daemon over what a mailbox does, and return what happened."""
    stop = threading.Event()
    line = Line(stop, *looks)
    monkeypatch.setattr(daemon, "empty", lambda mailbox, desk, progress: mailbox.look())
    monkeypatch.setattr(daemon, "deliver", lambda desk: Counter())
    monkeypatch.setattr(daemon, "retry_due", lambda desk: Counter())
    desk = SimpleNamespace(mailboxes=(line,), presence=presence)
    run_forever(desk, QUICK, stop, Pulse(["line"], QUICK.seconds))  # type: ignore[arg-type]
    return line.said


def test_after_a_lost_mailbox_the_connection_is_made_anew(monkeypatch: pytest.MonkeyPatch):
    assert tend(monkeypatch, None, MailboxLost("gone"), None) == ["fine", "MailboxLost", "closed", "fine"]


def test_a_refused_password_does_not_end_the_daemon(monkeypatch: pytest.MonkeyPatch):
    said = tend(monkeypatch, MailboxRefused("password"), MailboxRefused("password"), None)
    assert said == ["MailboxRefused", "closed", "MailboxRefused", "closed", "fine"]


@pytest.mark.parametrize("loss", [RelayLost("no relay"), StoreLost("disk full")])
def test_a_lost_relay_or_database_keeps_the_mailbox_connected(monkeypatch: pytest.MonkeyPatch, loss: Exception):
    assert tend(monkeypatch, loss, None) == [type(loss).__name__, "fine"]


def test_a_fault_of_our_own_does_not_leave_the_mailbox_unread(monkeypatch: pytest.MonkeyPatch):
    assert tend(monkeypatch, ZeroDivisionError("a bug"), None) == ["ZeroDivisionError", "closed", "fine"]


def test_each_failure_is_told_in_one_line_with_its_pause(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    tend(monkeypatch, MailboxLost("nothing answers at imap.shop.example:993"), None)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["line: nothing answers at imap.shop.example:993; trying again in 0 s"]


class Second(Alone):
    """A desk that finds the mailbox taken so many times, and notes when it lets go of it."""

    def __init__(self, taken: int) -> None:
        self.taken = taken
        self.left = 0

    def tends(self, mailbox: str) -> bool:
        self.taken -= 1
        return self.taken < 0

    def leave(self, mailbox: str) -> None:
        self.left += 1


def test_a_desk_stands_by_while_another_tends_the_mailbox_and_then_takes_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(daemon, "_STANDBY", 0.001)
    assert tend(monkeypatch, None, presence=Second(taken=2)) == ["closed", "closed", "fine"]


@pytest.mark.parametrize("loss", [MailboxLost("gone"), MailboxRefused("password"), LeaseLost("too slow")])
def test_a_mailbox_that_cannot_be_reached_from_here_is_left_to_others(monkeypatch: pytest.MonkeyPatch, loss: Exception):
    presence = Second(taken=0)
    tend(monkeypatch, loss, None, presence=presence)
    assert presence.left == 1


@pytest.mark.parametrize("loss", [MailboxLost("gone"), MailboxRefused("password")])
def test_what_is_due_leaves_while_the_mailbox_cannot_be_read(monkeypatch: pytest.MonkeyPatch, loss: Exception):
    delivered: list[int] = []
    stop = threading.Event()
    line = Line(stop, loss)
    monkeypatch.setattr(daemon, "empty", lambda mailbox, desk, progress: mailbox.look())
    monkeypatch.setattr(daemon, "deliver", lambda desk: delivered.append(len(line.said)))
    pulse = Pulse(["line"], QUICK.seconds)
    with pytest.raises(type(loss)):
        daemon._look(line, SimpleNamespace(), pulse)  # type: ignore[arg-type]
    assert delivered == [1]
