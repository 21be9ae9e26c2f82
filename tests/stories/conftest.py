"""The stage on which the stories are played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.dovecot import Dovecot
from servers.postgres import Postgres
from servers.smtp_sink import SmtpSink

from tests.stories.stage import Stage, leave, mailbox, staged
from triage.mind import Mind
from triage.store.database import engine_for, migrate


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """A database with tables and without rows, to be copied: quicker than migrating a new one each time."""
    url = postgres.new_database()
    engine = engine_for(url)
    migrate(engine, first_ticket=10_000)
    engine.dispose()
    return url


@pytest.fixture
def database(postgres: Postgres, migrated: str) -> Iterator[str]:
    """A ledger of this test's own."""
    url = postgres.new_database(like=migrated)
    yield url
    postgres.drop(url)


@pytest.fixture
def stage(dovecot: Dovecot, mail_user: str, smtp_sink: SmtpSink, database: str, thinking: Mind) -> Iterator[Stage]:
    """A desk at an empty mailbox of its own."""
    desk = staged((mailbox(dovecot, mail_user),), smtp_sink, database, thinking)
    found = Stage(desk, dovecot, mail_user, smtp_sink, database)
    yield found
    leave(found.desk)


@pytest.fixture
def own_stage(smtp_sink: SmtpSink, dovecot: Dovecot, database: str, thinking: Mind) -> Iterator[Stage]:
    """The same with a Dovecot that the test may kill and change (the shared one only shows that there is one)."""
    server = Dovecot()
    server.start()
    user = server.new_user()
    desk = staged((mailbox(server, user),), smtp_sink, database, thinking)
    found = Stage(desk, server, user, smtp_sink, database)
    yield found
    leave(found.desk)
    server.stop()
