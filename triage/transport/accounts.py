"""Where mail comes in and goes out: the values a mailbox or a sender is built from. Secrets are plain values here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from triage.domain import Tray
from triage.transport.oauth import TokenSource

Tls = Literal["ssl", "starttls", "none"]  # "none" sends the password in clear: loopback only


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """A folder on an IMAP server, and the trays beside it.

    Tray names are written with "/" between levels; the adapter puts in the server's own separator and
    namespace prefix. `timeout` is in seconds and holds for connecting and for every read. With `tokens`
    the login is XOAUTH2 and the password stays unused.
    """

    name: str
    host: str
    user: str
    password: str = field(repr=False)
    trays: Mapping[Tray, str]
    port: int = 993
    tls: Tls = "ssl"
    ca_file: Path | None = None
    folder: str = "INBOX"
    timeout: float = 60.0
    tokens: TokenSource | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MaildirAccount:
    """A Maildir on this machine, and the trays in it (Maildir++ subfolders; "/" between levels)."""

    name: str
    path: Path
    trays: Mapping[Tray, str]


@dataclass(frozen=True, slots=True)
class SmtpRoute:
    """The relay that takes the desk's mail; without `user` it is used without logging in, with `tokens` by XOAUTH2.

    `hello` is the name given in EHLO; None lets the machine's own name stand. `timeout` is in seconds.
    """

    host: str
    port: int = 587
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0
    hello: str | None = None
    tokens: TokenSource | None = field(default=None, repr=False)
