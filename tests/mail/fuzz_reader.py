"""Breaks the reader's own fixtures at random and looks whether it keeps its promises.

Run longer by hand from the project's folder: `python -m tests.mail.fuzz_reader --seconds 60 --seed 7`
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from triage.domain import Address, Attachment, InboundMail
from triage.mail.reader import parse

CASES = Path(__file__).parent / "cases" / "reader"
SLOWEST = 2.0  # CPU seconds for one mail

TOKENS = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b"\xc3", b"\xe2\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"--", b"=", b"==", b"=?",
    b"?=", b"=?utf-8?B?", b"=?utf-8?Q?", b'"', b"<", b">", b"(", b")", b";", b":", b",", b"\\", b"\t", b" ", b"'",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"--x--", b"--=_b1\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n", b"charset=utf-7", b"charset=utf-16",
    b"charset=idna", b"charset=\x00", b"charset=undefined", b"filename*=utf-8''%00%ff", b"filename*0*=x", b"format=flowed", b"> ",
    b"<blockquote>", b"</div>", b"<table><tr><td>", b"<pre>", b"<!--", b"-->", b"&#xd800;", b"&#0;", b"<a href='", b"\xf0\x9f\x98\x80",
)  # fmt: skip


def seeds() -> list[bytes]:
    """The raw mails of the reader's fixtures."""
    return [path.read_bytes() for path in sorted(CASES.glob("*.eml"))]


def mutant(source: random.Random, mails: list[bytes]) -> bytes:
    """A fixture with a few things cut, doubled, swapped with another one's, or thrown in."""
    raw = bytearray(source.choice(mails))
    for _ in range(source.randint(1, 8)):
        at = source.randint(0, len(raw))
        to = min(len(raw), at + source.choice((1, 2, 8, 40, 200)))
        match source.randrange(6):
            case 0:
                del raw[at:to]
            case 1:
                raw[at:at] = raw[at:to] * source.choice((1, 2, 20))
            case 2:
                raw[at:to] = bytes(source.randrange(256) for _ in range(source.randint(0, 8)))
            case 3:
                other = source.choice(mails)
                cut = source.randint(0, len(other))
                raw[at:to] = other[cut : cut + source.choice((10, 100, 1000))]
            case _:
                raw[at:at] = source.choice(TOKENS) * source.choice((1, 1, 1, 3, 50))
    return bytes(raw)


def complaint(mail: InboundMail) -> str | None:
    """What is wrong with a result; None when it may be stored and shown."""
    for name, text in _texts(mail):
        if "\0" in text:
            return f"{name} holds NUL"
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return f"{name} holds a lone surrogate"
    if mail.sender.email != mail.sender.email.lower():
        return "the sender's address is not in lower case"
    return None


def _texts(mail: InboundMail) -> Iterator[tuple[str, str]]:
    for field in fields(mail):
        yield from _strings(field.name, getattr(mail, field.name))


def _strings(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(name, item)
    elif isinstance(value, Address | Attachment):
        for field in fields(value):
            yield from _strings(f"{name}.{field.name}", getattr(value, field.name))


def main() -> int:
    """Until the time is over or something is found; a finding is written to a file beside."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    source, mails, count = random.Random(given.seed), seeds(), 0
    end = time.monotonic() + given.seconds
    while time.monotonic() < end:
        raw, count = mutant(source, mails), count + 1
        began = time.process_time()
        try:
            found = complaint(parse(raw))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            found = f"{type(error).__name__}: {error}"
        if found is None and time.process_time() - began > SLOWEST:
            found = "took too long"
        if found:
            Path("fuzz-finding.eml").write_bytes(raw)
            sys.stdout.write(f"after {count} mails: {found} (fuzz-finding.eml)\n")
            return 1
    sys.stdout.write(f"{count} mails, nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
