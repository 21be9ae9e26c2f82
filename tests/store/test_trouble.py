"""A mail that could not be handled is kept with its bytes until it is, however often it fails."""

from __future__ import annotations

from datetime import timedelta

import pytest

from triage.store import trouble
from triage.store.store import Store
from triage.store.trouble import Failure, Trouble


def fail(store: Store, raw: bytes, error: str) -> Trouble:
    with store.connection() as db:
        trouble.note(db, Failure("integration", "1:7", raw, "record", error), store.clock())
        (found,) = trouble.all_waiting(db)
    return found


def test_a_mail_that_fails_again_counts_and_says_what_went_wrong_last(store: Store, clock):
    fail(store, b"raw", "first")
    clock.move(hours=1)
    again = fail(store, b"raw", "second")
    assert (again.tries, again.error, again.last_at) == (2, "second", clock.now)


def test_a_mail_that_fails_after_it_was_resolved_has_its_bytes_again(store: Store):
    first = fail(store, b"raw", "first")
    with store.connection() as db:
        trouble.resolve(db, first.id)
        assert trouble.all_waiting(db) == []
    again = fail(store, b"raw", "again")
    assert (again.id, again.raw, again.tries) == (first.id, b"raw", 2)


@pytest.mark.parametrize(("mailbox", "uid"), [("integration", "1:8"), ("other", "1:7")])
def test_another_mail_is_another_trouble(store: Store, mailbox: str, uid: str):
    fail(store, b"raw", "first")
    with store.connection() as db:
        trouble.note(db, Failure(mailbox, uid, b"", "fetch", "second"), store.clock())
        assert [each.error for each in trouble.all_waiting(db)] == ["first", "second"]


def begin(store: Store) -> Trouble | None:
    with store.connection() as db:
        return trouble.begin_due(db, store.clock())


def test_a_mail_is_tried_again_by_itself_after_growing_pauses_and_then_left_to_people(store: Store, clock):
    """F19: what fails is neither lost nor tried for ever."""
    failed, pauses = fail(store, b"raw", "1"), []
    while failed.next_at is not None:
        pauses.append(failed.next_at - clock.now)
        clock.now = failed.next_at - timedelta(seconds=1)
        assert begin(store) is None
        clock.move(seconds=1)
        assert begin(store) is not None
        failed = fail(store, b"raw", str(len(pauses) + 1))
    assert pauses == sorted(trouble.PAUSES)
    assert (failed.tries, failed.error) == (5, "5")
    clock.move(days=400)
    assert begin(store) is None


def test_a_try_that_kills_its_process_counts_too(store: Store, clock):
    fail(store, b"raw", "boom")
    tries = 0
    for _ in range(100):
        clock.move(hours=5)
        tries += begin(store) is not None
    assert tries == len(trouble.PAUSES)
    with store.connection() as db:
        assert [each.tries for each in trouble.all_waiting(db)] == [5]


def test_a_try_is_made_by_one_desk_alone_and_the_mail_due_longest_comes_first(store: Store, clock):
    with store.connection() as db:
        trouble.note(db, Failure("integration", "1:8", b"raw", "record", "x"), clock.now + timedelta(seconds=5))
        trouble.note(db, Failure("integration", "1:9", b"raw", "record", "x"), clock.now)
    clock.move(minutes=6)
    assert [begun.uid for begun in (begin(store), begin(store)) if begun] == ["1:9", "1:8"]
    assert begin(store) is None


def test_a_mail_of_which_only_the_header_was_kept_is_not_tried_by_itself(store: Store, clock):
    with store.connection() as db:
        trouble.note(db, Failure("integration", "1:8", b"From: a@shop.example", "fetch", "too large"), clock.now)
    clock.move(days=400)
    assert begin(store) is None


def test_a_mail_whose_bytes_have_expired_is_not_tried_by_itself(store: Store, clock):
    fail(store, b"", "boom")
    clock.move(days=400)
    assert begin(store) is None


def test_a_clock_that_ran_ahead_and_was_set_back_keeps_no_mail_waiting(store: Store, clock):
    fail(store, b"raw", "boom")
    clock.move(days=-30)
    assert begin(store) is not None
