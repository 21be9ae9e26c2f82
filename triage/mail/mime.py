"""The MIME tree of a mail as places in its bytes. Never raises; depth, parts and headers are capped first.

The standard parser feeds mail line by line, recurses without a limit and copies every body; this one looks for
boundaries with `bytes.find` and keeps offsets, so a 25 MB attachment costs one scan and no copy.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from triage.mail.charsets import decode
from triage.mail.headers import base64_bytes, parameters

__all__ = ["Part", "parse"]

MAX_DEPTH = 30
MAX_PARTS = 400
MAX_HEADERS = 1_000  # of one part
MAX_HEADER_BYTES = 512 * 1024  # the block of one part
MAX_VALUE_BYTES = 64 * 1024  # one header
MAX_ENCODED_MESSAGE = 2 * 1024 * 1024

Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Part:
    """One part: its headers (lower-case names, raw values as text), its type, and where its body stands."""

    raw: bytes
    headers: Headers
    start: int
    end: int
    content_type: str
    params: dict[str, str]
    children: list[Part] = field(default_factory=list)
    unopened: bool = False  # beyond the caps
    text: str | None = None  # once it was read: choosing between alternatives and taking one ask for it
    first: dict[str, str] = field(init=False)  # value of each header, the topmost of several

    def __post_init__(self) -> None:
        self.first = dict(reversed(self.headers))

    def header(self, name: str) -> str:
        """The first value of a header, "" when there is none."""
        return self.first.get(name, "")

    @property
    def encoding(self) -> str:
        return self.header("content-transfer-encoding").partition(";")[0].strip(" \t\"'").lower()

    def body(self, limit: int | None = None) -> bytes:
        """The bytes as they stand in the mail, at most `limit` of them."""
        end = self.end if limit is None else min(self.end, self.start + limit)
        return self.raw[self.start : end]

    def content(self, limit: int) -> bytes:
        """The bytes after transfer decoding; at most about `limit`."""
        encoding = self.encoding
        if encoding == "base64":
            return base64_bytes(self.body(limit * 3 // 2))[:limit]
        if encoding == "quoted-printable":
            data = self.body(limit * 3)
            return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", data) if b"= " in data else data)[:limit]
        return self.body(limit)

    def size(self) -> int:
        """Bytes after transfer decoding, without decoding a big base64 body."""
        if self.encoding == "quoted-printable":
            return len(self.content(self.end - self.start))
        length = self.end - self.start
        if self.encoding != "base64":
            return length
        padding = self.raw.count(b"=", max(self.start, self.end - 8), self.end)
        return max(0, (length - self._line_ends()) * 3 // 4 - padding)

    def _line_ends(self) -> int:
        """How many bytes end lines. Encoders write lines of one length: where each ends as the first does, only the
        last is looked through."""
        raw, start, end = self.raw, self.start, self.end
        width = raw.find(b"\n", start, end) + 1 - start
        ends = raw[start + width - 1 : end : width] if width > 0 else b""
        alike = len(ends) if ends == b"\n" * len(ends) else 0
        last = start + alike * width
        rest = raw.count(b"\n", last, end) + raw.count(b"\r", last, end)
        return alike * (1 + raw.count(b"\r", start, start + width)) + rest


_SOFT_BREAK = re.compile(rb"=[ \t]+\r?\n")
_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_LOOKS = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")


def parse(raw: bytes) -> Part:
    """The tree of a whole mail. A leading BOM, blank lines and an mbox line are skipped."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")  # old Macintosh lines
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while start < len(raw) and raw[start] in b"\r\n":
        start += 1
    if raw.startswith((b"From ", b">From "), start):
        start = raw.find(b"\n", start) + 1 or len(raw)
    return _Tree(raw).message(start, len(raw))


