"""An IMAP server of a few lines that does what a test tells it to, for what no real server does on demand.

By itself it holds one folder with the mails it was given and speaks IMAP4rev1 with IDLE, MOVE and UIDPLUS.
A test overrides single commands: `server.on["UID FETCH"] = lambda talk: talk.send(b"...")`.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

USER, PASSWORD = "desk", "SAMPLE-imap-password"


class Talk:
    """One command of one connection, and the means to answer it."""

    def __init__(self, link: socket.socket, tag: bytes, command: str, words: list[str]) -> None:
        self._link = link
        self.tag, self.command, self.words = tag, command, words

    def send(self, data: bytes) -> None:
        """Send bytes exactly as given, in one packet."""
        self._link.sendall(data)

    def ok(self, untagged: bytes = b"") -> None:
        """Send untagged lines and the tagged OK."""
        self.send(untagged + self.tag + b" OK done\r\n")

    def no(self, words: bytes) -> None:
        self.send(self.tag + b" NO " + words + b"\r\n")

    def hang_up(self) -> None:
        self._link.shutdown(socket.SHUT_RDWR)

    def uids(self) -> list[int]:
        """The uids that a UID command names."""
        found: list[int] = []
        for part in self.words[2].split(","):
            first, _, last = part.partition(":")
            found.extend(range(int(first), int(last or first) + 1))
        return found


Answer = Callable[[Talk], None]


class ScriptedImap:
    """The server; `mails` by uid, `commands` as they came, `on` what a test answers itself."""

    host = "127.0.0.1"

    def __init__(self, mails: dict[int, bytes] | None = None, capabilities: str = "IDLE MOVE UIDPLUS") -> None:
        self.mails = dict(mails or {})
        self.on: dict[str, Answer] = {}
        self.commands: list[str] = []
        self.connections = 0
        self.uidvalidity = 1
        self._capabilities = f"IMAP4rev1 {capabilities}".encode()
        self._listener = socket.create_server((self.host, 0))
        self.port = int(self._listener.getsockname()[1])
        self._links: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        for link in self._links:
            link.close()

    def _listen(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._links.append(link)
            thread = threading.Thread(target=self._serve, args=(link,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError), link.makefile("rb") as lines:
            link.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, rest = line.strip().partition(b" ")
                words = rest.decode().split()
                command = " ".join(words[: 2 if words and words[0].upper() == "UID" else 1]).upper()
                self.commands.append(rest.decode())
                talk = Talk(link, tag, command or "DONE", words)
                self.on.get(talk.command, self._answer)(talk)

    def _answer(self, talk: Talk) -> None:
        usual: dict[str, Answer] = {
            "CAPABILITY": lambda talk: talk.ok(b"* CAPABILITY " + self._capabilities + b"\r\n"),
            "LIST": lambda talk: talk.ok(b'* LIST (\\HasNoChildren) "/" x\r\n'),
            "SELECT": self._select,
            "UID SEARCH": lambda talk: talk.ok(b"* SEARCH" + b"".join(b" %d" % uid for uid in self.mails) + b"\r\n"),
            "UID FETCH": lambda talk: talk.ok(b"".join(self._fetched(talk))),
            "UID MOVE": lambda talk: (self._remove(talk), talk.ok())[1],
            "IDLE": self._idle,
            "DONE": lambda talk: self.done(),
        }
        usual.get(talk.command, Talk.ok)(talk)

    def _select(self, talk: Talk) -> None:
        lines = b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] valid\r\n* OK [UIDNEXT %d] next\r\n* OK [READ-WRITE] open\r\n"
        talk.ok(lines % (len(self.mails), self.uidvalidity, max(self.mails, default=0) + 1))

    def _fetched(self, talk: Talk) -> Iterator[bytes]:
        for uid in talk.uids():
            if uid in self.mails:
                yield self.fetched(uid, " ".join(talk.words))

    def fetched(self, uid: int, items: str) -> bytes:
        """A FETCH answer as a sound server gives it."""
        raw = self.mails[uid]
        if "RFC822.SIZE" in items:
            return b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, uid, len(raw))
        date = b'"20-Nov-2026 10:00:00 +0100"'
        return b"* %d FETCH (UID %d INTERNALDATE %s BODY[] {%d}\r\n%s)\r\n" % (uid, uid, date, len(raw), raw)

    def _remove(self, talk: Talk) -> None:
        for uid in talk.uids():
            self.mails.pop(uid, None)

    def _idle(self, talk: Talk) -> None:
        self.idling = talk
        talk.send(b"+ idling\r\n")

    def done(self) -> None:
        """Answer DONE: the IDLE command is complete."""
        self.idling.ok()

    def asked(self, pattern: str) -> list[str]:
        """The commands that match."""
        return [command for command in self.commands if re.match(pattern, command)]
