"""INSERT that says what happens to rows that are there already; each database has its own.

Asking first and inserting then is no answer: between the two another desk may have written the same row.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(db: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with on_conflict_do_nothing() and on_conflict_do_update()."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)
