"""One logged-in IMAP connection, guarded: whatever the server or imapclient does, only two errors come out.

MailboxLost leaves the connection closed for good (after a timeout or an end of file its state is unknown,
and imapclient would answer "nothing new" for ever); MailboxRefused leaves it usable. The peculiarities
of imapclient and imaplib that are handled here stand beside the lines that handle them.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
)

from triage.transport.accounts import ImapAccount
from triage.transport.link import diagnose, is_loopback, tls_context
from triage.transport.mailbox import MailboxLost, MailboxRefused
from triage.transport.oauth import WHEN_NOT_TAKEN, TokenLost, TokenRefused, TokenSource

IDLE_SECONDS = 240.0  # IDLE is ended and begun anew at least this often: a dead link shows, no NAT forgets us
_SELECT_SECONDS = 300.0  # a fresh SELECT this often: imaplib keeps every untagged response until then
_SET = 500  # uids in one command: keeps the line below the 8,000 octets servers must take (RFC 7162 section 4)
_WINDOW = 80_000  # mails searched at once: imaplib refuses answer lines of more than 1,000,000 bytes
_PASSING = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b", re.IGNORECASE)  # RFC 5530: may pass by itself
_GARBLED = (ValueError, TypeError, LookupError, AttributeError)  # what imapclient raises for answers it cannot parse

Fetched = Mapping[bytes, Any]


class ImapSession:
    """A connection that is logged in; opened by the constructor, which raises MailboxLost or MailboxRefused."""

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._client = _connect(account)
        self.alive = True
        self._selected_at: float | None = None
        self._uidvalidity = self._exists = self._uidnext = 0
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.close)
            with self._talking("asking for the namespace"):
                self._prefix, self._separator = self._namespace()
            on_failure.pop_all()

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────

    def select(self) -> int:
        """Open the folder unless that was done lately; returns its UIDVALIDITY."""
        now = time.monotonic()
        if self._selected_at is None or now - self._selected_at > _SELECT_SECONDS:
            with self._talking(f"opening the folder '{self._account.folder}'"):
                answer = self._client.select_folder(self._account.folder)
                self._uidvalidity = int(answer[b"UIDVALIDITY"])
                self._exists = int(answer[b"EXISTS"])
                self._uidnext = int(answer.get(b"UIDNEXT", 0))
            self._selected_at = now
        return self._uidvalidity

    def look_up(self) -> None:
        """Have the server look at the folder anew; what it announced until now is not waited for any more.

        A server may search the folder as it was after the last command (RFC 9051, 5.2), and where there is no IDLE that
        was before the pause.
        """
        with self._talking("looking for mail"):
            self._client.noop()
            self._client._imap.response("EXISTS")

    def highest(self) -> int:
        """The uid of the last mail that there was when the folder was opened, or a later one."""
        return self._uidnext - 1 if self._uidnext else max(self.uids(), default=0)  # few servers do not tell

    def uids(self, *criteria: str | date) -> set[int]:
        """Every mail of the folder that is not marked as deleted, and fits the criteria (RFC 9051, 6.4.4).

        In windows from the newest down: when another program removes a mail meanwhile, later ones move
        into a window that is still to come, so none is missed.
        """
        found: set[int] = set()
        for last in range(max(self._exists, 1), 0, -_WINDOW):
            upper = "*" if last >= self._exists else str(last)
            found.update(self._search([f"{max(1, last - _WINDOW + 1)}:{upper}", "UNDELETED", *criteria]))
        return found

    def uids_above(self, uid: int) -> set[int]:
        """The mails above a uid; costs nothing however many rest below it."""
        found = self._search(["UID", f"{uid + 1}:*", "UNDELETED"])
        return {each for each in found if each > uid}  # "*" always matches the last mail, even below

    def _search(self, criteria: list[str | date]) -> list[int]:
        with self._talking("searching"):
            return list(self._client.search(criteria))

    def fetch(self, uids: Sequence[int], items: Sequence[str]) -> dict[int, Fetched | str]:
        """What the server gives for each mail, or words when its answer for that mail cannot be read.

        Mails that another program removed are absent, or hold None.
        """
        if not uids:
            return {}
        with self._talking("fetching"):
            try:
                return dict(self._client.fetch(uids, items))
            except (IMAPClientAbortError, OSError):
                raise
            except (IMAPClientError, *_GARBLED) as error:
                if len(uids) == 1:
                    return {uids[0]: f"the server's answer cannot be read: {_words(error)}"}
        return {uid: found for one in uids for uid, found in self.fetch([one], items).items()}

    # ── filing ──────────────────────────────────────────────────────────────────────────────────────

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails in sets; uids that are gone are passed over. Raises MailboxRefused when the server says no."""
        for start in range(0, len(uids), _SET):
            some = uids[start : start + _SET]
            with self._talking(f"filing in '{folder}'"):
                if self._client.has_capability("MOVE"):
                    self._client.move(some, folder)
                else:
                    self._copy_and_remove(some, folder)

    def _copy_and_remove(self, uids: Sequence[int], folder: str) -> None:
        """MOVE in three steps; a crash between the first and the second leaves a second copy in the tray."""
        self._client.copy(uids, folder)
        self._client.add_flags(uids, [b"\\Deleted"], silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(uids)
        elif set(self._client.search(["DELETED"])) <= set(uids):
            self._client.expunge()  # plain EXPUNGE would also remove what others only marked

    def folder_name(self, name: str) -> str:
        """A tray's name as this server writes it: its separator, and its prefix (often "INBOX.")."""
        written = name.strip("/").replace("/", self._separator)
        return written if written.startswith(self._prefix) else self._prefix + written

    def ensure_folder(self, folder: str) -> None:
        """Make and subscribe a folder that is missing; raises MailboxRefused when that is not allowed."""
        with self._talking(f"making the tray '{folder}' (make it by hand, or change 'trays')"):
            if self._client.folder_exists(folder):
                return
            try:
                self._client.create_folder(folder)
            except IMAPClientError:
                if not self._client.folder_exists(folder):  # else another desk was quicker
                    raise
            self._client.subscribe_folder(folder)

    def _namespace(self) -> tuple[str, str]:
        """Prefix and separator of our own folders (RFC 2342), or what LIST tells of the separator."""
        if self._client.has_capability("NAMESPACE"):
            personal = self._client.namespace().personal
            if personal and personal[0][1]:
                return personal[0][0], personal[0][1]
        listed = self._client.list_folders("", "")
        separator = listed[0][1] if listed else None
        return "", separator.decode("ascii") if separator else "/"

    # ── waiting ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return bool(self._client.has_capability("IDLE"))

    def idle(self, seconds: float) -> bool:
        """Wait until the server says anything, at most `seconds` and IDLE_SECONDS; True when mail may be new.

        imapclient's idle_check is not used: it spins after an end of file, breaks on a line that comes in
        two packets, and misses a line that came together with the continuation. Here the socket only
        tells when to end IDLE; idle_done reads whole lines, under the time limit, and finds a dead link.
        """
        if self._announced():
            return True
        with self._talking("waiting for mail"):
            if not self._begin_idle():
                return True
            if not self._heard_already():
                self._wait_readable(min(seconds, IDLE_SECONDS))
            _, events = self._client.idle_done()
        return any(len(event) > 1 and event[1] in (b"EXISTS", b"RECENT") for event in events)

    def _announced(self) -> bool:
        """Whether mail was announced since the last look, e.g. at the end of a MOVE; IDLE would not repeat it."""
        return self._client._imap.response("EXISTS")[1] not in ([None], None)

    def _begin_idle(self) -> bool:
        """False when the server spoke before its continuation: imapclient cannot go on, so the link is given up."""
        try:
            self._client.idle()
        except (IMAPClientAbortError, OSError):
            raise
        except IMAPClientError:
            self.close()
            return False
        return True

    def _heard_already(self) -> bool:
        """Whether a line came in one packet with the continuation: it is in imaplib's buffer, the socket is silent."""
        imap, link = self._client._imap, self._client.socket()
        if hasattr(imap, "_readbuf"):  # Python 3.14 keeps its own buffer; file must not be touched there
            return bool(imap._readbuf)
        limit = link.gettimeout()
        link.setblocking(False)
        try:
            return bool(imap.file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            link.settimeout(limit)

    def _wait_readable(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._client.socket(), selectors.EVENT_READ)
            selector.select(seconds)

    # ── what `triage doctor` asks ───────────────────────────────────────────────────────────────────

    def lacks(self, *capabilities: str) -> tuple[str, ...]:
        """Those of the capabilities that the server does not offer."""
        return tuple(each for each in capabilities if not self._client.has_capability(each))

    def special_uses(self) -> dict[str, str]:
        r"""Folders with a special use, e.g. {"Junk": "\Junk"} (RFC 6154)."""
        uses = {b"\\All", b"\\Archive", b"\\Drafts", b"\\Junk", b"\\Sent", b"\\Trash"}
        with self._talking("listing folders"):
            listed = self._client.list_folders()
        return {name: flag.decode() for flags, _, name in listed for flag in flags if flag in uses}

    # ── the guard ───────────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def _talking(self, doing: str) -> Iterator[None]:
        """Turn every failure into one of two; anything unforeseen (a signal's exception too) closes the link."""
        where = f"{self._account.name}: {self._account.host}"
        try:
            yield
        except IMAPClientReadOnlyError:
            self.close()
            advice = "give its user the right to move mail"
            raise MailboxRefused(f"{where}: '{self._account.folder}' is read-only; {advice}") from None
        except (IMAPClientAbortError, OSError) as error:
            self.close()
            raise MailboxLost(f"{where}: connection lost while {doing}: {_words(error)}") from error
        except IMAPClientError as error:
            if _PASSING.search(str(error)):
                self.close()
                raise MailboxLost(f"{where}: {doing}: {_words(error)}") from error
            raise MailboxRefused(f"{where}: the server refuses {doing}: {_words(error)}") from error
        except _GARBLED as error:
            self.close()
            raise MailboxLost(f"{where}: an answer that cannot be read while {doing}: {_words(error)}") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Drop the connection at once; LOGOUT could hang on a dead link and gains nothing."""
        self.alive = False
        _shut(self._client)


def _shut(client: IMAPClient) -> None:
    with contextlib.suppress(OSError, IMAPClientError, ValueError):
        client.shutdown()


def _words(error: BaseException) -> str:
    """An error's words in one line, without the b'' that imaplib leaves around the server's."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"""\bb(['"])(.*)\1""", r"\2", text)[:300]


def _connect(account: ImapAccount) -> IMAPClient:
    """A logged-in client with time limits everywhere (imapclient's default is to wait for ever)."""
    where = f"{account.name}: {account.host}"
    if account.tls == "none" and not is_loopback(account.host):
        raise MailboxRefused(f"{where}: 'tls: none' would send the password in clear; set 'tls: ssl' or 'starttls'")
    with contextlib.ExitStack() as on_failure:
        try:
            client = _open(account)
            on_failure.callback(_shut, client)
            _start_tls(client, account)
            _log_in(client, account)
        except OSError as error:
            found = diagnose(error, account.host, account.port)
            raise (MailboxRefused if found.lasting else MailboxLost)(f"{account.name}: {found.line}") from error
        except (IMAPClientError, *_GARBLED) as error:
            raise MailboxLost(f"{where}: no session: {_words(error)}") from error
        on_failure.pop_all()
        return client


def _open(account: ImapAccount) -> IMAPClient:
    context = tls_context(account.ca_file) if account.tls == "ssl" else None
    timeout = SocketTimeout(account.timeout, account.timeout)
    client = IMAPClient(account.host, account.port, ssl=context is not None, ssl_context=context, timeout=timeout)
    # At imapclient's setting imaplib formats every literal for its debug log: mail text in logs, and most of the time.
    client._imap.debug = 0
    client.normalise_times = False  # aware times, not the machine's local ones
    # imapclient sends SEARCH in two pieces; the kernel would keep the second back until the first is acknowledged.
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _start_tls(client: IMAPClient, account: ImapAccount) -> None:
    if account.tls != "starttls":
        return
    try:
        client.starttls(tls_context(account.ca_file))
    except CapabilityError:
        advice = "use 'tls: ssl' (port 993), or switch STARTTLS on at the server"
        raise MailboxRefused(f"{account.name}: {account.host} offers no STARTTLS; {advice}") from None


def _log_in(client: IMAPClient, account: ImapAccount) -> None:
    ascii_only = account.user.isascii() and account.password.isascii()
    try:
        if account.tokens is not None:
            client.oauth2_login(account.user, _token(account, account.tokens))
        elif ascii_only:
            client.login(account.user, account.password)
        else:
            client.plain_login(account.user, account.password)  # LOGIN cannot carry other letters
    except LoginError as error:
        said = _words(error)
        if account.tokens is not None:
            account.tokens.forget()
        broken = isinstance(error.__context__, IMAPClientAbortError)  # LoginError hides a lost connection
        if broken or _PASSING.search(said):
            raise MailboxLost(f"{account.name}: {account.host}: login failed for now: {said}") from None
        who = f"{account.name}: {account.host} refuses the login of '{account.user}'"
        mend = "correct 'user' or 'password'" if account.tokens is None else WHEN_NOT_TAKEN
        raise MailboxRefused(f"{who} ({said}); {mend}") from None


def _token(account: ImapAccount, tokens: TokenSource) -> str:
    try:
        return tokens.token()
    except TokenLost as error:
        raise MailboxLost(f"{account.name}: {error}") from error
    except TokenRefused as error:
        raise MailboxRefused(f"{account.name}: {error}") from error
