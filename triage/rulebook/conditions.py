"""When a rule fires: conditions made of word lists, all tried in one pass over a mail's words.

Rules, profiles and known answers share these conditions, so staff learn them once (docs/editing-rules.md).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from triage.domain import Where
from triage.rulebook.words import Seen, WordIndex, trouble_with
from triage.yamlfile import Field, Model

LONGEST_PART = 20_000  # characters of the Subject and of the body that word lists look at
_LONGEST_QUOTE = 160  # characters of a mail shown as the words that counted
Words = tuple[str, ...]
Hits = dict[int, list[Seen]]


class Part(StrEnum):
    """Where a condition looks."""

    SUBJECT = "subject"
    BODY = "body"
    ANYWHERE = "anywhere"


_WHERE = {Part.SUBJECT: (Where.SUBJECT,), Part.BODY: (Where.BODY,), Part.ANYWHERE: (Where.SUBJECT, Where.BODY)}


class Near(Model):
    """A word of `first` and a word of `second` with at most `within` words between them, in either order."""

    within: int = Field(default=4, ge=0, le=50)
    first: Words = Field(min_length=1)
    second: Words = Field(min_length=1)


class Condition(Model):
    """Words that must stand in a mail, and words that must not."""

    any_of: Words = ()
    """At least one of these."""
    all_of: tuple[Words, ...] = ()
    """One of each of these lists."""
    near: Near | None = None
    """Two words close to each other."""
    none_of: Words = ()
    """None of these, in subject or body, wherever the condition itself looks."""
    where: Part = Part.ANYWHERE

    def lists(self) -> Iterator[tuple[tuple[str | int, ...], Words]]:
        """Every word list with its path in the file."""
        yield ("any_of",), self.any_of
        yield from ((("all_of", number), group) for number, group in enumerate(self.all_of))
        if self.near:
            yield ("near", "first"), self.near.first
            yield ("near", "second"), self.near.second
        yield ("none_of",), self.none_of

    def troubles(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What a person must mend: path in the file, sentence."""
        if not (self.any_of or self.all_of or self.near):
            yield (), "this names no words to look for; add 'any_of', 'all_of' or 'near'"
        for path, entries in self.lists():
            if not entries and path[0] == "all_of":
                yield path, "this list is empty; add words or remove it"
            for number, entry in enumerate(entries):
                if trouble := trouble_with(entry):
                    yield (*path, number), trouble


@dataclass(frozen=True, slots=True)
class Match:
    """A condition that holds: its number, the part that shows it, and the words as the sender wrote them."""

    number: int
    where: Where
    text: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """A condition as numbers of word lists in the common index."""

    where: tuple[Where, ...]
    wanted: tuple[int, ...]  # of any_of and of each group of all_of
    near: tuple[int, int] | None
    within: int
    barred: int | None


@dataclass(frozen=True)
class Sight:
    """What of the word lists of a matcher stands in a mail."""

    plans: Sequence[_Plan]
    needing: Mapping[int, Sequence[int]]  # the conditions that cannot do without a list
    hits: dict[Where, Hits]

    @cached_property
    def likely(self) -> frozenset[int]:
        """The conditions that may hold; no others do."""
        seen = {number for found in self.hits.values() for number in found if number in self.needing}
        return frozenset(number for needed in seen for number in self.needing[needed])

    def holds(self, number: int) -> bool:
        """Whether a condition holds; nothing is worked out for those that nobody asks for."""
        return number in self.likely and bool(_proof(self.plans[number], self.hits))


