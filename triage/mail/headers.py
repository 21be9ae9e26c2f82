"""Header values: encoded words, parameters, addresses, message ids, dates. Everything is linear and never raises."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from triage.domain import Address
from triage.mail.charsets import decode, repair, storable

__all__ = ["MAX_ADDRESSES", "MAX_IDS", "addresses", "date", "message_id", "message_ids", "parameters", "text"]

MAX_ADDRESSES = 500
MAX_IDS = 200
MAX_TEXT = 20_000  # characters of one decoded value

# A word ends where the next one begins: else many begun words would each look far ahead for their end.
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([BbQq])\?((?:[^?\n=]|=(?!\?[^=])|\?(?!=)){0,1500})\?=")
_FOLD = re.compile(r"[\r\n]\s*")


def text(value: str) -> str:
    """A header value as a person reads it: unfolded, encoded words decoded (RFC 2047)."""
    value = _unfolded(value[:MAX_TEXT])
    if "=?" in value:
        value = _unfolded(repair(storable("".join(_decoded(value)))))
    return value.strip()


def _unfolded(value: str) -> str:
    return value if value.isprintable() else _FOLD.sub(" ", value)


def _decoded(value: str) -> Iterator[str]:
    """Pieces of the value; bytes of neighbouring words are joined, for letters are split between them."""
    data, charset, end = b"", "", 0
    for found in _WORD.finditer(value):
        gap, name = value[end : found.start()], found[1].partition("*")[0].lower()
        if data and (name != charset or gap.strip()):
            yield decode(data, charset)
            data = b""
        if gap.strip() or not end:
            yield gap
        data, charset, end = data + _word(found[2], found[3]), name, found.end()
    yield decode(data, charset)
    yield value[end:]


def _word(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" "), header=False)
    return base64_bytes(raw)


def base64_bytes(data: bytes) -> bytes:
    """Base64 with whatever garbage it has; a broken tail is dropped."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", data)
        whole = len(clean) - len(clean) % 4
        tail = clean[whole:] + b"=" * (-len(clean) % 4) if len(clean) % 4 > 1 else b""
        return binascii.a2b_base64(clean[:whole] + tail)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")

# ── parameters (RFC 2045, 2231) ─────────────────────────────────────────────────────────────────────

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|"?[^;"]*)')
_SECTION = re.compile(r"(.+?)\*(\d{1,3})?(\*?)$")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=utf-8` as (`text/plain`, {charset: utf-8}); names and the type in lower case."""
    value = _unfolded(value[:8_000])
    main, semicolon, _ = value.partition(";")
    if not semicolon:
        return main.strip().lower(), {}
    plain: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(value):
        name, content = found[1].lower(), _unquoted(found[2].strip())
        if "*" in name and (section := _SECTION.match(name)):
            encoded = bool(section[3]) or section[2] is None
            sections.setdefault(section[1], []).append((int(section[2] or 0), encoded, content))
        else:
            plain.setdefault(name, content)
    return main.strip().lower(), plain | {name: _joined(parts) for name, parts in sections.items()}


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    value = value.removesuffix('"') if len(value) > 1 else ""
    # A backslash before anything but a quote is a Windows path from a careless sender, not an escape.
    return value[1:].replace('\\"', '"').replace("\\\\", "\\")


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    charset, data = "utf-8", b""
    for index, (_, encoded, content) in enumerate(sorted(parts)):
        if encoded and index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw = content.encode("utf-8", "replace")
        data += unquote_to_bytes(raw) if encoded else raw
    return decode(data, charset)


# ── addresses (RFC 5322, leniently) ─────────────────────────────────────────────────────────────────

_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,250}"|<[^<>]*>|[(),;"<>]|[^"<>(),;]+', re.DOTALL)
_BARE = re.compile(r"[^\s<>\"',;:()\[\]]{1,320}@[^\s<>\"',;:()]{1,255}")


def addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of an address header; at most MAX_ADDRESSES, what is no address is left out."""
    found: list[Address] = []
    if not value:
        return ()
    for entry in _entries(_unfolded(value)):
        if entry.email:
            found.append(entry)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)


def _entries(value: str) -> Iterator[Address]:
    words: list[str] = []
    notes: list[str] = []
    angle, depth = "", 0
    for piece in _TOKEN.findall(value):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif depth:
            notes.append(piece)
        elif piece in ",;":
            yield _mailbox(words, angle, notes)
            words, notes, angle = [], [], ""
        elif piece.startswith("<") and len(piece) > 1:
            angle = angle or piece[1:-1]
        elif piece not in '<>"':
            words.append(piece)
    yield _mailbox(words, angle, notes)


def _mailbox(words: list[str], angle: str, notes: list[str]) -> Address:
    plain = "".join(words).strip()
    if "@" not in angle:
        plain = " ".join(filter(None, (plain, angle)))
        angle = ""
    email = angle.rpartition(":")[2] if angle.startswith("@") else angle.removeprefix("mailto:")
    if not email:
        bare = _BARE.search(plain if "@" in plain else " ".join(notes))
        email = bare[0] if bare else ""
        plain = plain.replace(email, "") if '"' in plain else ""
    email = "".join(text(email).split()).strip("'\".").lower()
    if len(email) > _LONGEST_EMAIL:  # cut off it would be somebody else's
        email = ""
    return Address(email, _name(plain or " ".join(notes) if email else ""))


_LONGEST_EMAIL = 320  # RFC 3696: 64 before the @ and 255 behind it; databases index far more


def _name(raw: str) -> str:
    if '"' in raw:
        raw = raw.replace('\\"', "\0").replace('"', "").replace("\0", '"').replace("\\\\", "\\")
    return " ".join(text(raw).strip(" '").split())[:200]


# ── ids and dates ───────────────────────────────────────────────────────────────────────────────────

_ID = re.compile(r"<([^<>]+)>")
_LONGEST_ID = 900  # bytes of UTF-8; a line of a header has at most 998, a row of PostgreSQL's indexes 2,704


def message_ids(value: str) -> tuple[str, ...]:
    """Message ids without angle brackets, in their order, each once, the last MAX_IDS of them."""
    ids = _ID.findall(value) or [word.strip("<>") for word in value.split() if "@" in word]
    found = dict.fromkeys(message_id(one) for one in ids)
    return tuple(one for one in found if one)[-MAX_IDS:]


def message_id(value: str) -> str:
    """One id, without white space. An overlong one is told by its digest: the same each time, and never sent back,
    for it holds a space.
    """
    found = storable("".join(value.split()))
    data = found.encode("utf-8", "replace")
    return found if len(data) <= _LONGEST_ID else f"sha256 {hashlib.sha256(data).hexdigest()}"


def date(value: str) -> datetime | None:
    """A Date header in UTC; None when it is no date. A date without a zone is taken as UTC."""
    try:
        parsed = parsedate_to_datetime(value[:120])
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
