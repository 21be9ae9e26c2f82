"""What the conversations share: a desk of their own on a real Dovecot and a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.certificates import Certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.smtp_sink import SmtpSink

from tests.acceptance.desk_process import CONFIG, ROOT
from tests.acceptance.stage import Stage
from triage import mind
from triage.cli import wiring
from triage.config import Settings, load


@pytest.fixture(scope="module")
def thinking(tmp_path_factory: pytest.TempPathFactory) -> mind.Mind:
    """Rules, model and templates, read once for all scripts."""
    return mind.load(settings_in(tmp_path_factory.mktemp("mind"), ca_file="ca.pem", user="desk"))


def settings_in(folder: Path, *, ca_file: object, user: str, imap_port: int = 993, smtp_port: int = 25) -> Settings:
    text = CONFIG.format(
        imap_port=imap_port,
        tls="ssl",
        ca_file=ca_file,
        user=user,
        smtp_port=smtp_port,
        database=f"sqlite:///{folder}/desk.sqlite",
        state=ROOT / "var",
        root=ROOT,
    )
    extra = (
        "public_domains: [gmail.example]\nalerts: {to: [on-call@staff.example]}\nthreads: {key: {env: SAMPLE_KEY}}\n"
    )
    (folder / "config.yaml").write_text(text + extra, encoding="utf-8")
    return load(folder / "config.yaml")


@pytest.fixture
def stage(
    dovecot: Dovecot,
    certificates: Certificates,
    smtp_sink: SmtpSink,
    tmp_path: Path,
    thinking: mind.Mind,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    monkeypatch.setenv("SAMPLE_PW", PASSWORD)
    monkeypatch.setenv("SAMPLE_KEY", "SAMPLE signing key")
    user = dovecot.new_user()
    settings = settings_in(
        tmp_path, ca_file=certificates.authority, user=user, imap_port=dovecot.tls_port, smtp_port=smtp_sink.port
    )
    monkeypatch.setattr(mind, "load", lambda *_: replace(thinking, settings=settings))
    desk = wiring.desk_for(settings)
    yield Stage(desk, dovecot, user, smtp_sink)
    for each in (*desk.mailboxes, *desk.routes.senders.values()):
        each.close()
    desk.store.close()
