"""A Reply as the mail that goes out: MIME, threading, and the marks by which machines know a machine.

Sources: RFC 5322 (threading), RFC 2046 (alternatives), RFC 2047 (encoded words), RFC 3834 (Auto-Submitted).
The few headers are written here and not by EmailMessage, which takes over ten times as long and rewrites
message ids longer than a line as =?utf-8?q?...?= (cpython#79986). The same reply gives the same bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from triage.domain import Address, InboundMail, Reply
from triage.mail.addresses import on_the_wire

DESK_HEADER = "X-Triage-Desk"

Marks = tuple[tuple[str, str], ...]
_NO_ANSWER = ("X-Auto-Response-Suppress", "All")  # Exchange's way to ask for no automatic answer
REPLY: Marks = (("Auto-Submitted", "auto-replied"), _NO_ANSWER, ("Precedence", "auto_reply"))
HANDOVER: Marks = (_NO_ANSWER,)  # no Auto-Submitted: helpdesks drop what says that a machine wrote it
NOTICE: Marks = (("Auto-Submitted", "auto-generated"), _NO_ANSWER)  # RFC 3834 section 5: it answers nothing

_FILE = b'Content-Disposition: attachment; filename="original.eml"\r\n\r\n'
_LINE_END_BYTES = re.compile(rb"\r\n|\r|\n")
_LONGEST_LINE = 998
_ID = re.compile(r"[!-;=?-~]{1,900}")  # printable ASCII but <>, and short enough for one line
_REFERENCES = 980  # characters of the line of ids; RFC 5322 section 2.1.1 allows 998
_PLAIN = 70  # characters of a header and its name that need no folding
_FOLDED = re.compile(r"\S.{0,59}(?!\S)|\S+")  # words that share a line
_WORD = 39  # bytes of an encoded word, with which the longest name of a header still fits on its line
_NAME, _SUBJECT = 100, 400  # characters kept of a display name and of a subject


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is the same on every reply: who sends it, and the desk's mark, by which it knows its own mail."""

    sender: Address
    desk: str  # e.g. the desk's domain; ASCII

    @property
    def address(self) -> str:
        """Where bounces go."""
        return self.sender.email


def compose(
    reply: Reply, envelope: Envelope, date: datetime, marks: Marks = REPLY, attached: Sequence[bytes] = ()
) -> bytes:
    """The mail as bytes with CRLF, ASCII unless an address or an attached mail needs more.

    `date` is aware, `marks` say what kind of mail it is, `attached` are mails that go along whole.

    Raises ValueError when a header would break out of its line or an address is none: such a reply is
    never sent. Ids that came from outside and cannot stand in a header are left out.
    """
    lines = [f"{name}: {value}\r\n" for name, value in _headers(reply, envelope, date, marks)]
    body = "".join(_body(reply)).encode("utf-8")
    return "".join(lines).encode("utf-8") + (_with(attached, body) if attached else body)


def copy_of(mail: InboundMail) -> bytes:
    """A masked mail written anew as plain text, for where the original must not go: without its files."""
    people = (("From", (mail.sender,)), ("To", mail.to), ("Cc", mail.cc))
    lines = [f"{name}: {_words(_listed(some), name)}\r\n" for name, some in people if some]
    lines.append(f"Subject: {_subject(_printable(mail.subject))}\r\n")
    if mail.date:
        lines.append(f"Date: {format_datetime(mail.date)}\r\n")
    if _ID.fullmatch(mail.message_id):
        lines.append(f"Message-ID: <{mail.message_id}>\r\n")
    text = "\n\n".join(filter(None, (mail.new, mail.signature, mail.quoted)))
    return "".join((*lines, "MIME-Version: 1.0\r\n", _part("plain", text))).encode("utf-8")


def recipients(reply: Reply) -> tuple[str, ...]:
    """Everybody the reply goes to, once."""
    return tuple(dict.fromkeys(address.email for address in (*reply.to, *reply.cc)))


# ── headers ─────────────────────────────────────────────────────────────────────────────────────────


def _headers(reply: Reply, envelope: Envelope, date: datetime, marks: Marks) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(reply.message_id) or not _ID.fullmatch(envelope.desk):
        raise ValueError(f"not fit for a header: {reply.message_id!r}, {envelope.desk!r}")
    yield "From", _addresses([envelope.sender])
    yield "To", _addresses(reply.to)
    if reply.cc:
        yield "Cc", _addresses(reply.cc)
    yield "Subject", _subject(reply.subject)
    yield "Date", format_datetime(date)
    yield "Message-ID", f"<{reply.message_id}>"
    if _ID.fullmatch(reply.in_reply_to):
        yield "In-Reply-To", f"<{reply.in_reply_to}>"
    if references := _references(reply.references):
        yield "References", references
    yield from marks
    yield DESK_HEADER, envelope.desk
    yield "MIME-Version", "1.0"


