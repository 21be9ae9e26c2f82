"""A seeded database, and plain SQL questions that the figures are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tests.reports.seeding import START, WEEKS
from triage.store.figures.counting import Scope
from triage.store.store import Store

NOW = START + timedelta(weeks=WEEKS + 2)
MIDDLE = Scope(START + timedelta(days=10), START + timedelta(days=60))  # begins and ends inside the mail


@dataclass
class Books:
    """A seeded database, and its rows as they are."""

    store: Store

    def ask(self, question: str, **values: Any) -> Sequence[Any]:
        """Plain SQL: the count that the figures are held against."""
        bound = [sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name in values]
        if self.store.shared:
            prepared = values
        else:
            prepared = {name: each.replace(tzinfo=None) for name, each in values.items()}
            bound = [sa.bindparam(name, type_=sa.DateTime()) for name in values]
        with self.store.snapshot() as db:
            return [tuple(row) for row in db.execute(sa.text(question).bindparams(*bound), prepared)]


def between(scope: Scope) -> dict[str, datetime]:
    """The bounds of a scope for `ask`."""
    return {"since": scope.since or START, "until": scope.until or NOW}
