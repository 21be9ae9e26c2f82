"""Parts that are not the mail's own text: their names and sizes, and the text of those that are text."""

from __future__ import annotations

import re

from triage.domain import Attachment
from triage.mail import headers
from triage.mail.charsets import decode, storable
from triage.mail.mime import Part

__all__ = ["MAX_TEXT_BYTES", "describe", "filename", "from_bytes", "is_named", "is_text_like"]

MAX_TEXT_BYTES = 256 * 1024  # of one attachment

_TEXT_NAMES = frozenset(
    [
        "txt",
        "log",
        "json",
        "har",
        "http",
        "csv",
        "xml",
        "md",
        "yaml",
        "yml",
        "curl",
        "php",
        "rest",
        "ndjson",
        "jsonl",
        "tsv",
        "conf",
        "ini",
        "js",
        "ts",
    ]
)
_TEXT_TYPES = re.compile(
    r"text/(?!html|calendar|vcard|x-vcard|directory|rtf)|message/(?:delivery-status|disposition-notification|feedback-report)|application/(?:[\w.-]+\+)?(?:json|xml|x-?yaml|har)\b"
)
_OPAQUE = frozenset({"application/octet-stream", "application/x-download", "application/binary", ""})
_IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "bmp": "image/bmp",
}
_PATH = re.compile(r"[\\/\r\n\t]+")


def filename(part: Part) -> str:
    """The name the sender gave, without any path; "" when there is none."""
    disposition = part.header("content-disposition")
    given = headers.parameters(disposition)[1].get("filename", "") if disposition else ""
    name = headers.text(given or part.params.get("name", "") or part.header("content-description"))
    return storable(_PATH.split(name.strip())[-1])[:200]


def is_named(part: Part) -> bool:
    """Whether the part is a file by its headers."""
    if "name" in part.params:
        return True
    disposition = part.header("content-disposition")
    kind, values = headers.parameters(disposition) if disposition else ("", {})
    return kind == "attachment" or "filename" in values


def describe(part: Part, *, text_budget: int) -> Attachment:
    """The attachment of a part; its text, when it is text-like, takes at most `text_budget` bytes."""
    kind = part.content_type
    name = filename(part) or f"unnamed.{kind.rpartition('/')[2]}"
    inline = part.header("content-disposition").lower().startswith("inline") or bool(part.header("content-id"))
    text = None
    if is_text_like(name, kind) and text_budget > 0:
        text = decode(part.content(min(text_budget, MAX_TEXT_BYTES)), part.params.get("charset"))
    return Attachment(name, _type(name, kind), part.size(), _lines(text), inline)


def from_bytes(name: str, data: bytes, content_type: str = "application/octet-stream") -> Attachment:
    """An attachment that came in a container of its own (winmail.dat)."""
    name = storable(_PATH.split(name.strip())[-1])[:200] or "unnamed"
    text = decode(data[:MAX_TEXT_BYTES]) if is_text_like(name, content_type) else None
    return Attachment(name, _type(name, content_type), len(data), _lines(text))


def is_text_like(name: str, kind: str) -> bool:
    """Whether people read the file as text, by its extension or its declared type."""
    extension = name.rpartition(".")[2].lower()
    return extension in _TEXT_NAMES or (extension not in _IMAGES and bool(_TEXT_TYPES.match(kind)))


def _type(name: str, kind: str) -> str:
    extension = name.rpartition(".")[2].lower()
    return _IMAGES.get(extension, kind) if kind in _OPAQUE else kind


def _lines(text: str | None) -> str | None:
    return text.replace("\r\n", "\n") if text is not None else None
