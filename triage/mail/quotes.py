"""A mail's body → what its sender wrote, the history quoted in it, and the signature. Every line is kept.

History is found by the structure that mail clients give it: an attribution ("On ... wrote:"), lines that begin
with `>`, a block of headers, an "Original Message" rule. A forwarded mail is content, not history. The words are
in quote_words. Each line is looked at a bounded number of times, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from triage.mail import quote_headers, signature
from triage.mail.quote_attribution import break_off

WRAPS_AT: Final = 60  # characters from which clients wrap a line


class Part(Enum):
    """Where a line of the body belongs."""

    NEW = auto()
    QUOTED = auto()
    SIGNATURE = auto()


@dataclass(frozen=True, slots=True)
class Split:
    """A body in three; each holds its lines in the order they had, untouched."""

    new: str
    quoted: str = ""
    signature: str = ""


def new_text(text: str) -> str:
    """What the sender wrote: `split(text).new`."""
    return split(text).new


def split(text: str, *, forwarded: bool = False) -> Split:
    """Sort every line of `text` into new, quoted or signature.

    `forwarded` says that the subject marks a forward (Fwd:, VS:, VL: ...): Outlook writes the same header block
    above a forwarded mail as above history, so only the subject can tell.
    A body is never emptied unless it is nothing but quoted lines.
    """
    lines = _lines(text)
    parts, end = _history(lines, forwarded)
    for start, stop in _runs(parts, end):
        for index in signature.lines_of(lines[start:stop]):
            parts[start + index] = Part.SIGNATURE
    return _joined(lines, _not_emptied(lines, parts))


def _lines(text: str) -> list[str]:
    """The body's lines; an attribution that shares its line with own words gets a line of its own."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    broken: list[str] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        shared = break_off(line) if below.startswith(">") and not line.startswith(">") else None
        broken.extend(shared or (line,))
    return broken


def _history(lines: Sequence[str], forwarded: bool) -> tuple[list[Part], int]:
    """Each line NEW or QUOTED, and the line where forwarded content begins (or the end)."""
    parts = [Part.NEW] * len(lines)
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        if quote_headers.forwards(lines, at):
            return parts, at
        header = None if _has_mark(lines[at]) else quote_headers.find(lines, at)
        if header is not None and header.to_the_end and forwarded:
            return parts, header.start
        start, stop = _stretch(lines, at, header)
        if header is not None or (_has_mark(lines[at]) and not quote_headers.not_history(lines, start, stop)):
            parts[start:stop] = [Part.QUOTED] * (stop - start)
        at = stop
    return parts, len(lines)


def _stretch(lines: Sequence[str], at: int, header: quote_headers.Header | None) -> tuple[int, int]:
    """The lines that share one fate: a header with the history below it, a run of `>` lines, or one line."""
    if header is not None and header.to_the_end:
        return header.start, len(lines)
    start, stop = (header.start, header.stop) if header else (at, at)
    while stop < len(lines) and (_has_mark(lines[stop]) or (stop > start and _is_wrapped(lines, stop))):
        stop += 1
    return start, max(stop, at + 1)


def _has_mark(line: str) -> bool:
    return line.lstrip(" ").startswith(">")


def _is_wrapped(lines: Sequence[str], at: int) -> bool:
    """Whether a line between two `>` lines is the end of the long one above that some client broke."""
    if not lines[at].strip() or at + 1 >= len(lines) or not _has_mark(lines[at + 1]):
        return False
    above = lines[at - 1].rstrip()
    return _has_mark(above) and len(above) >= WRAPS_AT and not above.endswith((".", "?", "!", ":", ";"))


def _runs(parts: Sequence[Part], end: int) -> list[tuple[int, int]]:
    """Stretches of new lines before `end`."""
    runs, start = [], None
    for index in range(end + 1):
        inside = index < end and parts[index] is Part.NEW
        if inside and start is None:
            start = index
        elif not inside and start is not None:
            runs.append((start, index))
            start = None
    return runs


def _not_emptied(lines: Sequence[str], parts: Sequence[Part]) -> Sequence[Part]:
    """`parts`, unless nothing would be left as new though the body is more than history."""
    if any(part is Part.NEW and line.strip() for line, part in zip(lines, parts, strict=True)):
        return parts
    used = {part for line, part in zip(lines, parts, strict=True) if line.strip()}
    if not used or {Part.QUOTED, Part.SIGNATURE} <= used:
        return parts
    top = next(index for index, line in enumerate(lines) if line.strip())
    header = quote_headers.find(lines, top)
    if header is not None and not header.to_the_end:
        return parts
    return [Part.QUOTED if _has_mark(line) else Part.NEW for line in lines]


def _joined(lines: Sequence[str], parts: Sequence[Part]) -> Split:
    def text(wanted: Part) -> str:
        own = [line for line, part in zip(lines, parts, strict=True) if part is wanted]
        filled = [index for index, line in enumerate(own) if line.strip()]
        return "\n".join(own[filled[0] : filled[-1] + 1]) if filled else ""

    return Split(text(Part.NEW), text(Part.QUOTED), text(Part.SIGNATURE))
