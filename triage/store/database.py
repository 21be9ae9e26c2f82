"""Opens the database behind one URL, SQLite or PostgreSQL, and brings its tables up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from triage.domain import OperatorError
from triage.store.schema import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_FROZEN = (
    "idle_in_transaction_session_timeout = '10s'",  # between two statements of one transaction lie milliseconds
    "lock_timeout = '30s'",
    "tcp_keepalives_idle = 10",
    "tcp_keepalives_interval = 5",
    "tcp_keepalives_count = 3",
)
_SQLITE = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    "temp_store=MEMORY",  # else what a savepoint may have to undo is written to a file: eighty writes a mail
)
_migrated = sa.Table(  # Alembic's own table, as Alembic makes it
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
_UPGRADE_LOCK = 0x56534421  # any number, as long as every daemon takes the same


class DatabaseRefused(OperatorError):  # noqa: N818 - the operator's word for it
    """The database cannot be used; the message is one line that says what to do."""

    exit_code = 6


def engine_for(url: str, password: str | None = None) -> sa.Engine:
    """An engine for the URL. SQLite runs in WAL mode with immediate transactions. Raises DatabaseRefused."""
    try:
        parsed = sa.make_url(url)
        if password is not None:
            parsed = parsed.set(password=password)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        if parsed.get_backend_name() == "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"))
    except (SQLAlchemyError, ImportError) as error:
        raise DatabaseRefused(f"the database URL cannot be used: {_first_line(error)}") from None
    raise DatabaseRefused("the database URL must begin with sqlite:/// or postgresql://")


def migrate(engine: sa.Engine, first_ticket: int) -> None:
    """Create or upgrade the tables; ticket numbers of a new database begin at `first_ticket`.

    Raises DatabaseRefused.
    """
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":  # two daemons that start at once upgrade one after the other
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            if not sa.inspect(connection).get_table_names():
                create(connection, first_ticket)
            elif _version(connection) != _newest():
                upgrade(connection, first_ticket)
    except (DBAPIError, OSError) as error:
        raise DatabaseRefused(f"the database cannot be opened: {_first_line(error)}") from None


def create(connection: sa.Connection, first_ticket: int) -> None:
    """Make the tables of an empty database as they are today, which the migrations would make in half a second more."""
    metadata.create_all(connection, checkfirst=False)
    _migrated.create(connection)
    connection.execute(_migrated.insert().values(version_num=_newest()))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT setval('ticket_number_seq', :first, false)"), {"first": first_ticket})
    else:
        before = {"before": first_ticket - 1}
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', :before)"), before)


def upgrade(connection: sa.Connection, first_ticket: int) -> None:
    """Run the migrations that the database lacks."""
    from alembic import command  # here, because it takes 400 ms to import and is rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["first_ticket"] = first_ticket
    command.upgrade(config, "head")


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_migrated.name):
        return None
    return connection.execute(sa.select(_migrated.c.version_num)).scalar()


def _newest() -> str:
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


def _engine(url: sa.URL, **options: Any) -> sa.Engine:
    """An engine whose errors repeat nothing of what was to be written: they stand in logs and in `trouble`."""
    engine = sa.create_engine(url, json_serializer=_json, hide_parameters=True, **options)
    sa.event.listen(engine, "handle_error", _shorten)
    return engine


def _shorten(context: sa.engine.ExceptionContext) -> None:
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            shorten(error)


def shorten(error: BaseException) -> None:
    """Keep an error's first line alone: PostgreSQL's DETAIL, behind it, shows the row."""
    error.args = (str(error.args[0] if error.args else error).partition("\n")[0],)


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = _engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """The server ends what a frozen or vanished desk left open, so that nobody waits for its locks for long."""
    with connection.cursor() as cursor:
        for setting in _FROZEN:
            cursor.execute(f"SET {setting}")
    connection.commit()


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseRefused(f"the database folder cannot be made: {error}") from None
    engine = _engine(url, connect_args={"timeout": 30})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, at once as writers
    for pragma in _SQLITE:
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: sa.Connection) -> None:
    """At once as a writer, so that none fails half-way; a snapshot only reads, and keeps no writer waiting."""
    options = connection.get_execution_options()
    reads = "snapshot" in options
    _set(connection, "query_only", "ON" if reads else "OFF")
    _set(connection, "synchronous", "NORMAL" if "unsynced" in options else "FULL")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _set(connection: sa.Connection, pragma: str, value: str) -> None:
    """A link stays as it was set when others use it next."""
    if connection.info.get(pragma) != value:
        connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")
        connection.info[pragma] = value


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> str:
    """Most lists of a mail are empty."""
    return _encode(value) if value != [] else "[]"


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(error).__name__
