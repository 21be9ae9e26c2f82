"""A raw mail as it may be shown on a terminal: decoded, secrets masked, nothing that steers the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from triage.domain import InboundMail
from triage.fields.inspecting import Inspector
from triage.mail.reader import parse

_HEADERS = ("from", "to", "cc", "date", "subject", "message-id")
_STEERING = frozenset({"Cc", "Cf", "Co", "Cs"})  # Unicode categories: escapes, overrides of direction, private use


def shown(raw: bytes, rules: Path) -> str:
    """The mail's main headers and its text, masked. Raises Problems when the rules that tell secrets are broken."""
    inspector = Inspector.load(rules)
    try:
        mail = inspector.inspect(parse(raw)).masked
    except Exception as error:  # noqa: BLE001 - a mail in trouble may be in trouble because it cannot be read
        return f"This mail cannot be masked ({type(error).__name__}: {harmless(str(error))}); --raw shows its bytes."
    return harmless("\n".join(_lines(mail))) if mail else ""


def harmless(text: str) -> str:
    """Text without characters that steer a terminal; line breaks and tabs stay."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _STEERING)


def _lines(mail: InboundMail) -> Iterator[str]:
    for name in _HEADERS:
        for value in mail.all_headers(name):
            yield f"{name.title()}: {' '.join(value.split())}"
    yield f"\n{mail.new}"
    if mail.signature:
        yield mail.signature
    if mail.quoted:
        yield f"\n[quoted history]\n{mail.quoted}"
    if mail.attachments:
        yield f"\n[attachments] {', '.join(part.name for part in mail.attachments)}"
