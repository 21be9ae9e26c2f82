"""Every place at which a desk may die, by name, and how a process is made to die there.

Nothing in the product knows of this: the functions on a boundary are wrapped from outside, in the process that is
to die. A crossing is counted each time; at the wanted one the process kills itself (SIGKILL), so that no handler,
no `finally` and no buffer of ours runs any more.
"""

from __future__ import annotations

import os
import signal
import smtplib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from triage.store import outbox
from triage.store.ledger import Ledger
from triage.transport import smtp
from triage.transport.imap_session import ImapSession
from triage.understanding import Understanding

Wanted = Callable[..., bool]


def _always(*given: Any) -> bool:
    return True


def _of_the_desk(*given: Any) -> bool:
    """Not those of the thread that renews leases: it goes by the clock, and nobody could count them twice alike."""
    return threading.current_thread() is threading.main_thread()


def _data(_smtp: object, command: str, *rest: object) -> bool:
    return command == "DATA"


def _whole_mail(_smtp: object, content: bytes | str) -> bool:
    return isinstance(content, bytes) and content.endswith(b"\r\n.\r\n")


# name: whose function, its name, and which of its calls are the boundary
BOUNDARIES: dict[str, tuple[object, str, Wanted]] = {
    "search": (ImapSession, "_search", _always),
    "fetch": (ImapSession, "fetch", _always),
    "parse": (Understanding, "read", _always),
    "record": (Ledger, "record", _always),
    "queue": (Ledger, "queue", _always),
    "commit": (sa.Connection, "_commit_impl", _of_the_desk),
    "move": (ImapSession, "move", _always),
    "claim": (outbox, "claim", _always),
    "connect": (smtp, "_connect", _always),
    "MAIL": (smtplib.SMTP, "mail", _always),
    "RCPT": (smtplib.SMTP, "rcpt", _always),
    "DATA": (smtplib.SMTP, "docmd", _data),
    "dot": (smtplib.SMTP, "send", _whole_mail),
    "reply": (smtp, "_hand_over", _always),
    "note": (outbox, "note", _always),
}
SIDES = ("before", "after")


class Crossings:
    """Counts how often each boundary is crossed, and dies at one of them."""

    def __init__(self, at: str = "", nth: int = 0) -> None:
        self.counted: Counter[str] = Counter()
        self._at, self._nth = at, nth

    def watch(self) -> None:
        """Wrap every boundary of this process."""
        for name, (owner, function, wanted) in BOUNDARIES.items():
            setattr(owner, function, self._wrapped(name, getattr(owner, function), wanted))
        smtplib.SMTP.send = self._halved(smtplib.SMTP.send)  # type: ignore[method-assign]

    def _wrapped(self, name: str, call: Callable[..., Any], wanted: Wanted) -> Callable[..., Any]:
        def crossed(*given: Any, **named: Any) -> Any:
            if not wanted(*given):
                return call(*given, **named)
            self._cross(f"before {name}")
            result = call(*given, **named)
            self._cross(f"after {name}")
            return result

        return crossed

    def _halved(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """In the middle of the mail: the relay has one half of it."""

        def crossed(link: smtplib.SMTP, content: bytes | str) -> Any:
            if _whole_mail(link, content):
                middle = len(content) // 2
                send(link, content[:middle])
                self._cross("within dot")
                content = content[middle:]
            return send(link, content)

        return crossed

    def _cross(self, place: str) -> None:
        self.counted[place] += 1
        if place == self._at and self.counted[place] == self._nth:
            os.kill(os.getpid(), signal.SIGKILL)
