"""Words that mean the same, in five languages: what lets the model learn from one language for another.

The list is rules/lexicon.yaml. A concept says nothing about topics; which concepts speak for which topic is learnt
from the examples like everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from triage.yamlfile import Model, Problem, Problems, read

__all__ = ["Lexicon", "fold", "load"]

_WORD = re.compile(r"\w+")
_STEM_WORD = re.compile(r"\w+\*?")
_NORDIC = str.maketrans("æøåäöéü", "aoaaoeu")
_DOUBLE = re.compile(r"aa|ae|oe")
_INSIDE = 5  # least characters of a stem that counts in the middle of a compound
_LONG = 40  # characters of a word that are looked at
_CACHED = 16_384


class _File(Model):
    concepts: dict[str, tuple[str, ...]]


def load(path: Path) -> Lexicon:
    """The lexicon of a file. Raises Problems where it is no such list or an entry holds no word."""
    document = read(path, _File, shown_as=f"{path.parent.name}/{path.name}")
    problems = [
        Problem(document.place("concepts", concept, at), f"'{entry}' holds no word; write a word, a stem* or two words")
        for concept, entries in document.value.concepts.items()
        for at, entry in enumerate(entries)
        if not _STEM_WORD.search(entry)
    ]
    if problems:
        raise Problems(problems)
    return Lexicon(document.value.concepts)


@lru_cache(_CACHED)
def fold(word: str) -> str:
    """A word, its Nordic letters however they are spelt: å, aa and a are one, so are ø, oe, ö and o, and æ, ae, ä.

    Words of three letters keep their pairs, or `noe` (something) would be `no`.
    """
    plain = word.translate(_NORDIC)
    return _DOUBLE.sub(lambda pair: pair.group()[0], plain) if len(plain) > 3 else plain


class _Entry(NamedTuple):
    """What must follow the first word of an entry, each a word or the beginning of one, and the concept then seen."""

    rest: tuple[tuple[str, bool], ...]  # word, and whether its beginning is enough
    concept: str


class Lexicon:
    """Finds concepts among normalised words. Empty, it finds none."""

    def __init__(self, concepts: Mapping[str, Iterable[str]]) -> None:
        self.concepts = {concept: tuple(entries) for concept, entries in concepts.items()}
        self._words: dict[str, list[_Entry]] = {}
        self._stems: dict[str, list[_Entry]] = {}
        for concept, entries in self.concepts.items():
            for entry in entries:
                first, *rest = map(fold, _STEM_WORD.findall(entry.lower()))
                table = self._stems if first.endswith("*") else self._words
                after = tuple((word.rstrip("*"), word.endswith("*")) for word in rest)
                table.setdefault(first.rstrip("*"), []).append(_Entry(after, concept))
        self._longest = max(map(len, self._stems), default=0)
        self._heads = frozenset(stem[:_INSIDE] for stem in self._stems if len(stem) >= _INSIDE)
        self._begins = lru_cache(_CACHED)(self._look_up)

    def seen(self, words: Sequence[str]) -> Iterator[tuple[str, slice]]:
        """The concepts of a text's words, each with the words that showed it."""
        for at, entries in enumerate(map(self._begins, words)):
            for rest, concept in entries:
                if not rest or _follow(rest, words, at + 1):
                    yield concept, slice(at, at + 1 + len(rest))

    def _look_up(self, word: str) -> tuple[_Entry, ...]:
        word = fold(word)[:_LONG]
        found = list(self._words.get(word, ()))
        for end in range(2, min(len(word), self._longest) + 1):
            found += self._stems.get(word[:end], ())
        if not found:
            found = [entry for entry in self._inside(word) if not entry.rest]
        return tuple(dict.fromkeys(found))

    def _inside(self, word: str) -> Iterator[_Entry]:
        for start in range(2, len(word) - _INSIDE + 1):
            if word[start : start + _INSIDE] in self._heads:
                for end in range(start + _INSIDE, len(word) + 1):
                    yield from self._stems.get(word[start:end], ())


def _follow(rest: Sequence[tuple[str, bool]], words: Sequence[str], at: int) -> bool:
    if at + len(rest) > len(words):
        return False
    for wanted, beginning in rest:
        word = fold(words[at])
        if not (word.startswith(wanted) if beginning else word == wanted):
            return False
        at += 1
    return True
