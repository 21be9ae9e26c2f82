"""INSERT that says what happens to rows that are there already; each database has its own.

Asking first and inserting then is no answer: between the two another desk may have written the same row.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(db: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with on_conflict_do_nothing() and on_conflict_do_update()."""
    return _insert(db.dialect.name, table)


def unless_there(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that leaves alone what is there."""
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
