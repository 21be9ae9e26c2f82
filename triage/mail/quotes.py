"""A mail's body → what its sender wrote, the history quoted in it, and the signature. Every line is kept.

History is found by the structure that mail clients give it: an attribution ("On ... wrote:"), lines that begin
with `>`, a block of headers, an "Original Message" rule. A forwarded mail is content, not history. The words are
in quote_words. Each line is looked at a bounded number of times, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import compress, repeat
from operator import is_
from typing import Final

from triage.mail import quote_headers, signature
from triage.mail.quote_attribution import break_off

Span = tuple[int, int]  # lines from the first to before the second
WRAPS_AT: Final = 60  # characters from which clients wrap a line
_ABOVE_MARKS = re.compile(r"\n([^>\n][^\n]*)(?=\n>)")


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
    quoted, end = _history(lines, forwarded)
    parts = [Part.NEW] * len(lines)
    for start, stop in quoted:
        parts[start:stop] = [Part.QUOTED] * (stop - start)
    for start, stop in _between(quoted, end):
        for index in signature.lines_of(lines[start:stop]):
            parts[start + index] = Part.SIGNATURE
    return _joined(lines, _not_emptied(lines, parts))


def _lines(text: str) -> list[str]:
    """The body's lines; an attribution that shares its line with own words gets a line of its own."""
    text = "\n" + (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    if "\n>" in text:
        text = _ABOVE_MARKS.sub(_apart, text)
    return text[1:].split("\n")


def _apart(line: re.Match[str]) -> str:
    return "\n" + "\n".join(break_off(line[1]) or (line[1],))


def _history(lines: Sequence[str], forwarded: bool) -> tuple[list[Span], int]:
    """The quoted stretches, and the line where forwarded content begins (or the end)."""
    quoted: list[Span] = []
    done = 0
    marked = quote_headers.marks(lines)
    for at in quote_headers.beginnings(lines, marked):
        if at < done:
            continue
        if quote_headers.forwards(lines, at):
            return quoted, at
        header = None if _has_mark(lines[at]) else quote_headers.find(lines, at)
        if header is not None and header.to_the_end and forwarded:
            return quoted, header.start
        start, done = _stretch(lines, marked, at, header)
        if header is not None or (_has_mark(lines[at]) and not quote_headers.not_history(lines, start, done)):
            quoted.append((start, done))
    return quoted, len(lines)


def _stretch(lines: Sequence[str], marked: bytes, at: int, header: quote_headers.Header | None) -> tuple[int, int]:
    """The lines that share one fate: a header with the history below it, a run of `>` lines, or one line."""
    if header is not None and header.to_the_end:
        return header.start, len(lines)
    start, stop = (header.start, header.stop) if header else (at, at)
    while stop < len(lines) and (_has_mark(lines[stop]) or (stop > start and _is_wrapped(lines, stop))):
        stop = _end_of_run(marked, stop) if marked[stop] else stop + 1
    return start, max(stop, at + 1)


def _end_of_run(marked: bytes, at: int) -> int:
    end = marked.find(0, at)
    return end if end >= 0 else len(marked)


def _has_mark(line: str) -> bool:
    return line.lstrip(" ")[:1] == ">"


def _is_wrapped(lines: Sequence[str], at: int) -> bool:
    """Whether a line between two `>` lines is the end of the long one above that some client broke."""
    if not lines[at].strip() or at + 1 >= len(lines) or not _has_mark(lines[at + 1]):
        return False
    above = lines[at - 1].rstrip()
    return _has_mark(above) and len(above) >= WRAPS_AT and not above.endswith((".", "?", "!", ":", ";"))


def _between(quoted: Sequence[Span], end: int) -> list[Span]:
    """The stretches of other lines before `end`."""
    runs, start = [], 0
    for above, below in (*quoted, (end, end)):
        if start < min(above, end):
            runs.append((start, min(above, end)))
        start = max(start, below)
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
        if wanted not in parts:
            return ""
        return _filled("\n".join(compress(lines, map(is_, parts, repeat(wanted)))))

    return Split(text(Part.NEW), text(Part.QUOTED), text(Part.SIGNATURE))


def _filled(text: str) -> str:
    """The text without the blank lines above and below it."""
    upper = text.rstrip()
    first = len(upper) - len(upper.lstrip())
    below = text.find("\n", len(upper))
    return text[text.rfind("\n", 0, first) + 1 : len(text) if below < 0 else below] if upper else ""
