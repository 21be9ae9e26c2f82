"""A mailbox full of mail: the sample mails in turn, each with its own sender, Message-ID and number; every fifth has attachments.

The same count and profile give the same bytes. `light` attachments take 10 to 40 KB, `full` ones 10 KB to 2 MB.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart

from triage.cli.shipped import samples
from triage.mail.guard import Ours, reason_for_silence
from triage.mail.reader import parse

LARGEST = {"light": 40_000, "full": 2_000_000}
_SMALLEST = 10_000
_NUMBER = re.compile(rb"\b(?=\d{6}\b)\d{3}(?=\d{3}\b)")  # the first half of an MSN


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, and whether a person waits for an answer to it."""

    raw: bytes
    sender: str
    human: bool


def mailbox(count: int, profile: str = "light") -> list[Mail]:
    """The first `count` mails."""
    patterns = [path.read_bytes() for path in sorted(samples().glob("*.eml"))]
    human = [reason_for_silence(parse(raw), Ours()) is None for raw in patterns]
    return [_mail(patterns[n % len(patterns)], human[n % len(patterns)], n, profile) for n in range(count)]


def _mail(pattern: bytes, human: bool, number: int, profile: str) -> Mail:
    message = message_from_bytes(_NUMBER.sub(b"%03d" % (100 + number % 900), pattern))
    sender = f"writer{number}@shop{number}.example"
    if human:
        _set(message, "From", f"Writer {number} <{sender}>")
        del message["Reply-To"]
    _set(message, "Message-ID", f"<bench.{number}@shop{number}.example>")
    if human and number % 5 == 0:
        message = _with_attachments(message, number, LARGEST[profile])
    return Mail(message.as_bytes().replace(b"\n", b"\r\n"), sender, human)


def _set(message: Message, name: str, value: str) -> None:
    del message[name]
    message[name] = value


def _with_attachments(message: Message, number: int, largest: int) -> Message:
    chance = random.Random(number)  # noqa: S311 - the same mail each time
    whole = MIMEMultipart("mixed")
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        if value := message[name]:
            whole[name] = value
            del message[name]
    whole.attach(message)
    size = int(_SMALLEST * (largest / _SMALLEST) ** chance.random())
    part = MIMEApplication(chance.randbytes(size), "pdf")
    part.add_header("Content-Disposition", "attachment", filename=f"receipt{number}.pdf")
    whole.attach(part)
    return whole
