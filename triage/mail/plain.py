"""The text of a text/plain part: line endings, and soft line breaks taken back where the sender declared them."""

from __future__ import annotations

from triage.mail.charsets import decode, repair
from triage.mail.mime import Part

__all__ = ["text_of"]

MAX_BYTES = 512 * 1024


def text_of(part: Part) -> str:
    """The part as lines; payload comes through byte for byte."""
    text = decode(part.content(MAX_BYTES), part.params.get("charset"))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.params.get("format", "").lower() == "flowed":
        text = _unflowed(text, delete_space=part.params.get("delsp", "").lower() == "yes")
    return repair(text)


def _unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: a line that ends with a blank goes on in the next one, unless the quote depth changes."""
    out: list[str] = []
    soft = -1  # depth of an unfinished paragraph
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if soft == depth and not signature:
            out[-1] += content
        else:
            out.append(">" * depth + (" " + content if depth and content else content))
        flows = content.endswith(" ") and not signature
        if flows and delete_space:
            out[-1] = out[-1][:-1]
        soft = depth if flows else -1
    return "\n".join(out)
