"""Real servers for every room's tests. A missing server skips its tests loudly; with CI=true it fails them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.certificates import Certificates, make_certificates
from servers.chromium import find_chromium
from servers.dovecot import Dovecot, find_dovecot
from servers.postgres import Postgres, find_postgres
from servers.process import remove, server_folder
from servers.smtp_sink import SmtpSink

from tests.office import Office, opened
from triage import mind
from triage.config import load


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew", action="store_true", help="write the snapshots of replies anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a server carries its marker, so that `-m 'not dovecot'` leaves none out."""
    for item in items:
        wanted = set(getattr(item, "fixturenames", ()))
        if wanted & {"dovecot"}:
            item.add_marker("dovecot")
        if wanted & {"postgres", "postgres_url"}:
            item.add_marker("postgres")


def _need(found: object, name: str, package: str) -> None:
    if found is not None:
        return
    line = f"{name.upper()} IS NOT INSTALLED: its tests did not run (Debian: apt-get install {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(line, pytrace=False)
    pytest.skip(line)


@pytest.fixture(scope="session")
def certificates() -> Iterator[Certificates]:
    """A test authority and its certificate for localhost, readable by the servers' user."""
    folder = server_folder("certificates")
    yield make_certificates(folder)
    remove(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    found = find_chromium()
    _need(found, "Chromium", "chromium")
    return str(found)


@pytest.fixture(scope="session")
def dovecot(certificates: Certificates) -> Iterator[Dovecot]:
    """One Dovecot for the whole run; each test takes `dovecot.new_user()` (or the fixture `mail_user`)."""
    _need(find_dovecot(), "Dovecot", "dovecot-imapd")
    server = Dovecot(certificates)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mail_user(dovecot: Dovecot) -> str:
    """A fresh user of the shared Dovecot."""
    return dovecot.new_user()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run."""
    _need(find_postgres(), "PostgreSQL", "postgresql")
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The SQLAlchemy URL of an empty database of this test's own."""
    return postgres.new_database()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A plain SMTP server on loopback that keeps what it is given; `smtp_sink.script` makes it fail."""
    sink = SmtpSink()
    try:
        sink.start()
        yield sink
    finally:
        sink.stop()


@pytest.fixture
def on_call() -> Iterator[SmtpSink]:
    """The mail server of the alerts."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for part in ("tmp", "new", "cur"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    return tmp_path / "Maildir"


@pytest.fixture(scope="session")
def thinking() -> mind.Mind:
    """The shipped rules, model and templates."""
    return mind.load(load(Path(__file__).parent.parent / "config.yaml"))


@pytest.fixture
def office(tmp_path: Path, thinking: mind.Mind) -> Iterator[Office]:
    """A desk in a folder of this test's own."""
    found = opened(tmp_path, thinking)
    yield found
    found.desk.store.close()
