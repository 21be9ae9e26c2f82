"""A mail that could not be handled is kept with its bytes until it is, however often it fails."""

from __future__ import annotations

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
