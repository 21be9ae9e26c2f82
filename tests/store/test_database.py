"""The tables are what the code believes, whichever database holds them."""

from __future__ import annotations

import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from tests.samples import mail
from tests.store.test_ledger import record
from triage.store.database import DatabaseRefused, create, engine_for, migrate, upgrade
from triage.store.schema import alert, metadata, ticket
from triage.store.store import Store, StoreLost, is_loss

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
A_TICKET = {
    "state": "open",
    "language": "en",
    "owner": "dev@shop.example",
    "subject": "A",
    "flags": [],
    "opened_at": NOON,
    "changed_at": NOON,
}


def told_of(index: Mapping[str, Any]) -> str:
    only = [str(where) for where in index.get("dialect_options", {}).values()]
    return f"{index['name']} {index['column_names']} {index['unique']} {only}"


def made(url: str, make: Callable[[sa.Connection, int], None]) -> dict[str, object]:
    """All that a database holds once it was made in one way, told in words that can be compared; it is empty then."""
    engine = engine_for(url)
    with engine.connect() as db, db.begin() as everything:
        make(db, 700)
        seen = sa.inspect(db)
        told: dict[str, object] = {
            name: [
                *sorted(str(sorted(column.items(), key=str)) for column in seen.get_columns(name)),
                *sorted(told_of(index) for index in seen.get_indexes(name)),
                *sorted(str(key) for key in seen.get_foreign_keys(name)),
                *sorted(str(unique) for unique in seen.get_unique_constraints(name)),
                *sorted(str(check) for check in seen.get_check_constraints(name)),
                str(seen.get_pk_constraint(name)),
            ]
            for name in seen.get_table_names()
        }
        told["version"] = db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        told["differs"] = compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), metadata)
        told["number"] = db.execute(sa.insert(ticket).returning(ticket.c.number), A_TICKET).scalar()
        everything.rollback()
    engine.dispose()
    return told


def test_a_new_database_is_what_the_migrations_make_of_it(url: str):
    migrated = made(url, upgrade)
    assert made(url, create) == migrated
    assert (migrated["differs"], migrated["number"]) == ([], 700)


def test_migrating_twice_and_from_two_sides_at_once_is_harmless(url: str):
    engines = [engine_for(url) for _ in range(3)]
    failures: list[Exception] = []

    def start(engine: sa.Engine) -> None:
        try:
            migrate(engine, first_ticket=500)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=start, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    assert failures == []


def test_sqlite_is_opened_for_many_readers_and_durable_commits(tmp_path: Path):
    engine = engine_for(f"sqlite:///{tmp_path}/deep/down/desk.sqlite")
    with engine.connect() as db:
        found = [
            db.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "temp_store")
        ]
    engine.dispose()
    assert found == ["wal", 2, 1, 2]


def test_a_commit_that_is_not_synced_is_everybodys_at_once_and_the_next_on_its_link_is_synced(tmp_path: Path):
    """F47: what a reply came to must outlive the process, and waits for no disk."""
    engine = engine_for(f"sqlite:///{tmp_path}/desk.sqlite")
    migrate(engine, first_ticket=1)
    store = Store(engine)

    def synchronous(db: sa.Connection) -> object:
        return db.exec_driver_sql("PRAGMA synchronous").scalar()

    with store.connection(synced=False) as db:
        assert synchronous(db) == 1
        db.execute(sa.insert(alert).values(name="sample", since=store.clock(), said=""))
    with sqlite3.connect(tmp_path / "desk.sqlite") as other:
        assert other.execute("SELECT name FROM alert").fetchall() == [("sample",)]
    other.close()
    with store.connection() as db:
        assert synchronous(db) == 2
    engine.dispose()


def test_what_need_not_be_synced_is_all_the_same_once_a_second(tmp_path: Path, monkeypatch):
    engine = engine_for(f"sqlite:///{tmp_path}/desk.sqlite")
    moment = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    store, found = Store(engine), []
    for moment[0] in (0.5, 0.9, 1.1, 2.0, 2.2):
        with store.connection(synced=False) as db:
            found.append(db.exec_driver_sql("PRAGMA synchronous").scalar())
    engine.dispose()
    assert found == [1, 1, 2, 1, 2]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("mysql://x/y", "must begin with sqlite:/// or postgresql://"),
        ("nonsense", "cannot be used"),
        ("sqlite:////proc/none/desk.sqlite", "folder cannot be made"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_in_one_line(bad: str, says: str):
    with pytest.raises(DatabaseRefused, match=says) as raised:
        migrate(engine_for(bad), first_ticket=1)
    assert "\n" not in str(raised.value)


def test_a_server_that_is_away_is_refused_at_start_and_lost_later():
    engine = engine_for("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseRefused, match="cannot be opened"):
        migrate(engine, first_ticket=1)
    with pytest.raises(StoreLost), Store(engine).ledger():
        pass


@pytest.mark.postgres
def test_what_no_index_can_hold_is_an_odd_mail_not_a_lost_database(postgres_url: str):
    engine = engine_for(postgres_url)
    migrate(engine, first_ticket=1)
    store = Store(engine)
    odd = mail(message_id="".join(chr(0x4E00 + number) for number in range(3_000)))
    with store.ledger() as ledger:
        record(ledger, mail(subject="before"))
        with pytest.raises(DBAPIError) as raised, ledger.savepoint():
            record(ledger, odd)
        record(ledger, mail(subject="after"))
    assert not is_loss(raised.value)
    with store.ledger() as ledger:
        assert ledger.seen(mail(subject="after").key)
    engine.dispose()


def test_an_error_repeats_nothing_of_what_was_to_be_written(store: Store):
    found = mail()
    with pytest.raises(DBAPIError) as raised, store.ledger() as ledger:
        record(ledger, found)
        record(ledger, found)
    told = "".join(traceback.format_exception(raised.value))
    assert "unique" in told.lower()
    assert not [value for value in (found.key, found.message_id, found.sender.email) if value in told]


def test_a_read_only_database_is_lost_not_a_bad_mail(tmp_path: Path):
    engine = engine_for(f"sqlite:///{tmp_path}/desk.sqlite")
    migrate(engine, first_ticket=1)
    with pytest.raises(StoreLost, match="readonly"), Store(engine).connection() as db:
        db.exec_driver_sql("PRAGMA query_only=ON")
        db.exec_driver_sql("DELETE FROM ticket")
    engine.dispose()
