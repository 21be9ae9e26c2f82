"""Statements that every mail asks: compiled once, and run on the driver's own cursor.

SQLAlchemy says how a statement reads in a database and how its values are kept there; both stay the same from mail to
mail. To go the whole way through it each time takes several times what the database needs for its answer. Errors come
out as SQLAlchemy's own, so that nobody else need know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from triage.store.database import shorten

_Rows = Sequence[tuple[Any, ...]]
_Change = Callable[[Any], Any] | None  # of one value on its way into the database or out of it


class Prepared:
    """One statement. Every call names its values anew, always under the same names."""

    def __init__(self, statement: sa.Executable | Callable[[str], sa.Executable]) -> None:
        """`statement` may depend on the dialect's name. It has no IN whose length changes from call to call, and no
        column of it is left to a default."""
        self._statement = statement
        self._made: dict[tuple[str, ...], _Compiled] = {}

    def rows(self, db: sa.Connection, values: Mapping[str, object]) -> _Rows:
        """Run it once; all that it returns."""
        made = self._compiled(db.dialect, values)
        return made.read(*run(db, made.text, made.bound(values)))

    def scalar(self, db: sa.Connection, values: Mapping[str, object]) -> Any:
        """Run it once; the first value of the first row, None when there is no row."""
        found = self.rows(db, values)
        return found[0][0] if found else None

    def write(self, db: sa.Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Run it once for each row of values; it returns nothing."""
        if rows:
            made = self._compiled(db.dialect, rows[0])
            values = [made.bound(row) for row in rows]
            many = len(values) > 1  # for one row psycopg's way of sending many is a detour
            run(db, made.text, values if many else values[0], many=many)

    def _compiled(self, dialect: sa.Dialect, names: Iterable[str]) -> _Compiled:
        given = tuple(names)
        made = self._made.get(given)
        if made is None or made.dialect is not dialect:
            statement = self._statement(dialect.name) if callable(self._statement) else self._statement
            made = self._made[given] = _compiled(statement, dialect, given)
        return made


@dataclass(slots=True)
class _Compiled:
    """A statement as one database reads it."""

    dialect: sa.Dialect
    text: str
    names: Sequence[str]  # of its values, in the order of the text
    ordered: Callable[[Mapping[str, object]], Sequence[object]]  # all of them in one call
    changes: Sequence[tuple[str, Callable[[Any], Any]]]  # of values that the database keeps in another form
    constants: Mapping[str, object]
    columns: tuple[Any, ...]  # the types of what it returns
    readers: tuple[_Change, ...] | None = None  # how each column is read, as soon as the driver has named its own types

    def bound(self, values: Mapping[str, object]) -> Sequence[object] | Mapping[str, object]:
        """The values as the driver takes them."""
        if self.constants or self.changes:
            given = values = {**self.constants, **values}
            for name, change in self.changes:
                given[name] = change(given[name])
        return self.ordered(values) if self.dialect.positional else {name: values[name] for name in self.names}

    def read(self, rows: _Rows, description: Sequence[Any]) -> _Rows:
        """What the driver returned, as Python knows it."""
        if self.readers is None:
            kinds = zip(self.columns, description, strict=True)
            self.readers = tuple(kind.result_processor(self.dialect, column[1]) for kind, column in kinds)
        if not any(self.readers):
            return rows
        return [
            tuple(change(value) if change else value for change, value in zip(self.readers, row, strict=True))
            for row in rows
        ]


def _compiled(statement: Any, dialect: sa.Dialect, given: tuple[str, ...]) -> _Compiled:
    made = statement.compile(dialect=dialect, column_keys=list(given))
    names = made.positiontup if dialect.positional else list(made.binds)
    constants = {name: made.binds[name] for name in names if name not in given}
    changes = {name: _kind(made.binds[name], dialect).bind_processor(dialect) for name in names}
    return _Compiled(
        dialect=dialect,
        text=str(made),
        names=names,
        ordered=_picker(names),
        changes=[(name, change) for name, change in changes.items() if change],
        constants={name: bind.effective_value for name, bind in constants.items() if not bind.required},
        columns=tuple(_kind(column, dialect) for column in statement.exported_columns),
    )


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, object]], Sequence[object]]:
    """All the values of some names in one call; for a single one itemgetter would give no tuple."""
    return itemgetter(*names) if len(names) > 1 else lambda given: [given[name] for name in names]


def _kind(element: Any, dialect: sa.Dialect) -> Any:
    return element.type.dialect_impl(dialect)


def run(db: sa.Connection, text: str, values: Any = (), *, many: bool = False) -> tuple[_Rows, Sequence[Any]]:
    """Run a statement as the database reads it, with values as the driver takes them (`many`: for each row of them).

    Returns all rows that come of it and what the driver says of their columns. Raises DBAPIError.
    """
    link = db.connection
    try:
        cursor = link.cursor()
        (cursor.executemany if many else cursor.execute)(text, values)
        return (cursor.fetchall(), cursor.description) if cursor.description else ((), ())
    except db.dialect.loaded_dbapi.Error as error:
        raise _told(error, db, link, text) from error


def _told(error: Any, db: sa.Connection, link: sa.PoolProxiedConnection, text: str) -> DBAPIError:
    """The driver's error as SQLAlchemy tells it; a link that is dead is given up."""
    shorten(error)
    dead = db.dialect.is_disconnect(error, link, None)
    if dead:
        db.invalidate(error)
    told = DBAPIError.instance(
        text,
        None,
        error,
        db.dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=dead,
        dialect=db.dialect,
    )
    return cast("DBAPIError", told)
