"""Accounts of the tests' servers."""

from __future__ import annotations

from pathlib import Path

from servers.dovecot import PASSWORD, Dovecot
from triage.domain import Tray
from triage.transport.accounts import ImapAccount, MaildirAccount, Tls

TRAYS = {tray: f"Triage/{tray.value.capitalize()}" for tray in Tray}


def imap_account(
    server: Dovecot,
    user: str,
    *,
    tls: Tls = "none",
    ca_file: Path | None = None,
    password: str = PASSWORD,
    host: str | None = None,
    timeout: float = 20,
) -> ImapAccount:
    port = server.tls_port if tls == "ssl" else server.port
    return ImapAccount(
        "support", host or server.host, user, password, TRAYS, port=port, tls=tls, ca_file=ca_file, timeout=timeout
    )


def maildir_account(path: Path) -> MaildirAccount:
    return MaildirAccount("local", path, TRAYS)
