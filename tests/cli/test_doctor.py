"""`triage doctor` finds what is missing before the desk does, and says what the ledger knows of the desk's health."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from servers.process import free_port
from servers.smtp_sink import SmtpSink

from triage.cli.main import main
from triage.cli.wiring import store_for
from triage.config import load
from triage.store import alerts, trouble

CONFIG = """\
desk: {{name: Sample Desk, address: integration@desk.example}}
mailboxes: [{{name: local, maildir: {{path: mail}}}}]
outgoing:
  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
threads: {{key: {{file: password}}}}
"""
ALERTS = "alerts: {{to: [on-call@desk.example], smtp: {{host: 127.0.0.1, port: {port}, tls: none}}}}\n"


@pytest.fixture
def config(tmp_path: Path, smtp_sink: SmtpSink) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    (tmp_path / "password").write_text("SAMPLE-password")
    (tmp_path / "password").chmod(0o600)
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG.format(port=smtp_sink.port), encoding="utf-8")
    return file


def doctor(config: Path) -> Result:
    return CliRunner().invoke(main, ["doctor", "-c", str(config)])


def test_a_healthy_desk_has_a_tick_for_everything(config: Path):
    result = doctor(config)
    assert result.exit_code == 0, result.output
    assert [line[2:].partition(":")[0] for line in result.output.splitlines() if line.startswith("✓")] == [
        "passwords",
        "mailbox local",
        "outgoing",
        "database",
    ]
    assert "'alerts.to' names nobody" in result.output


def test_a_password_that_is_missing_and_one_that_others_can_read_are_told(config: Path, tmp_path: Path):
    (tmp_path / "password").chmod(0o644)
    assert f"chmod 600 {tmp_path / 'password'}" in doctor(config).output
    (tmp_path / "password").unlink()
    result = doctor(config)
    assert result.exit_code == 1
    assert "✗ passwords: the secret file" in result.output


def test_the_alerts_own_mail_server_is_tried_too(config: Path, smtp_sink: SmtpSink):
    text = config.read_text()
    config.write_text(text + ALERTS.format(port=smtp_sink.port))
    assert "✓ alerts" in doctor(config).output
    config.write_text(text + ALERTS.format(port=free_port()))
    result = doctor(config)
    assert (result.exit_code, "✗ alerts: nothing answers" in result.output) == (1, True)


def test_what_the_ledger_knows_is_told(config: Path):
    store, now = store_for(load(config)), datetime.now(UTC)
    with store.connection() as db:
        alerts.begin(db, "mailbox local", "the mailbox cannot be read: gone", now)
        trouble.note(db, trouble.Failure("local", "1", b"raw", "parse", "odd"), now)
    store.close()
    output = doctor(config).output
    assert "the mailbox cannot be read: gone" in output
    assert "mails in trouble: 1" in output
