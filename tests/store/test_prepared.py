"""A prepared statement keeps and reads values as SQLAlchemy does, and its errors are SQLAlchemy's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from triage.store.database import engine_for
from triage.store.prepared import Prepared
from triage.store.schema import participant, ticket
from triage.store.store import Store, StoreLost

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=1)))
ROW = {
    "state": "new",
    "language": "no",
    "owner": "kari@shop.example",
    "subject": "100 % æøå",
    "asked": 0,
    "told_separate": True,
    "flags": ["incident"],
    "opened_at": NOON,
    "changed_at": NOON,
    "closing_at": None,
}
NEW = Prepared(sa.insert(ticket).returning(ticket.c.number))
FOUND = Prepared(sa.select(ticket).where(ticket.c.number == sa.bindparam("at"), ticket.c.state == "new"))


def test_what_is_written_and_read_is_what_sqlalchemy_writes_and_reads(store: Store):
    with store.connection() as db:
        number = NEW.scalar(db, ROW)
        (found,) = FOUND.rows(db, {"at": number})
        assert db.execute(sa.select(ticket)).one() == found
        named = dict(zip(ticket.c.keys(), found, strict=True))
        assert {name: named[name] for name in ROW} == ROW
        assert named["opened_at"].tzinfo is UTC


def test_statements_whose_values_have_other_names_are_told_apart(store: Store):
    changed = Prepared(sa.update(ticket).where(ticket.c.number == sa.bindparam("at")))
    with store.connection() as db:
        number = NEW.scalar(db, ROW)
        changed.write(db, [{"at": number, "subject": "other"}])
        changed.write(db, [{"at": number, "asked": 2}])
        assert [db.execute(sa.select(ticket.c.subject, ticket.c.asked)).one()] == [("other", 2)]


def test_one_statement_serves_several_databases(store: Store):
    other = sa.create_engine("sqlite://", json_serializer=lambda _: '["other"]')
    ticket.create(other)
    with store.connection() as db, other.begin() as second:
        here, there = NEW.scalar(db, ROW), NEW.scalar(second, ROW)
        assert db.execute(sa.select(ticket.c.flags).where(ticket.c.number == here)).scalar_one() == ["incident"]
        assert second.execute(sa.select(ticket.c.flags).where(ticket.c.number == there)).scalar_one() == ["other"]
    other.dispose()


def test_nothing_to_write_asks_nothing_and_a_value_that_is_not_given_is_no_null(store: Store):
    with store.connection() as db:
        NEW.write(db, [])
        with pytest.raises(KeyError):
            FOUND.rows(db, {})


def test_a_broken_constraint_is_sqlalchemys_error_and_shows_no_values(store: Store):
    joined = Prepared(sa.insert(participant))
    with pytest.raises(IntegrityError) as raised, store.connection() as db:
        joined.write(db, [{"ticket": 7, "email": "kari@shop.example"}])
    assert "foreign key" in str(raised.value).lower()
    assert "kari" not in str(raised.value)


@pytest.mark.postgres
def test_a_link_that_the_server_ended_is_a_lost_database_and_is_not_used_again(postgres_url: str):
    engine = engine_for(postgres_url)
    store = Store(engine)
    asked = Prepared(sa.select(sa.literal(1)))
    with pytest.raises(StoreLost), store.connection() as db:
        ended = db.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({ended})")
        asked.scalar(db, {})
    with store.connection() as db:
        assert asked.scalar(db, {}) == 1
    engine.dispose()
