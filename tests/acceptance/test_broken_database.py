"""A database that is full or locked: one clear line, nothing half done, and all of it done when the cause is gone."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers.dovecot import PASSWORD, Dovecot
from servers.smtp_sink import SmtpSink

from tests.acceptance.desk_process import CONFIG, ROOT, TRAYS, Desk
from tests.chaos.mails import MAILS
from triage.store import schema
from triage.store.database import engine_for
from triage.store.store import Store, StoreLost

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    return dovecot.new_user()


@pytest.fixture
def desk(dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path, user: str) -> Desk:
    text = CONFIG.format(
        imap_port=dovecot.port,
        tls="none",
        ca_file="none.pem",
        user=user,
        smtp_port=smtp_sink.port,
        database=f"sqlite:///{tmp_path}/desk.sqlite",
        state=ROOT / "var",
        root=ROOT,
    )
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return Desk(tmp_path / "config.yaml", PASSWORD)


def with_a_full_disk(desk: Desk, most: int) -> subprocess.CompletedProcess[str]:
    """A run in which no file can grow beyond so many bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = desk.command("run", "--once")
    return subprocess.run(command, env=desk.environment(), capture_output=True, text=True, preexec_fn=limit)


@pytest.mark.parametrize("most", [30_000, 150_000])
def test_where_no_file_can_grow_nothing_is_lost_and_nothing_doubled(
    desk: Desk, dovecot: Dovecot, smtp_sink: SmtpSink, user: str, most: int
):
    """The first to fail is the journal, a later commit, or whatever else needs a file: no mail is blamed for it."""
    desk.run("run", "--once")
    for raw in MAILS:
        dovecot.deliver(user, raw)
    for _ in range(2):
        done = with_a_full_disk(desk, most)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in (6, 8), done.stderr
        assert "set aside" not in done.stderr
        assert len(dovecot.mails(user)) + sum(len(dovecot.mails(user, tray)) for tray in TRAYS) == len(MAILS)
    desk.run("run", "--once")
    ids = [received.message["Message-ID"] for received in smtp_sink.received]
    assert dovecot.mails(user) == []
    assert len(set(ids)) == 5
    assert len(ids) - 5 <= 2  # what left and could not be noted, once a run: the window that SMTP leaves open


def test_a_locked_database_is_a_loss_and_no_bad_mail(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/desk.sqlite"
    engine, other = engine_for(url), engine_for(url)
    schema.metadata.create_all(engine)

    @sa.event.listens_for(engine, "connect")
    def hurry(connection, _record) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    engine.dispose()
    with other.connect() as writing:
        writing.execute(sa.text("SELECT 1"))  # begun as a writer: nobody else may write
        with pytest.raises(StoreLost, match="locked"), Store(engine).ledger():
            pass
    with Store(engine).ledger():
        pass
    for each in (engine, other):
        each.dispose()
