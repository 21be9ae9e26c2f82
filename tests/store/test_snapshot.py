"""A look at the database that keeps nobody waiting."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from triage.store import schema as s
from triage.store.store import Store, StoreLost


def _alert(name: str) -> sa.Insert:
    moment = sa.func.current_timestamp()
    return sa.insert(s.alert).values(name=name, since=moment, said="sample")


def _count(db: sa.Connection) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(s.alert)).scalar_one()


def test_a_snapshot_stays_as_it_was_while_others_write(store: Store):
    with store.snapshot() as db:
        before = _count(db)
        with store.connection() as writer:  # does not wait for the snapshot, nor the other way round
            writer.execute(_alert("one"))
        assert _count(db) == before == 0
    with store.snapshot() as db:
        assert _count(db) == 1


def test_an_open_writer_does_not_keep_a_snapshot_waiting(store: Store):
    with store.connection() as writer:
        writer.execute(_alert("one"))
        with store.snapshot() as db:
            assert _count(db) == 0


def test_nothing_can_be_written_through_a_snapshot(store: Store):
    with pytest.raises((DBAPIError, StoreLost)), store.snapshot() as db:
        db.execute(_alert("one"))


def test_the_next_transaction_on_the_same_connection_writes_again(store: Store):
    with store.snapshot() as db:
        _count(db)
    with store.connection() as writer:
        writer.execute(_alert("one"))
    with store.snapshot() as db:
        assert _count(db) == 1