def _subject(subject: str) -> str:
    if "\r" in subject or "\n" in subject:
        raise ValueError(f"a subject of several lines: {subject!r}")
    return _words(_printable(subject)[:_SUBJECT], "Subject")


def _references(ids: Iterable[str]) -> str:
    """The thread's ids in order: the first (the root) and the latest, as many as one line takes."""
    sound = [f"<{each}>" for each in dict.fromkeys(ids) if _ID.fullmatch(each)]
    kept, room = sound[:1], _REFERENCES - len("References: ") - sum(map(len, sound[:1]))
    latest: list[str] = []
    for each in reversed(sound[1:]):
        room -= len(each) + 1
        if room < 0:
            break
        latest.append(each)
    return " ".join((*kept, *reversed(latest)))


def _listed(people: Iterable[Address]) -> str:
    """People as they are told, whatever their addresses are worth."""
    return ", ".join(_printable(f"{person.name} <{person.email}>") for person in people)[:_SUBJECT]


def _addresses(addresses: Iterable[Address]) -> str:
    written = ",\r\n ".join(map(_address, addresses))
    if not written:
        raise ValueError("a reply to nobody")
    return written


def _address(address: Address) -> str:
    """One address. Raises ValueError when it is none; the display name is made harmless."""
    email = on_the_wire(address.email)
    if email is None:
        raise ValueError(f"not an address that mail can be sent to: {address.email!r}")
    name = _printable(address.name)[:_NAME]
    if not name:
        return email
    if name.isascii():
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{_words(name, 'To')} <{email}>"


def _words(text: str, header: str) -> str:
    """Text for a header: as it is, or in encoded words of legal length, folded."""
    if not text.isascii():
        return "\r\n ".join(_encoded_words(text.encode("utf-8", "replace")))
    return text if len(header) + len(text) <= _PLAIN else "\r\n ".join(_FOLDED.findall(text))


def _encoded_words(data: bytes) -> Iterator[str]:
    """RFC 2047 section 2: at most 75 characters each, none of them with a piece of a letter."""
    while data:
        end = _WORD
        while data[end : end + 1] and data[end] & 0xC0 == 0x80:
            end -= 1
        yield f"=?utf-8?b?{base64.b64encode(data[:end]).decode()}?="
        data = data[end:]


def _printable(text: str) -> str:
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(text.split())


# ── body ────────────────────────────────────────────────────────────────────────────────────────────


def _body(reply: Reply) -> Iterator[str]:
    if not reply.html:
        yield _part("plain", reply.text)
        return
    # No quoted-printable text can contain "=_", so the boundary never occurs in a part.
    boundary = "=_" + hashlib.sha256(reply.message_id.encode()).hexdigest()[:32]
    yield f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    for subtype, text in (("plain", reply.text), ("html", reply.html)):
        yield f"--{boundary}\r\n{_part(subtype, text)}\r\n"
    yield f"--{boundary}--\r\n"


def _with(attached: Sequence[bytes], body: bytes) -> bytes:
    """The mail's own text, and whole mails behind it."""
    parts = [body, *(_message(raw) for raw in attached)]
    boundary = b"=_" + hashlib.sha256(b"".join(parts)).hexdigest()[:32].encode()  # no part can hold its own digest
    head = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n'
    return head + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def _message(raw: bytes) -> bytes:
    """A mail as a part. What could not travel as it is (RFC 5322 section 2.1.1, RFC 2046 section 5.2.1) travels encoded."""
    lines = _LINE_END_BYTES.sub(b"\r\n", raw)
    if b"\0" in lines or max(map(len, lines.split(b"\r\n"))) > _LONGEST_LINE:
        head = b'Content-Type: application/octet-stream; name="original.eml"\r\nContent-Transfer-Encoding: base64\r\n'
        return head + _FILE + base64.encodebytes(raw).replace(b"\n", b"\r\n")
    encoding = b"7bit" if lines.isascii() else b"8bit"
    return b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: " + encoding + b"\r\n" + _FILE + lines


def _part(subtype: str, text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    crlf = f"{lines}\n".replace("\n", "\r\n")
    encoded = binascii.b2a_qp(crlf.encode("utf-8"), istext=True).decode("ascii")
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
    return f"{head}\r\n{encoded}"
