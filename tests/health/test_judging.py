"""When the desk is red, and when it is not: within one missed window, at once where a person is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage.health.judging import Health, Patience, judge
from triage.health.pulse import Beat, Beats, Failure
from triage.store.alerts import Alert
from triage.store.signs import Signs

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PATIENCE = Patience(window=60, letters=timedelta(minutes=60), host="one")
QUIET = Signs(
    handled={},
    letters={},
    alerts_waiting=0,
    due_since=None,
    waiting_since=None,
    trouble=0,
    trouble_since=None,
    standing=(),
)
FINE = Beat("support", quiet=3, looked_at=AT - timedelta(seconds=3), left=0)


def ago(**span: float) -> datetime:
    return AT - timedelta(**span)


def judged(*mailboxes: Beat, signs: Signs | str = QUIET, **process: object) -> Health:
    return judge(AT, Beats(mailboxes, **process), signs, PATIENCE)  # type: ignore[arg-type]


def names(health: Health) -> list[str]:
    return [reason.name for reason in health.reasons]


def test_a_desk_that_reads_and_sends_is_well():
    health = judged(FINE, relay_tried=True)
    assert not health.red
    assert health.well == {
        "mailbox support",
        "behind support",
        "relay one",
        "database one",
        "outbox",
        "trouble",
        "breaker",
    }


def test_edited_rules_that_stay_broken_are_red_and_those_just_being_saved_are_not():
    broken = Failure("edited rules are not in use: rules/settlement.yaml:3:1", ago(minutes=11), lasting=True)
    (reason,) = judged(FINE, edits_watched=True, edits=broken).reasons
    assert (reason.name, reason.since) == ("rules one", ago(minutes=11))
    saving = judged(FINE, edits_watched=True, edits=replace(broken, since=ago(minutes=1)))
    assert not saving.red
    assert "rules one" not in saving.well
    assert "rules one" in judged(FINE, edits_watched=True).well


def test_a_refused_password_is_red_at_once_and_says_why():
    failing = replace(FINE, failure=Failure("support: h refuses the login of 'desk'", ago(seconds=1), lasting=True))
    (reason,) = judged(failing).reasons
    assert (reason.name, reason.since) == ("mailbox support", ago(seconds=1))
    assert "refuses the login" in reason.said


@pytest.mark.parametrize(("quiet", "red"), [(61, False), (119, False), (121, True)])
def test_a_server_that_is_away_is_red_after_one_missed_window(quiet: float, red: bool):
    failing = replace(FINE, quiet=quiet, failure=Failure("nothing answers", ago(seconds=quiet), lasting=False))
    health = judged(failing)
    assert health.red is red
    assert "mailbox support" not in health.well  # not well either, while it fails


def test_a_thread_that_hangs_without_a_word_is_red_after_one_missed_window():
    assert names(judged(replace(FINE, quiet=121))) == ["mailbox support"]
    assert not judged(replace(FINE, quiet=119)).red


def test_a_desk_that_has_just_started_is_neither_well_nor_red():
    health = judged(Beat("support", quiet=1))
    assert not health.red
    assert "mailbox support" not in health.well


def test_a_mailbox_of_another_desk_is_not_ours_to_judge():
    health = judged(Beat("support", tended=False, quiet=5000))
    assert not health.red
    assert not any("support" in name for name in health.well)


def test_a_mailbox_that_fails_here_and_elsewhere_in_turn_is_red_and_told_by_who_has_it():
    failing = Beat("support", quiet=121, failure=Failure("nothing answers", ago(minutes=2), lasting=False))
    (ours,), (theirs,) = judged(failing).reasons, judged(replace(failing, tended=False)).reasons
    assert (ours.name, ours.told) == ("mailbox support", True)
    assert (theirs.name, theirs.told) == ("mailbox support", False)
    assert not any("support" in name for name in judged(replace(failing, tended=False, left=0)).well)


def test_mail_that_stays_behind_in_the_inbox_is_red():
    (reason,) = judged(replace(FINE, left=7, behind_since=ago(minutes=1))).reasons
    assert (reason.name, reason.since) == ("behind support", ago(minutes=1))
    assert "7 mails" in reason.said


@pytest.mark.parametrize(("seconds", "lasting", "red"), [(1, True, True), (119, False, False), (121, False, True)])
def test_a_relay_that_is_down_is_red_after_a_window_and_one_that_refuses_us_at_once(
    seconds: float, lasting: bool, red: bool
):
    health = judged(FINE, relay=Failure("no relay", ago(seconds=seconds), lasting), relay_tried=True)
    assert names(health) == (["relay one"] if red else [])
    assert "relay one" not in health.well


def test_a_lost_database_is_red_at_once_and_nothing_is_said_of_what_stands_in_it():
    health = judged(FINE, signs="the database is lost: disk full")
    assert names(health) == ["database one"]
    assert health.well == {"mailbox support", "behind support"}


def test_letters_that_could_leave_and_do_not_are_red_after_one_missed_window():
    assert not judged(FINE, signs=replace(QUIET, due_since=ago(seconds=119))).red
    assert names(judged(FINE, signs=replace(QUIET, due_since=ago(seconds=121)))) == ["outbox"]


def test_a_letter_that_is_put_off_again_and_again_is_red_after_its_time():
    assert not judged(FINE, signs=replace(QUIET, waiting_since=ago(minutes=59))).red
    (reason,) = judged(FINE, signs=replace(QUIET, waiting_since=ago(minutes=61))).reasons
    assert (reason.name, reason.said) == ("outbox", "the oldest letter has waited for 61 minutes to leave")


def test_mail_in_trouble_is_red_until_it_is_handled():
    (reason,) = judged(FINE, signs=replace(QUIET, trouble=2, trouble_since=ago(days=1))).reasons
    assert (reason.name, reason.since) == ("trouble", ago(days=1))
    assert "2 mails could not be handled" in reason.said


@pytest.mark.parametrize(("name", "red"), [("breaker", True), ("breaker:total", True), ("key_leak:VSD-1", False)])
def test_stopped_sending_is_red_and_other_news_for_staff_is_not(name: str, red: bool):
    standing = (Alert(name, ago(minutes=5), "too many replies"),)
    assert judged(FINE, signs=replace(QUIET, standing=standing)).red is red


def test_a_run_from_cron_is_judged_by_its_end():
    failed = judged(run=Failure("nothing answers at h:993", AT, lasting=False), ran=True)
    assert names(failed) == ["run one"]
    assert "run one" in judged(ran=True).well
