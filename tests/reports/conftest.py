"""Figures are counted on SQLite and on a real PostgreSQL, over the same made-up mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reports.books import NOW, Books
from tests.reports.seeding import made_up, write
from triage.store.database import engine_for, migrate
from triage.store.store import Store


def _filled(url: str) -> Store:
    engine = engine_for(url)
    migrate(engine, first_ticket=10_000)
    opened = Store(engine, lambda: NOW)
    rows = made_up(1_200, 7)
    with opened.connection() as db:
        write(db, rows)
    return opened


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Made-up mail in SQLite, where only the looks matter."""
    opened = _filled(f"sqlite:///{tmp_path_factory.mktemp('books')}/desk.sqlite")
    yield Books(opened)
    opened.close()


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The same mail in one database and in the other."""
    if request.param == "sqlite":
        yield request.getfixturevalue("shelf")
        return
    opened = _filled(request.getfixturevalue("postgres").new_database())
    yield Books(opened)
    opened.close()
