"""winmail.dat, whole and broken. Containers with text and files are among the reader's cases."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.mail import rtf, tnef

HEAD = struct.pack("<IH", 0x223E9F78, 1)


def _attribute(kind: int, value: bytes) -> bytes:
    return b"\x01" + struct.pack("<II", kind, len(value)) + value + b"\0\0"


def _property(kind: int, name: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def _message(*properties: bytes) -> bytes:
    return HEAD + _attribute(0x00069003, struct.pack("<I", len(properties)) + b"".join(properties))


def test_properties_before_the_text_are_stepped_over():
    fixed = struct.pack("<HHI", 0x0003, 0x0017, 1) + struct.pack("<HHQ", 0x0040, 0x0039, 7)
    named = struct.pack("<HH", 0x0003, 0x8001) + b"g" * 16 + struct.pack("<III", 0, 5, 9)
    called = (
        struct.pack("<HH", 0x0003, 0x8002)
        + b"g" * 16
        + struct.pack("<II", 1, 6)
        + b"name\0\0\0\0"
        + struct.pack("<I", 9)
    )
    several = struct.pack("<HHI", 0x101F, 0x0044, 2) + (struct.pack("<I", 4) + "a\0".encode("utf-16-le")) * 2
    count = struct.pack("<I", 6)
    body = count + fixed + named + called + several + _property(0x1F, 0x1000, "Blåbær\0".encode("utf-16-le"))
    assert tnef.read(HEAD + _attribute(0x00069003, body)).text == "Blåbær"


def test_an_old_container_has_its_text_in_an_attribute():
    assert tnef.read(HEAD + _attribute(0x0002800C, "Blåbær\0".encode("cp1252"))).text == "Blåbær"


def test_the_longer_name_of_a_file_wins():
    long = struct.pack("<I", 1) + _property(0x1F, 0x3707, "den lange loggen.txt\0".encode("utf-16-le"))
    parts = (0x00069002, b""), (0x00018010, b"denlan~1.txt\0"), (0x0006800F, b"HTTP 400"), (0x00069005, long)
    opened = tnef.read(HEAD + b"".join(_attribute(kind, value) for kind, value in parts))
    assert [(file.name, file.text, file.size) for file in opened.attachments] == [
        ("den lange loggen.txt", "HTTP 400", 8)
    ]


def test_compressed_rich_text_is_unpacked():
    # Literals "a", "b", then a reference to them, five characters long, then the end.
    start = len(rtf._DICTIONARY)
    data = bytes([0b00001100]) + b"ab" + struct.pack(">H", start << 4 | 3) + struct.pack(">H", (start + 7) << 4)
    assert rtf.decompress(struct.pack("<II", len(data) + 12, 7) + b"LZFu" + b"\0" * 4 + data) == b"abababa"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (rb"{\rtf1\ansi Hei\par du}", "Hei\ndu"),
        (rb"{\rtf1 bl\'e5b\'e6r \{x\} C:\\temp}", r"blåbær {x} C:\temp"),
        (rb"{\rtf1 {\fonttbl{\f0 Arial;}}{\*\generator x}\u248?re\tab x\~y}", "øre\tx y"),
        (rb"{\rtf1 never closed", "never closed"),
        (b"", ""),
    ],
)
def test_rich_text_becomes_plain(source: bytes, text: str):
    assert rtf.text_of(source) == text


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_a_broken_container_never_raises(noise: bytes, at: int):
    whole = _message(_property(0x1F, 0x1000, "Text\0".encode("utf-16-le")), _property(0x102, 0x1009, noise))
    opened = tnef.read(whole[:at] + noise + whole[at:])
    opened.text.encode("utf-8")
    tnef.read(whole[:at])
    rtf.text_of(rtf.decompress(struct.pack("<II", 12, 7) + b"LZFu" + b"\0" * 4 + noise)).encode("utf-8")
    rtf.text_of(noise).encode("utf-8")
