"""Stretches of a text that must be masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) to be masked; `kept` of them, counted from the end, stay readable."""

    start: int
    end: int
    kind: str
    kept: int = 4


def apart(found: Iterable[Span]) -> list[Span]:
    """Spans in order of place; those that overlap become one."""
    chosen: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if not chosen or span.start >= chosen[-1].end:
            chosen.append(span)
        elif span.end > chosen[-1].end:
            last = chosen[-1]
            chosen[-1] = Span(last.start, span.end, last.kind, min(last.kept, span.kept))
    return chosen
