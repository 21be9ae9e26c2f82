"""The rich text of Outlook's containers: decompression (MS-OXRTFCP) and the text in it, within caps, total."""

from __future__ import annotations

import re
import struct

from triage.mail.charsets import storable

__all__ = ["decompress", "text_of"]

MAX_BYTES = 1024 * 1024
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    b"Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """The RTF source; empty when the data is no compressed RTF."""
    if len(data) < 16:
        return b""
    if data[8:12] == b"MELA":  # stored without compression
        return data[16 : 16 + MAX_BYTES]
    return _lzfu(data[16:]) if data[8:12] == b"LZFu" else b""


def _lzfu(data: bytes) -> bytes:
    window = bytearray(_DICTIONARY)
    at = 0
    while at < len(data) and len(window) < MAX_BYTES:
        flags, at = data[at], at + 1
        for bit in range(8):
            if at + 1 >= len(data):
                return bytes(window[len(_DICTIONARY) :])
            if not flags >> bit & 1:
                window.append(data[at])
                at += 1
                continue
            offset, length = divmod(struct.unpack_from(">H", data, at)[0], 16)
            at += 2
            distance = (len(window) - offset) % 4096 or 4096
            if offset == len(window) % 4096:
                return bytes(window[len(_DICTIONARY) :])
            for _ in range(length + 2):
                window.append(window[-distance] if distance <= len(window) else 32)
    return bytes(window[len(_DICTIONARY) :])


_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.IGNORECASE
)
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"lquote": "‘", b"rquote": "’", b"emdash": "—", b"endash": "–"}
_SILENT = frozenset(b"fonttbl colortbl stylesheet info pict themedata listtable generator htmltag mhtmltag".split())


def text_of(source: bytes) -> str:
    """The readable text of RTF; encapsulated HTML tags are left out."""
    out: list[str] = []
    stack: list[bool] = []
    silent, skip = False, 0
    for found in _TOKEN.finditer(source[:MAX_BYTES]):
        word, number, code, symbol, brace, plain = found.groups()
        if brace == b"{":
            stack.append(silent)
        elif brace == b"}":
            silent = stack.pop() if stack else False
        elif word in _SILENT or symbol == b"*":
            silent = True
        elif not silent:
            said = _said(word, number, code, symbol, plain)
            skipped = min(skip, len(said)) if not word else 0
            skip = 1 if word == b"u" else skip - skipped
            out.append(said[skipped:])
    return storable("".join(out)).strip()


def _said(
    word: bytes | None, number: bytes | None, code: bytes | None, symbol: bytes | None, plain: bytes | None
) -> str:
    if plain:
        return plain.decode("cp1252", "replace")
    if code:
        return bytes([int(code, 16)]).decode("cp1252", "replace")
    if word == b"u" and number:
        return chr(int(number) % 0x10000)
    if symbol:
        return {b"~": " ", b"_": "-", b"-": ""}.get(symbol, symbol.decode("cp1252", "replace"))
    return _BREAKS.get(word or b"", "")
