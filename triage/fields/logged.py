"""Which of several ids a log shows failing: an answer belongs to the id on its line, else to the id last named above it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from triage.domain import Finding
from triage.fields.parts import Part

_MOST_IDS = 20  # a log of more orders shows a day, not one that failed
_MOST_PLACES = 10  # of one id in one part
_JOINED = re.compile(r"[\w-]")


def failing(ids: frozenset[str], answered: Iterable[tuple[Part, Sequence[Finding]]]) -> frozenset[str]:
    """The ids whose calls were answered with errors, where those of others went well."""
    if len(ids) > _MOST_IDS:
        return frozenset()
    told: dict[str, set[str]] = defaultdict(set)
    for part, answers in answered:
        places = sorted((start, value) for value in ids for start in _named(part.text, value)) if answers else []
        for answer in answers if places else ():
            for value in _asked(part, places, answer.start):
                told[value].add(_outcome(answer))
    failed = frozenset(value for value, outcomes in told.items() if _went_wrong(outcomes))
    return (
        failed if any("status" in outcomes for value, outcomes in told.items() if value not in failed) else frozenset()
    )


def _named(text: str, value: str) -> Iterator[int]:
    """Where an id stands, also within an address; `A-1` does not stand in `A-1-2`."""
    start = text.find(value)
    for _ in range(_MOST_PLACES):
        if start < 0:
            return
        if not (_JOINED.match(text[start - 1 : start]) or _JOINED.match(text, start + len(value))):
            yield start
        start = text.find(value, start + len(value))


def _asked(part: Part, places: Sequence[tuple[int, str]], start: int) -> Sequence[str]:
    """The id that an answer belongs to; none where it stands above all of them."""
    begin, end = part.line(start)
    on_line = places[bisect_left(places, (begin, "")) : bisect_right(places, (end, ""))]
    above = places[: bisect_left(places, (begin, ""))]
    return [value for _, value in on_line[:1] or above[-1:]]


def _outcome(answer: Finding) -> str:
    if answer.note == "status":
        return "error status" if answer.value[5:] >= "400" else "status"
    return "error" if "error" in answer.value else ""


def _went_wrong(outcomes: set[str]) -> bool:
    """Statuses are plainer than bodies, which name errors also where there are none (`"errorInfo": null`)."""
    return "error status" in outcomes or ("error" in outcomes and "status" not in outcomes)
