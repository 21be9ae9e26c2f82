"""Bytes to text that can be stored: charsets as declared, as they really are, and repaired.

Declarations lie: what says us-ascii or utf-8 is often Windows-1252, and what says Latin-1 is often UTF-8.
Strict UTF-8 is its own proof, so it is tried before any single-byte charset.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

__all__ = ["decode", "repair", "storable"]

_WIDE = re.compile(r"utf-?(7|16|32)|iso2022|hz")
_MULTI = re.compile(r"gb|big5|euc|shift|johab|cp9(32|49|50)|utf-?8")
# Codecs that are charsets; the rest of Python's list (punycode, unicode_escape ...) is slow or rewrites text.
_CHARSET = re.compile(
    r"(utf|iso8859|iso2022|cp\d|mac|koi8|gb|big5|euc|shift|johab|hz|ptcp154|kz1048|tis|ascii|latin|hp-roman)"
)
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL_BYTES = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\x0c\r")
_ALIASES = {
    "latin1": "cp1252",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_NAMES = {"ks_c_5601-1987": "cp949", "x-mac-roman": "mac_roman", "x-sjis": "cp932", "unicode-1-1-utf-7": "utf-7"}


@lru_cache(maxsize=256)
def _codec(declared: str) -> str | None:
    """Python's name for a declared charset, None when it is unknown or no charset at all."""
    name = declared.strip(" \t'\"").lower()[:40]
    try:
        found = codecs.lookup(_NAMES.get(name, name)).name
    except (LookupError, ValueError):
        found = ""
        if windows := re.fullmatch(r"(?:x-)?(?:windows|win|cp|ansi|x-cp)[-_ ]?(\d{3,4})", name):
            plain = "cp" + windows[1]
            return _codec(plain) if plain != name else None
    return _ALIASES.get(found, found) if _CHARSET.match(found) else None


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of `data`, by the declared charset where that can be true; never raises.

    The result holds neither NUL nor lone surrogates.
    """
    if declared is None and data.isascii():
        return data.translate(None, _CONTROL_BYTES).decode("ascii")  # most headers
    codec = _codec(declared) if declared else None
    if codec and _WIDE.match(codec):
        text = _strictly(data, codec)
        return storable(text if text is not None else _guess(data))
    if data.startswith(_BOMS):
        return storable(data.decode("utf-16", "replace"))
    # Single-byte charsets and UTF-8 agree on the control characters: out with them before anything is decoded.
    data = data.translate(None, _CONTROL_BYTES)
    if data.isascii():
        return data.decode("ascii")
    text = _strictly(data, codec) if codec and _MULTI.match(codec) else None
    if text is None:
        text = _strictly(data, "utf-8")
    if text is None and codec and not _MULTI.match(codec):
        text = _strictly(data, codec)
    return (text if text is not None else _guess(data)).removeprefix("\ufeff")


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


_SEQUENCE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|\xf0[\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]+")


def _guess(data: bytes) -> str:
    """UTF-8 with a few broken bytes stays UTF-8, everything else is read as Windows-1252."""
    high = sum(len(run) for run in _HIGH.findall(data))
    if 2 * sum(len(sequence) for sequence in _SEQUENCE.findall(data)) > high:
        return data.decode("utf-8", "replace")
    return data.decode("cp1252", "replace")


_DIRT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without NUL, lone surrogates and control characters: any database and terminal takes it."""
    if _DIRT.search(text):
        text = _DIRT.sub(lambda found: "\ufffd" if found[0] >= "\ud800" else "", text)
    return text.removeprefix("\ufeff")


def _table(codec: str) -> dict[str, int]:
    return {bytes([byte]).decode(codec, "ignore") or chr(byte): byte for byte in range(0x80, 0x100)}


_BYTE_OF = _table("cp1252") | {chr(byte): byte for byte in range(0x80, 0xA0)}
_MAC_BYTE_OF = _table("mac_roman")
_TAIL = "[" + re.escape("".join(char for char, byte in _BYTE_OF.items() if byte < 0xC0)) + "]"
_MAC_TAIL = "[" + re.escape("".join(char for char, byte in _MAC_BYTE_OF.items() if byte < 0xC0)) + "]"
# UTF-8 of Western letters and typographic signs once read as Windows-1252 (Ã¸, â€™) or as MacRoman (√∏, ‚Äô).
_TWICE = re.compile(f"[ÃÅÆË]{_TAIL}|Â[\\x80-\\xbf]|â{_TAIL}{_TAIL}")
_TWICE_SURELY = re.compile(f"Ã{_TAIL}|Â[\\x80-\\xbf]|â{_TAIL}{_TAIL}")  # Å and Æ are letters of their own
_MAC_TWICE = re.compile(f"√{_MAC_TAIL}|‚Ä{_MAC_TAIL}")
_PROPER = re.compile("[æøåäöÆØÅÄÖé]")
_PAYLOAD = re.compile(r'[{}\[\]<>\\]|":|://|\bHTTP/|^\s*(?:curl|-H|--header|--data)\b')


_MISREADINGS = (("ÃÂâ", _TWICE_SURELY, _TWICE, _BYTE_OF), ("√‚", _MAC_TWICE, _MAC_TWICE, _MAC_BYTE_OF))


def repair(text: str) -> str:
    """`text` with double-decoded letters restored in its prose; lines of payload stay as they are.

    Somebody who writes `ø` and `Ã¸` in one mail means both: then nothing is changed.
    """
    if text.isascii():
        return text
    for letters, sign, broken, byte_of in _MISREADINGS:
        if not any(letter in text for letter in letters):  # most text has none of them
            continue
        for _ in range(3):  # mail gateways have been seen to do it twice
            if not sign.search(text) or _PROPER.search(broken.sub("", text)):
                break
            text = "\n".join(_repaired(line, broken, byte_of) for line in text.split("\n"))
    return text


def _repaired(line: str, broken: re.Pattern[str], byte_of: dict[str, int]) -> str:
    return line if _PAYLOAD.search(line) else broken.sub(lambda found: _once(found[0], byte_of), line)


def _once(broken: str, byte_of: dict[str, int]) -> str:
    try:
        return bytes(byte_of[char] for char in broken).decode("utf-8")
    except (UnicodeDecodeError, KeyError):
        return broken
