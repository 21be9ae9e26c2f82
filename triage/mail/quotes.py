"""A mail's body → what its sender wrote, the history quoted in it, and the signature. Every line is kept.

History is found by the structure that mail clients give it: an attribution ("On ... wrote:"), lines that begin
with `>`, a block of headers, an "Original Message" rule. A forwarded mail is content, not history. The words are
in quote_words. Each line is looked at a bounded number of times, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from triage.mail import quote_headers, signature


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
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parts, end = _history(lines, forwarded)
    for start, stop in _runs(parts, end):
        for index in signature.lines_of(lines[start:stop]):
            parts[start + index] = Part.SIGNATURE
    return _joined(lines, _not_emptied(lines, parts))


def _history(lines: Sequence[str], forwarded: bool) -> tuple[list[Part], int]:
    """Each line NEW or QUOTED, and the line where forwarded content begins (or the end)."""
    parts = [Part.NEW] * len(lines)
    at = 0
    while at < len(lines):
        if quote_headers.forwards(lines, at):
            return parts, at
        if lines[at].lstrip(" ").startswith(">"):
            stop, history = _marked(lines, at)
            if history:
                parts[at:stop] = [Part.QUOTED] * (stop - at)
            at = stop
            continue
        found = quote_headers.find(lines, at)
        if found is None:
            at += 1
            continue
        if found.to_the_end and forwarded:
            return parts, found.start
        stop = len(lines) if found.to_the_end else found.stop
        parts[found.start : stop] = [Part.QUOTED] * (stop - found.start)
        at = stop
    return parts, len(lines)


def _marked(lines: Sequence[str], at: int) -> tuple[int, bool]:
    """The end of the run of `>` lines at `at`, and whether it is history (not curl, a diff, a prompt or a forward)."""
    stop = at
    while stop < len(lines) and lines[stop].lstrip(" ").startswith(">"):
        stop += 1
    return stop, not quote_headers.not_history(lines, at, stop)


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
    """`parts`, unless nothing would be left as new though the body has text of its own."""
    if any(part is Part.NEW and line.strip() for line, part in zip(lines, parts, strict=True)):
        return parts
    marked = [line.lstrip(" ").startswith(">") for line in lines]
    attribution = (
        quote_headers.find(lines, next((i for i, line in enumerate(lines) if line.strip()), 0)) if lines else None
    )
    if attribution is not None and not attribution.to_the_end:
        return parts
    return [Part.QUOTED if mark else Part.NEW for mark in marked]


def _joined(lines: Sequence[str], parts: Sequence[Part]) -> Split:
    def text(wanted: Part) -> str:
        own = [line for line, part in zip(lines, parts, strict=True) if part is wanted]
        filled = [index for index, line in enumerate(own) if line.strip()]
        return "\n".join(own[filled[0] : filled[-1] + 1]) if filled else ""

    return Split(text(Part.NEW), text(Part.QUOTED), text(Part.SIGNATURE))
