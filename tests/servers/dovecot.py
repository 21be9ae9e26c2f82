"""A real Dovecot for tests: unprivileged, on free loopback ports, gone when the tests are done."""

from __future__ import annotations

import grp
import itertools
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from imapclient import IMAPClient

from servers.certificates import Certificates
from servers.process import Server, free_ports, own, remove, server_folder, server_user

PASSWORD = "SAMPLE-imap-password"

_CONFIG = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{root}/mail/%u
mail_max_userip_connections = 50
mail_plugins =
mail_fsync = never
{tls}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
  mailbox Archive {{
    special_use = \\Archive
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{extra}
"""


def find_dovecot() -> str | None:
    """The path of the dovecot program, or None."""
    return shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


class Dovecot:
    """One server with any number of users: every name may log in with PASSWORD, and has its own Maildir.

    `port` speaks plain IMAP (and STARTTLS), `tls_port` IMAPS when certificates were given. A `prefix`
    such as "INBOX." with separator "." makes the server one of those that keep all folders below INBOX.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        certificates: Certificates | None = None,
        separator: str = "/",
        prefix: str = "",
        extra: str = "",
    ) -> None:
        self.root = server_folder("dovecot")
        self.port, self.tls_port = free_ports(2)
        self._names = itertools.count(1)
        self._server: Server | None = None
        for part in ("run", "state", "mail"):
            (self.root / part).mkdir()
            own(self.root / part)
        fields = {"separator": separator, "prefix": prefix, "extra": extra, "tls": _tls(certificates)}
        self._write_config(fields)

    def _write_config(self, fields: Mapping[str, str]) -> None:
        user = server_user()
        group = grp.getgrgid(user.pw_gid).gr_name  # Dovecot wants a name
        names = {"root": self.root, "user": user.pw_name, "group": group, "password": PASSWORD}
        ports = {"port": self.port, "tls_port": self.tls_port}
        (self.root / "dovecot.conf").write_text(_CONFIG.format(**fields, **names, **ports))

    def start(self) -> None:
        """Start, or start again on the same mail and port; returns when the server greets."""
        program = find_dovecot()
        assert program is not None, "the caller looks first"
        log = self.root / "log"
        log.touch()
        own(log)
        self._server = Server([program, "-F", "-c", self.root / "dovecot.conf"], log, self.root)
        self._server.wait_until(self._greets)

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as link:
                link.settimeout(5)
                return link.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL the server and every session, as a power cut would; `start` brings it back."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def stop(self) -> None:
        """End the server and remove its mail."""
        self.kill()
        remove(self.root)

    # ── users and mail ──────────────────────────────────────────────────────────────────────────────

    def new_user(self) -> str:
        """A user whom nobody else has used."""
        return f"desk{next(self._names)}"

    def maildir(self, user: str) -> Path:
        """The user's Maildir; made when missing, so that mail can arrive before the first login."""
        home = self.root / "mail" / user
        for folder in (home, home / "tmp", home / "new", home / "cur"):
            folder.mkdir(exist_ok=True)
            own(folder)
        return home

    def deliver(self, user: str, raw: bytes) -> str:
        """Drop a mail into the inbox the way a delivery agent does: write in tmp, rename to new."""
        home = self.maildir(user)
        name = f"17000000{next(self._names):08d}.M1P1.localhost"
        waiting = home / "tmp" / name
        waiting.write_bytes(raw)
        own(waiting)
        waiting.rename(home / "new" / name)
        return name

    def client(self, user: str) -> IMAPClient:
        """A logged-in session of another mail program, for looking at what the desk did."""
        client = IMAPClient(self.host, self.port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        return client

    def append(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a folder over IMAP, as a mail program does."""
        with self.client(user) as client:
            client.append(folder, raw)

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Every mail of a folder, oldest first, as raw bytes."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            uids = client.search()
            found = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
            return [found[uid][b"BODY[]"] for uid in uids if uid in found]  # a desk at work files some meanwhile

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        """The flags of every mail of a folder by UID."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            uids = client.search()
            return dict(client.get_flags(uids)) if uids else {}


def _tls(certificates: Certificates | None) -> str:
    if certificates is None:
        return "ssl = no"
    return f"ssl = yes\nssl_cert = <{certificates.certificate}\nssl_key = <{certificates.key}"
