"""Labels in sets, one for each thing that is looked for; and all of them together, found in one pass over a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Self

_STEM = 3  # characters a label must have to stand also where a longer word begins with it
Places = Sequence[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Labels:
    """Folded labels of one thing, such as the names of an order id."""

    every: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        return cls(frozenset(words))

    def __contains__(self, word: str) -> bool:
        return word in self.every


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Every label that anybody looks for.

    Of the labels that stand at one place only the longest is looked for: all others there are its beginnings, so it
    tells which sets have a label there, and how long theirs is.
    """

    pattern: re.Pattern[str]
    nowhere: dict[Labels, Places]
    meant: Mapping[str, Sequence[tuple[Labels, int]]]  # sets with a label that begins such a label, and its length

    @classmethod
    def of(cls, every: Iterable[Labels]) -> Self:
        sets = tuple(every)
        owners: dict[str, list[Labels]] = defaultdict(list)
        for labels in sets:
            for word in labels.every:
                owners[word].append(labels)
        meant = {word: _beginning(word, owners) for word in owners}
        return cls(_beginnings(owners), dict.fromkeys(sets, ()), meant)

    def places(self, text: str) -> Mapping[Labels, Places]:
        """Where the labels of each set stand at the beginnings of words, in order; takes linear time.

        A label that is only the end of another of its set does not count: `serial number` in `merchant serial number`.
        """
        found: dict[Labels, list[tuple[int, int]]] = defaultdict(list)
        for match in self.pattern.finditer(text):
            start = match.start()
            for labels, length in self.meant[match[1]]:
                if length < _STEM and text[start + length : start + length + 1].isalnum():
                    continue
                places = found[labels]
                if not places or start >= places[-1][1]:
                    places.append((start, start + length))
        return self.nowhere | found


def _beginning(word: str, owners: Mapping[str, Sequence[Labels]]) -> tuple[tuple[Labels, int], ...]:
    """Sets with a label that stands wherever this one stands, and the length of the longest."""
    lengths = (
        length for length in range(1, len(word) + 1) if length >= _STEM or word[length : length + 1] in ("", " ")
    )
    return tuple({labels: length for length in lengths for labels in owners.get(word[:length], ())}.items())


def _beginnings(words: Iterable[str]) -> re.Pattern[str]:
    """The longest of some words at the beginning of each word of a text, in group 1.

    It begins with a set of letters, as nothing is looked for faster, and only then asks whether a word begins there.
    """
    letters = "".join(re.escape(letter) for letter in sorted({word[0] for word in words}))
    return re.compile(rf"[{letters}](?<!\w.)(?<=(?=({alternatives(words)})).)" if letters else "(?!)")


def alternatives(words: Iterable[str]) -> str:
    """A pattern for the longest of some words that stands at a place; it looks at each character once, however many they are."""
    every = sorted(frozenset(words))
    return _following(every) if every else "(?!)"


def _following(words: Sequence[str]) -> str:
    ended = not words[0]
    further = [
        re.escape(letter) + _following([word[1:] for word in group])
        for letter, group in groupby(words[ended:], itemgetter(0))
    ]
    if ended:
        further.append("")
    return further[0] if len(further) == 1 else f"(?:{'|'.join(further)})"
