"""What threads tell and the watcher reads: ages, failures, mail left behind, threads that hang."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.health.pulse import Beat, Pulse
from triage.store.leases import LeaseLost
from triage.store.store import StoreLost
from triage.transport.mailbox import MailboxLost, MailboxRefused
from triage.transport.smtp import RelayLost, RelayRefused

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def moment(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Pulse:
    return Pulse(["support", "partners"], 60, clock, clock.moment)


def beat(pulse: Pulse) -> Beat:
    return pulse.beats(600).mailboxes[0]


def test_quiet_is_counted_from_the_start_and_from_every_sign_of_work(pulse: Pulse, clock: Clock):
    clock.seconds = 50
    assert (beat(pulse).quiet, beat(pulse).looked_at) == (50, None)
    pulse.handled("support", 20)
    clock.seconds = 70
    assert beat(pulse).quiet == 20
    pulse.looked("support")
    assert (beat(pulse).quiet, beat(pulse).looked_at) == (0, NOON + timedelta(seconds=70))


def test_a_failure_keeps_its_beginning_until_a_look_ends_well(pulse: Pulse, clock: Clock):
    pulse.failed("support", MailboxLost("gone"), 2)
    clock.seconds = 5
    pulse.failed("support", MailboxRefused("password"), 4)
    failure = beat(pulse).failure
    assert failure is not None
    assert (failure.said, failure.since, failure.lasting) == ("password", NOON, True)
    pulse.looked("support")
    assert beat(pulse).failure is None


def test_a_relay_that_fails_is_no_fault_of_the_mailbox(pulse: Pulse, clock: Clock):
    clock.seconds = 100
    pulse.failed("support", RelayRefused("password"), 2)
    told = pulse.beats(600)
    assert told.relay is not None
    assert told.relay.lasting
    assert (beat(pulse).failure, beat(pulse).quiet) == (None, 0)
    pulse.failed("partners", RelayLost("away"), 2)
    assert (pulse.beats(600).relay or told.relay).since == told.relay.since
    pulse.looked("support")
    assert (pulse.beats(600).relay, pulse.beats(600).relay_tried) == (None, True)


@pytest.mark.parametrize("error", [StoreLost("disk full"), LeaseLost("too slow")])
def test_a_lost_database_or_lease_is_no_fault_of_the_mailbox(pulse: Pulse, error: Exception):
    pulse.failed("support", error, 2)
    assert beat(pulse).failure is None


def test_a_fault_of_our_own_is_told_without_its_words(pulse: Pulse):
    pulse.failed("support", KeyError("kari@shop.example"), 2)
    failure = beat(pulse).failure
    assert failure is not None
    assert failure.said == "a fault of the program (KeyError)"


def test_a_mailbox_that_another_desk_tends_in_peace_begins_anew(pulse: Pulse, clock: Clock):
    pulse.failed("support", MailboxLost("gone"), 2)
    clock.seconds = 123
    pulse.stands_by("support")
    assert beat(pulse) == Beat("support", tended=False)
    pulse.looked("support")
    assert beat(pulse).tended


def test_a_mailbox_that_goes_to_and_fro_between_desks_that_cannot_read_it_grows_quiet(pulse: Pulse, clock: Clock):
    pulse.looked("support")
    for clock.seconds in range(5, 150, 10):
        pulse.failed("support", MailboxLost("gone"), 4)
        clock.seconds += 5
        pulse.stands_by("support")
    told = beat(pulse)
    assert (told.tended, told.quiet) == (False, 150)
    assert told.failure is not None
    assert told.failure.since == NOON + timedelta(seconds=5)


# ── mail left behind ────────────────────────────────────────────────────────────────────────────────


def test_the_inbox_is_counted_once_a_window(pulse: Pulse, clock: Clock):
    assert pulse.wants_count("support")
    pulse.looked("support", 0)
    clock.seconds = 59
    assert not pulse.wants_count("support")
    clock.seconds = 60
    assert pulse.wants_count("support")


def test_mail_that_was_counted_and_not_taken_is_behind(pulse: Pulse, clock: Clock):
    pulse.looked("support", 3)
    assert beat(pulse).behind_since is None  # it may have come this moment
    clock.seconds = 60
    pulse.looked("support", 3)
    assert beat(pulse).behind_since == NOON + timedelta(seconds=60)
    clock.seconds = 120
    pulse.looked("support", 3)
    assert beat(pulse).behind_since == NOON + timedelta(seconds=60)
    pulse.handled("support", 3)
    pulse.looked("support", 0)
    assert beat(pulse).behind_since is None


def test_a_busy_inbox_that_is_never_empty_is_not_behind(pulse: Pulse, clock: Clock):
    for _ in range(5):
        pulse.looked("support", 3)
        clock.seconds += 60
        pulse.handled("support", 120)
    pulse.looked("support", 2)
    assert beat(pulse).behind_since is None


def test_mail_that_somebody_moved_away_is_not_behind(pulse: Pulse, clock: Clock):
    pulse.looked("support", 3)
    clock.seconds = 60
    pulse.looked("support", 0)
    assert beat(pulse).behind_since is None


# ── threads that hang ───────────────────────────────────────────────────────────────────────────────


def test_a_thread_is_stuck_when_it_is_far_too_late(pulse: Pulse, clock: Clock):
    pulse.looked("support")
    pulse.looked("partners")
    clock.seconds = 655
    pulse.looked("partners")
    assert pulse.beats(600).stuck == ""
    clock.seconds = 661
    assert pulse.beats(600).stuck == "support"


def test_a_pause_after_a_failure_is_not_being_stuck(pulse: Pulse, clock: Clock):
    for name in ("support", "partners"):
        pulse.failed(name, MailboxLost("gone"), 300)
    clock.seconds = 899
    assert pulse.beats(600).stuck == ""
    clock.seconds = 901
    assert pulse.beats(600).stuck == "support"


def test_progress_within_a_long_look_is_not_being_stuck(pulse: Pulse, clock: Clock):
    for seconds in range(0, 5000, 500):
        clock.seconds = seconds
        pulse.handled("support", 50)
        pulse.handled("partners", 50)
        assert pulse.beats(600).stuck == ""
