"""A log without what it repeats: of the lines a program writes by the thousand, the first and the last are enough.

A line says the same as another when they differ in numbers and ids alone; but a number like a status of failure that
takes few values in them tells lines apart. What stands around a line that stays is kept with it, as a log
tells one call in several lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

__all__ = ["without_repeats"]

_MOST = 15  # lines of one kind that stay at the beginning of a text, and as many at its end
_AROUND = 20  # lines above and below each of them
_FEW = 12  # different statuses of failure in lines of one shape
_HEXADECIMAL = b"0123456789abcdefABCDEF"
# Begins with a set of digits, as nothing is looked for faster; group 2 is what stands before it.
_STATUS = re.compile(r"([45]\d\d)(?![\w-])(?<![\w.-]...)(?<=(.{4})...)")
_REMEMBERED = 8  # texts: the finders of fields and the rules ask for the same ones


@lru_cache(_REMEMBERED)
def without_repeats(text: str) -> str:
    """The text with an empty line wherever lines were left out; a text of few lines, or of unlike ones, as it is."""
    if text.count("\n") <= 2 * (_MOST + _AROUND):
        return text
    lines = text.split("\n")
    gaps = list(_gaps(_kept(text, lines), len(lines)))
    if not gaps:
        return text
    starts, ends = zip(*gaps, strict=True)
    pieces = zip((0, *ends), (*starts, len(lines)), strict=True)
    return "\n\n".join("\n".join(lines[start:end]) for start, end in pieces)


def _gaps(kept: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    """Lines [start, end) that are far from all that are kept."""
    for above, below in pairwise((-1 - _AROUND, *kept, count + _AROUND)):
        if below - above > 2 * _AROUND + 1:
            yield above + 1 + _AROUND, below - _AROUND


def _kept(text: str, lines: Sequence[str]) -> list[int]:
    """The first and the last lines of each kind, in order."""
    shapes: dict[bytes, list[int]] = defaultdict(list)
    for number, shape in enumerate(_shapes(text)):
        shapes[shape].append(number)
    few = [numbers for numbers in shapes.values() if len(numbers) <= 2 * _MOST]
    many = [kind for numbers in shapes.values() if len(numbers) > 2 * _MOST for kind in _by_status(numbers, lines)]
    return sorted(number for kind in (*few, *many) for number in {*kind[:_MOST], *kind[-_MOST:]})


def _shapes(text: str) -> list[bytes]:
    """What is left of each line without its numbers."""
    return text.encode("utf-8", "replace").translate(None, _HEXADECIMAL).split(b"\n")


def _by_status(numbers: Sequence[int], lines: Sequence[str]) -> list[list[int]]:
    """Lines of one shape, apart by the statuses in them."""
    told = [_STATUS.findall(lines[number]) for number in numbers]
    codes: dict[str, set[str]] = defaultdict(set)
    for code, before in chain.from_iterable(told):
        codes[before].add(code)
    few = {before for before, every in codes.items() if len(every) <= _FEW}
    kinds: dict[Hashable, list[int]] = defaultdict(list)
    for number, pairs in zip(numbers, told, strict=True):
        kinds[tuple([code for code, before in pairs if before in few])].append(number)
    return list(kinds.values())
