"""What is said of a place in a text: that something went wrong there, or that all went well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Self

from triage.fields.parts import Part
from triage.fields.vocabulary import alternatives

_REACH = 160  # characters looked at to each side
_JOINTS = r"(?:[.:;,!?] |\n| (?:but|while|men|mens|medan|mutta) )"
_JOINT = re.compile(_JOINTS)
_UP_TO_JOINT = re.compile(rf"(?s:.*){_JOINTS}")
_ALSO = r" (?:and|og|och|ja|although|though|selv om|trots att|vaikka) "
_FROM_ALSO = re.compile(_ALSO)
_UP_TO_ALSO = re.compile(rf"(?s:.*){_ALSO}")
_VALUE = re.compile(r"[^\s,;()\"'`<>|]{1,200}(?<![.:!?])")
_BRACKET = re.compile(r"[\"'`*]{0,3}[ \t]{0,2}[(\[](?P<inside>[^()\[\]\n]{1,80})[)\]]")
_ENDS_IN_NOT = re.compile(r"(?:\s\S+){0,2}\s(?:not|didn't|doesn't|ikke|ikkje|inte|ei)[\s.!]{0,3}\Z")
_NUMBER = re.compile(r"\d+")
_REMEMBERED = 8192


class Said(Enum):
    """How it went, as far as a clause tells."""

    FAILED = "failed"
    WORKED = "worked"
    NOTHING = ""


# Of what a clause holds: words of failure, words of success. Who has both tells of a failure that is over.
_SAID = {
    (True, False): Said.FAILED,
    (False, True): Said.WORKED,
    (False, False): Said.NOTHING,
    (True, True): Said.WORKED,
}


@dataclass(frozen=True)
class Outcomes:
    """Tells from words of failure and success what is said of a place."""

    kinds: Callable[[str], tuple[bool, bool]]

    @classmethod
    def of(cls, failure: Iterable[str], success: Iterable[str], negations: Iterable[str]) -> Self:
        """Words are folded; what begins a word of success must begin a word of the text."""
        bad = tuple(word for word in failure if not word.isdigit())
        good, no = tuple(f" {word}" for word in success), frozenset(negations)
        statuses = frozenset(filter(str.isdigit, failure))
        fails, works = (re.compile(alternatives(words)) for words in (bad, good))

        @lru_cache(_REMEMBERED)  # one clause holds several values
        def kinds(clause: str) -> tuple[bool, bool]:
            well = [_is_denied(clause, word, no) for word in good if word in clause] if works.search(clause) else []
            failed = any(well) or bool(fails.search(clause)) or not statuses.isdisjoint(_NUMBER.findall(clause))
            return failed, not all(well)

        return cls(kinds)

    def said(self, part: Part, start: int) -> Said:
        """What the brackets behind a value say, or the clause around it; of both, the nearer half decides."""
        value = _VALUE.match(part.folded, start)
        end = value.end() if value else start
        if (bracket := _BRACKET.match(part.folded, end)) and any(self.kinds(inside := f" {bracket['inside']} ")):
            return _SAID[self.kinds(inside)]
        before, behind = _clause(part.folded, start, end)
        kinds = self.kinds(f" {before} {behind}")
        if all(kinds):
            kinds = self.kinds(f" {_last(before)}{_first(behind)}")
        told = _SAID[kinds]
        return Said.FAILED if told is Said.NOTHING and _ENDS_IN_NOT.match(behind) else told


def _is_denied(clause: str, word: str, negations: frozenset[str]) -> bool:
    """Whether `not` stands before or behind a word of success: `fungerer ikke`, `ei toimi`."""
    before, _, behind = clause.partition(word)
    return bool({*before.split()[-1:], *behind.split()[:1]} & negations)


def _clause(text: str, start: int, end: int) -> tuple[str, str]:
    """The clause before and behind a value. A colon beside it, or commas on both sides, only set it off."""
    left, right = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    listed = left.endswith(", ") and right.startswith(", ")
    set_off = 2 if listed or left.endswith(": ") else 0
    gap = 2 if listed or right.startswith(": ") else 0
    begun = _UP_TO_JOINT.match(left, 0, len(left) - set_off)
    ended = _JOINT.search(right, gap)
    return left[begun.end() if begun else 0 :], right[: ended.start() if ended else len(right)]


def _last(before: str) -> str:
    also = _UP_TO_ALSO.match(before)
    return before[also.end() :] if also else before


def _first(behind: str) -> str:
    also = _FROM_ALSO.search(behind)
    return behind[: also.start()] if also else behind
