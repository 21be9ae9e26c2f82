"""What a bounce says: which addresses could not be reached, for good (RFC 3464, RFC 3463; X-Failed-Recipients of Exim)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from triage.mail import headers, mime
from triage.mail.mime import Part

_MOST_BYTES = 300_000  # of a bounce that are looked at: it may carry the whole original
_MOST_REPORT = 60_000
_MOST_FAILED = 50
_FIELD = re.compile(r"([a-z-]{1,40})[ \t]*:[ \t]*([^\n]{0,1000})", re.IGNORECASE)
_COPY = re.compile(r"(?m)^[ \t>]*(?:Return-Path|Received|Message-Id|From|To|Subject|Date):", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+=-]{1,64}@[\w.-]{1,253}")
_LASTING = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b|\b55[0-4]\b")  # RFC 3463, RFC 5321 section 4.2.3
_REPORTS = ("message/delivery-status", "message/global-delivery-status")


@dataclass(frozen=True, slots=True)
class Bounce:
    """One bounce. `failed` are addresses in lower case, `said` the other server's words, `text` all that may quote ours."""

    failed: tuple[str, ...]
    said: str
    text: str


def read(raw: bytes) -> Bounce:
    """The addresses that a bounce gives up; none for a mere delay. Never raises."""
    root = mime.parse(raw[:_MOST_BYTES])
    reports = [part for part in _parts(root) if part.content_type in _REPORTS]
    failed, said = _from_reports(reports) if reports else (_from_header(root) or _from_words(root), "")
    text = raw[:_MOST_BYTES].replace(b"=\r\n", b"").replace(b"=\n", b"").decode("latin-1")
    return Bounce(tuple(dict.fromkeys(failed))[:_MOST_FAILED], said[:500], text)


def _parts(root: Part) -> Iterator[Part]:
    pending = [root]
    while pending:
        one = pending.pop(0)
        yield one
        pending = [*one.children, *pending]


def _from_header(root: Part) -> list[str]:
    return [address.email for address in headers.addresses(root.header("x-failed-recipients"))]


def _from_words(root: Part) -> list[str]:
    """The addresses in what the mail system says itself, when it speaks of a lasting failure; its copy of the original
    begins with a header."""
    part = next((one for one in _parts(root) if one.content_type == "text/plain"), root)
    words = part.content(_MOST_REPORT).decode("utf-8", "replace")
    copied = _COPY.search(words)
    own = words[: copied.start()] if copied else words
    return [email.lower().rstrip(".") for email in _EMAIL.findall(own)] if _LASTING.search(own) else []


def _from_reports(reports: list[Part]) -> tuple[list[str], str]:
    failed, said = [], ""
    for report in reports:
        text = report.content(_MOST_REPORT).decode("utf-8", "replace").replace("\r\n", "\n").replace("\n\t", " ")
        for block in text.replace("\n ", " ").split("\n\n"):
            fields = {name.lower(): value.strip() for name, value in _FIELD.findall(block)}
            if _gives_up(fields):
                failed += [_address(fields.get(name, "")) for name in ("final-recipient", "original-recipient")]
                said = said or fields.get("diagnostic-code", "") or fields.get("status", "")
    return [email for email in failed if email], said


def _gives_up(fields: dict[str, str]) -> bool:
    """Failed for good: a delay, or a status of class 4, may still arrive."""
    action, status = fields.get("action", "").lower(), fields.get("status", "")
    return action.startswith("failed") and not status.startswith(("2", "4"))


def _address(value: str) -> str:
    """`rfc822; kari@shop.example` without its type."""
    return value.rpartition(";")[2].strip().strip("<>").lower()
