"""winmail.dat: the container that Outlook puts around a mail (MS-OXTNEF). Text and files, within caps, total."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from triage.domain import Attachment
from triage.mail import attachments, rtf
from triage.mail.charsets import decode

__all__ = ["Opened", "is_container", "read"]

MAX_FILES = 100
MAX_ATTRIBUTES = 5_000

_SIGNATURE = 0x223E9F78
_BODY, _MAPI_MESSAGE = 0x0002800C, 0x00069003
_RENDERING, _TITLE, _DATA, _MAPI_FILE = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_PLAIN, _RTF, _HTML, _LONG_NAME = 0x1000, 0x1009, 0x1013, 0x3707
_FIXED = {
    0x0002: 4,
    0x0003: 4,
    0x0004: 4,
    0x0005: 8,
    0x0006: 8,
    0x0007: 8,
    0x000A: 4,
    0x000B: 4,
    0x0014: 8,
    0x0040: 8,
    0x0048: 16,
}
_TEXTS = (0x001E, 0x001F)
_VARIABLE = (*_TEXTS, 0x0102, 0x000D)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a winmail.dat holds."""

    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()


def is_container(name: str, content_type: str) -> bool:
    """Whether a part is such a container, by its type or its name."""
    return content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat"


def read(data: bytes) -> Opened:
    """The text and files of a container; what is broken is left out."""
    text, markup = "", ""
    names: list[str] = []
    contents: list[bytes] = []
    for kind, value in _attributes(data):
        if kind == _RENDERING:
            names.append("")
            contents.append(b"")
        elif kind == _BODY:
            text = decode(value)
        elif kind == _MAPI_MESSAGE:
            found = dict(_properties(value))
            text, markup = _text(found) or text, decode(found.get(_HTML, b""))
        elif names:
            _note_file(kind, value, names, contents)
    files = [
        attachments.from_bytes(name, content) for name, content in zip(names, contents, strict=True) if name or content
    ]
    return Opened(text.rstrip("\0"), markup, tuple(files[:MAX_FILES]))


def _note_file(kind: int, value: bytes, names: list[str], contents: list[bytes]) -> None:
    if kind == _TITLE:
        names[-1] = names[-1] or decode(value.rstrip(b"\0"))
    elif kind == _DATA:
        contents[-1] = value
    elif kind == _MAPI_FILE:
        names[-1] = decode(dict(_properties(value)).get(_LONG_NAME, b"")) or names[-1]


def _text(found: dict[int, bytes]) -> str:
    if plain := decode(found.get(_PLAIN, b"")):
        return plain
    return "" if _HTML in found else rtf.text_of(rtf.decompress(found.get(_RTF, b"")))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Attributes as (id with type, value): level, id, length, value, checksum."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at + 9 > len(data):
            return
        kind, length = struct.unpack_from("<II", data, at + 1)
        yield kind, data[at + 9 : at + 9 + length]
        at += 9 + length + 2


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """MAPI properties as (id, bytes); texts come as UTF-8. Ends quietly at the first thing it cannot read."""
    try:
        yield from _Properties(data).all()
    except (struct.error, ValueError):
        return


class _Properties:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 4

    def all(self) -> Iterator[tuple[int, bytes]]:
        for _ in range(min(struct.unpack_from("<I", self.data)[0], MAX_ATTRIBUTES)):
            kind, name = self._short(), self._short()
            if name >= 0x8000:
                self._skip_name()
            count = self._long() if kind & 0x1000 or kind in _VARIABLE else 1
            value = b""
            for _ in range(min(count, MAX_ATTRIBUTES)):
                value = self._value(kind & 0x0FFF)
            yield name, value

    def _value(self, kind: int) -> bytes:
        if kind in _FIXED:
            return self._take(_FIXED[kind])
        if kind not in _VARIABLE:
            raise ValueError(kind)
        length = self._long()
        value = self._take(length)
        self._take(-length % 4)
        if kind == 0x001F:
            return value.decode("utf-16-le", "replace").rstrip("\0").encode()
        return value.rstrip(b"\0") if kind == 0x001E else value

    def _skip_name(self) -> None:
        self._take(16)
        if self._long() == 0:
            self._take(4)
        else:
            length = self._long()
            self._take(length + -length % 4)

    def _take(self, length: int) -> bytes:
        if self.at + length > len(self.data):
            raise ValueError("the property ends too early")
        self.at += length
        return self.data[self.at - length : self.at]

    def _short(self) -> int:
        return int.from_bytes(self._take(2), "little")

    def _long(self) -> int:
        return int.from_bytes(self._take(4), "little")