class _Tree:
    """One walk over one mail; counts the parts so that no mail has too many."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.parts = 0

    def message(self, start: int, end: int) -> Part:
        root = self._part(self.raw, start, end, "text/plain")
        pending = [(root, 1)]
        while pending and self.parts < MAX_PARTS:
            part, depth = pending.pop()
            part.unopened = depth >= MAX_DEPTH
            if not part.unopened:
                part.children = self._children(part)
                pending += [(child, depth + 1) for child in part.children]
        for part, _ in pending:
            part.unopened = True
        return root

    def _children(self, part: Part) -> list[Part]:
        if part.content_type.startswith("multipart/"):
            default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
            spans = self._spans(part)
            return [self._part(part.raw, start, end, default) for start, end in spans]
        if part.content_type in ("message/rfc822", "message/global"):
            if part.encoding in ("base64", "quoted-printable"):  # forbidden by RFC 2046, sent all the same
                inner = part.content(MAX_ENCODED_MESSAGE)
                return [self._part(inner, 0, len(inner), "text/plain")]
            return [self._part(part.raw, part.start, part.end, "text/plain")]
        return []

    def _spans(self, part: Part) -> list[tuple[int, int]]:
        """Where the parts between the boundary lines stand; without a last boundary the end counts."""
        boundary = part.params.get("boundary", "").rstrip()
        spans: list[tuple[int, int]] = []
        if not boundary:
            return spans
        delimiter = b"--" + boundary.encode("utf-8", "replace")
        raw, opened, at = part.raw, -1, part.start
        while len(spans) + self.parts < MAX_PARTS and (at := raw.find(delimiter, at, part.end)) >= 0:
            after = at + len(delimiter)
            line_end = raw.find(b"\n", after, part.end)
            line_end = part.end if line_end < 0 else line_end
            tail = raw[after : min(line_end, after + 200)].strip()
            if (at == part.start or raw[at - 1] in b"\n\r") and tail in (b"", b"--"):
                if opened >= 0:
                    spans.append((opened, max(opened, _before_line_break(raw, at))))
                opened = -1 if tail else min(line_end + 1, part.end)
                if tail and spans:
                    break
            at = after
        if opened >= 0 and len(spans) + self.parts < MAX_PARTS:
            spans.append((opened, part.end))
        return spans

    def _part(self, raw: bytes, start: int, end: int, default: str) -> Part:
        self.parts += 1
        headers, body = _headers(raw, start, end)
        declared = next((value for name, value in headers if name == "content-type"), "")
        content_type, params = parameters(declared) if declared else ("", {})
        if "/" not in content_type:
            content_type = _SHORT.get(content_type, default)
        return Part(raw, headers, body, end, content_type[:100], params)


_SHORT = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed", "plain": "text/plain"}


def _before_line_break(raw: bytes, at: int) -> int:
    """The line break before a boundary belongs to the boundary (RFC 2046, 5.1.1)."""
    if at and raw[at - 1] == 10:
        at -= 1
    return at - 1 if at and raw[at - 1] == 13 else at


def _headers(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Headers from `start`, and where the body begins.

    A stray line between two headers is skipped; a line that is neither header nor blank begins the body.
    """
    found: list[tuple[str, str]] = []
    stop = min(end, start + MAX_HEADER_BYTES)
    at = start
    while at < stop:
        match = _HEADER.match(raw, at, end)
        if match:
            at = match.end()
            if len(found) < MAX_HEADERS:
                name, value = match.groups()
                found.append((name.decode("ascii").lower(), decode(value[:MAX_VALUE_BYTES].rstrip(b"\r"))))
            continue
        line_end = raw.find(b"\n", at, end) + 1 or end
        if not raw[at : min(line_end, at + 200)].strip():
            return tuple(found), line_end
        if not found or not _LOOKS.match(raw, line_end, end):
            return tuple(found), at
        at = line_end
    return tuple(found), _after_headers(raw, at, end)


def _after_headers(raw: bytes, at: int, end: int) -> int:
    """Where the body begins when the header block was longer than its cap."""
    blank = _BLANK.search(raw, max(0, at - 1), end)
    return blank.end() if blank else end


_BLANK = re.compile(rb"\n\r?\n")
