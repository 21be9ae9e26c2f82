"""A Reply as the mail that goes out: MIME, threading, and the marks by which machines know a machine.

Sources: RFC 5322 (threading), RFC 2046 (alternatives), RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import format_datetime

from triage.domain import Address, Reply

DESK_HEADER = "X-Triage-Desk"

# Ids must stay on one line: at the usual 78 columns Python rewrites long ones as =?utf-8?q?...?= (cpython#79986).
_IDS_WHOLE = policy.SMTP.clone(max_line_length=998)
_ID_HEADERS = frozenset({"message-id", "in-reply-to", "references"})
_BODY = policy.SMTP.clone(max_line_length=76)  # quoted-printable lines (RFC 2045 section 6.7)
_ID = re.compile(r"[!-;=?-~]{1,900}")  # printable ASCII but <>, and short enough for one line
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
_DOMAIN = re.compile(r"[^\W_](?:[\w.-]{0,252}[^\W_])?")
_REFERENCES = 40  # ids kept: the first (the thread's root) and the latest


class _Wire(policy.EmailPolicy):
    """SMTP's policy, except that lines of ids are not folded."""

    def fold_binary(self, name: str, value: str) -> bytes:
        rules = _IDS_WHOLE if name.lower() in _ID_HEADERS else policy.SMTP.clone(utf8=self.utf8)
        return rules.fold_binary(name, value)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is the same on every reply: who sends it, and the desk's mark, by which it knows its own mail."""

    sender: Address
    desk: str  # e.g. the desk's domain; ASCII

    @property
    def address(self) -> str:
        """Where bounces go."""
        return self.sender.email


def compose(reply: Reply, envelope: Envelope, date: datetime) -> bytes:
    """The mail as bytes, 7-bit unless an address needs more. `date` is aware.

    Raises ValueError when a header would break out of its line or an address is none: such a reply is
    never sent. Ids that came from outside and cannot stand in a header are left out.
    """
    message = EmailMessage(policy=_BODY)
    for name, value in _headers(reply, envelope, date):
        message[name] = value
    message.set_content(reply.text, cte="quoted-printable")
    if reply.html:
        message.add_alternative(reply.html, subtype="html", cte="quoted-printable")
    utf8 = any(not address.email.partition("@")[0].isascii() for address in (*reply.to, *reply.cc))
    return message.as_bytes(policy=_Wire(linesep="\r\n", utf8=utf8))


def recipients(reply: Reply) -> tuple[str, ...]:
    """Everybody the reply goes to, once."""
    return tuple(dict.fromkeys(address.email for address in (*reply.to, *reply.cc)))


def _headers(reply: Reply, envelope: Envelope, date: datetime) -> Iterable[tuple[str, object]]:
    yield "From", (_address(envelope.sender),)
    yield "To", tuple(map(_address, reply.to))
    if reply.cc:
        yield "Cc", tuple(map(_address, reply.cc))
    yield "Subject", reply.subject
    yield "Date", format_datetime(date)
    yield "Message-ID", f"<{reply.message_id}>"
    if _ID.fullmatch(reply.in_reply_to):
        yield "In-Reply-To", f"<{reply.in_reply_to}>"
    if references := _references(reply.references):
        yield "References", references
    yield "Auto-Submitted", "auto-replied"
    yield "X-Auto-Response-Suppress", "All"
    yield "Precedence", "auto_reply"
    yield DESK_HEADER, envelope.desk


def _references(ids: tuple[str, ...]) -> str:
    """The thread's ids: the first and the latest, in order, as many as one line takes."""
    sound = [each for each in dict.fromkeys(ids) if _ID.fullmatch(each)]
    kept = sound if len(sound) <= _REFERENCES else [sound[0], *sound[1 - _REFERENCES :]]
    while sum(len(each) + 3 for each in kept) > 980 - len("References:"):
        del kept[1 if len(kept) > 1 else 0]
    return " ".join(f"<{each}>" for each in kept)


def _address(address: Address) -> HeaderAddress:
    """An address for a header. Raises ValueError when it is none; the display name is made harmless."""
    local, _, domain = address.email.rpartition("@")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"not an address that mail can be sent to: {address.email!r}")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    name = " ".join("".join(each if each.isprintable() else " " for each in address.name).split())
    return HeaderAddress(name[:100], local, domain)