class Matcher:
    """Many conditions, tried together: the mail is read once, and a condition is looked at when a word of one list
    that it cannot do without occurs. A list that several conditions share is looked for once."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        lists: dict[Words, int] = {}
        self._plans = tuple(_plan(condition, lists) for condition in conditions)
        self._needing: dict[int, list[int]] = defaultdict(list)
        for number, plan in enumerate(self._plans):
            if (needed := _needed(plan)) is not None:
                self._needing[needed].append(number)
        self._index = WordIndex({number: entries for entries, number in lists.items()})

    def look(self, subject: str, body: str) -> Sight:
        """What stands in a mail, to be asked about some of the conditions."""
        parts = {Where.SUBJECT: subject[:LONGEST_PART], Where.BODY: body[:LONGEST_PART]}
        return Sight(self._plans, self._needing, {where: self._index.scan(text) for where, text in parts.items()})

    def match(self, subject: str, body: str) -> Iterator[Match]:
        """The conditions that hold, in their order."""
        parts = {Where.SUBJECT: subject, Where.BODY: body}
        sight = self.look(subject, body)
        for number in sorted(sight.likely):
            if proof := _proof(self._plans[number], sight.hits):
                yield Match(number, _where(proof), _quote(proof, parts))


def _plan(condition: Condition, lists: dict[Words, int]) -> _Plan:
    """The condition in numbers; its lists are added to those of all."""
    numbers: dict[str | int, list[int]] = {}
    for role, entries in condition.lists():
        if entries:
            numbers.setdefault(role[0], []).append(lists.setdefault(entries, len(lists)))
    near = numbers.get("near")
    return _Plan(
        where=_WHERE[condition.where],
        wanted=(*numbers.get("any_of", ()), *numbers.get("all_of", ())),
        near=(near[0], near[1]) if near else None,
        within=condition.near.within if condition.near else 0,
        barred=numbers["none_of"][0] if "none_of" in numbers else None,
    )


def _needed(plan: _Plan) -> int | None:
    """A list without whose words the condition cannot hold: that of `any_of` last, for it has the most words."""
    return plan.wanted[-1] if plan.wanted else plan.near[0] if plan.near else None


Proof = list[tuple[Where, Seen]]


def _proof(plan: _Plan, hits: dict[Where, Hits]) -> Proof:
    """The words that make a condition true, or an empty list."""
    if plan.barred is not None and any(plan.barred in found for found in hits.values()):
        return []
    proof: Proof = []
    for number in plan.wanted:
        seen = _first(number, plan.where, hits)
        if seen is None:
            return []
        proof.append(seen)
    if plan.near:
        pair = _pair(plan.near, plan, hits)
        if not pair:
            return []
        proof += pair
    return proof


def _first(number: int, parts: tuple[Where, ...], hits: dict[Where, Hits]) -> tuple[Where, Seen] | None:
    """Subject before body."""
    for where in parts:
        if found := hits[where].get(number):
            return where, found[0]
    return None


def _pair(near: tuple[int, int], plan: _Plan, hits: dict[Where, Hits]) -> Proof:
    """The first two words of a `near` that are close enough in the same part."""
    for where in plan.where:
        first, second = (hits[where].get(number, []) for number in near)
        starts = [seen.first for seen in second]
        for one in first if second else ():
            at = bisect_left(starts, one.first - plan.within - 8)  # phrases are shorter than eight words
            for other in second[at : at + 2 * plan.within + 24]:
                if other is not one and 0 < _gap(one, other) <= plan.within + 1:
                    return sorted([(where, one), (where, other)], key=lambda pair: pair[1].start)
    return []


def _gap(one: Seen, other: Seen) -> int:
    """Steps from the end of the earlier to the start of the later; not above zero when they overlap."""
    return max(one.first - other.last, other.first - one.last)


def _where(proof: Proof) -> Where:
    """The subject only when every word stands there."""
    return Where.SUBJECT if all(where is Where.SUBJECT for where, _ in proof) else Where.BODY


def _quote(proof: Proof, parts: dict[Where, str]) -> str:
    words = dict.fromkeys(parts[where][seen.start : seen.end] for where, seen in proof)
    return " ... ".join(" ".join(word.split()) for word in words)[:_LONGEST_QUOTE]
