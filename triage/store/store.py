"""The store: opens ledgers, and tells a lost database from a bad mail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from triage.domain import OperatorError
from triage.store.ledger import Ledger


class StoreLost(OperatorError):  # noqa: N818 - the operator's word for it
    """The database cannot be reached or written; nothing of the open transaction was kept."""

    exit_code = 6


_UNSYNCED_SECONDS = 1


def utc_now() -> datetime:
    """This moment, with its offset."""
    return datetime.now(UTC)


class Store:
    """One database. `clock` gives the moment that stands in the rows."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._unsynced = engine.execution_options(unsynced=True)
        self._synced_at = time.monotonic()
        self.clock = clock

    @property
    def shared(self) -> bool:
        """Whether several desks may work with this database."""
        return self._engine.dialect.name == "postgresql"

    @contextmanager
    def connection(self, *, synced: bool = True) -> Iterator[sa.Connection]:
        """One transaction: committed when the block ends, undone when it fails. Raises StoreLost.

        With SQLite a commit that need not be `synced` is, once a second; the others reach the disk with the next that is.
        A process that is killed loses nothing by it, a power cut may. PostgreSQL syncs every commit.
        """
        now = time.monotonic()
        if synced or now - self._synced_at > _UNSYNCED_SECONDS:
            self._synced_at, engine = now, self._engine
        else:
            engine = self._unsynced
        with _losses_told(), engine.begin() as db:
            yield db

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A look at the database as it is at one moment; it may take long, keeps no desk waiting and writes nothing.

        Raises StoreLost.
        """
        postgresql = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        options = postgresql if self._engine.dialect.name == "postgresql" else {"snapshot": True}
        with _losses_told(), self._engine.execution_options(**options).begin() as db:
            if self.shared:
                db.exec_driver_sql("SET LOCAL jit = off")  # to compile such queries takes longer than to answer them
            yield db

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """One transaction as a ledger. Raises StoreLost."""
        with self.connection() as db:
            yield Ledger(db, self.clock())

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


@contextmanager
def _losses_told() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_loss(error):
            raise StoreLost(f"the database is lost: {str(error.orig or error).strip().splitlines()[0]}") from error
        raise


_OF_THE_ROW = ("22", "23", "54")  # SQLSTATE classes: bad data, broken constraint, beyond a limit (of an index)


def is_loss(error: BaseException) -> bool:
    """Whether an error says that the database is gone, full, locked or read-only, rather than the mail odd."""
    if not isinstance(error, DBAPIError):
        return False
    if (getattr(error.orig, "sqlstate", None) or "").startswith(_OF_THE_ROW):
        return False
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
