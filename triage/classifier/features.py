"""Text to numbers: one pure function that reads a mail, and the terms it is weighed by.

Three families of terms, each as sublinear tf-idf of length one: words and pairs of words; pieces of 2 to 5
characters inside words; and the lexicon's concepts. The first two are what scikit-learn's TfidfVectorizer gives
(`word` and `char_wb`), and a test holds this room to it. They are written here, once for training and serving,
because serving must not import scikit-learn: that alone takes longer than reading a mail.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from triage.classifier.lexicon import Lexicon
from triage.classifier.rows import Floats, Rows, Terms

__all__ = ["CHARACTERS", "FAMILIES", "LENGTH", "Features", "normalise", "words_of"]

CHARACTERS = 2000  # of a mail that are read; the cause of a mail stands at its beginning
PIECES = range(2, 6)  # lengths of the pieces inside a word, in characters, its two borders counted
FAMILIES = ("words", "pieces", "concepts")
LENGTH = (1.0, 1.0, 0.8)  # of each family in a row: how loudly it speaks
_CACHED = 16_384  # tokens of which words and pieces are remembered, and runs without blanks
_LEAST = 1e-9  # length by which a family without terms may be divided
_SHORT = 64  # characters of a run that is remembered
_TEXTS = 256  # whose concepts are remembered until the reasons are told

_CODE = re.compile(r"```[^`]*```")
_PLACEHOLDERS = tuple(
    (clue, re.compile(pattern, flags), f" {token} ")  # a run without the clue is not searched
    for clue, pattern, flags, token in (
        ("://", r"https?://\S+", re.IGNORECASE, "zurl"),
        ("@", r"[^\s@]{1,64}@[^\s@]{1,255}", 0, "zmail"),
        ("", r"\b(?=[a-f-]{0,64}\d)[0-9a-f]{8,64}(?:-[0-9a-f]{1,64}){0,8}\b", re.IGNORECASE, "zhex"),
        ("", r"\d{5,}", 0, "znum"),
        ("", r"\S{60,}", 0, "zlong"),
    )
)
_ORDINARY = re.compile(r"[^\d@:]{1,59}")  # no pattern can find anything in it
_WORD = re.compile(r"\w+")


def normalise(text: str) -> str:
    """Lower case; pasted code, links, addresses, hex ids and long numbers become one word each; the head only."""
    text = text[: 4 * CHARACTERS]
    if "```" in text:
        text = _CODE.sub(" zcode ", text)
    runs = [_known(run) if len(run) <= _SHORT else _plain(run) for run in text.split()]
    return " ".join(runs)[:CHARACTERS].rstrip()


def _plain(run: str) -> str:
    """What a run without blanks becomes; no pattern but that of pasted code looks beyond one."""
    if _ORDINARY.fullmatch(run):
        return run.lower()
    for clue, pattern, token in _PLACEHOLDERS:
        if clue in run:
            run = pattern.sub(token, run)
    return " ".join(run.lower().split())


_known = lru_cache(_CACHED)(_plain)  # the same runs come back in every mail


def words_of(text: str) -> list[str]:
    """The words of a normalised text."""
    return _WORD.findall(text)


class _Token(NamedTuple):
    """What stands between two blanks: its words, and the numbers of its terms, four bytes each."""

    words: list[str]
    ids: bytes


class Features:
    """A fixed vocabulary and the weight of each of its terms; turns mails into rows of numbers."""

    def __init__(self, terms: Sequence[Sequence[str]], idf: Floats, lexicon: Lexicon) -> None:
        """`terms` of each family, in the order of FAMILIES; `idf` of all of them in one row."""
        self.terms = tuple(tuple(family) for family in terms)
        self.idf, self.lexicon = idf, lexicon
        self.borders = np.cumsum([len(family) for family in self.terms])
        starts = [0, *map(int, self.borders)]
        self._words, self._pieces, self._concepts = (
            {term: at for at, term in enumerate(family, start)}
            for family, start in zip(self.terms, starts, strict=False)
        )
        self._parts_of = lru_cache(_CACHED)(self._read)  # the same tokens come back in every mail
        self._concepts_in = lru_cache(_TEXTS)(self._look_for_concepts)

    def __len__(self) -> int:
        return int(self.borders[-1])

    @property
    def square(self) -> float:
        """Of the length of a row that holds every family, so that products of rows become cosines."""
        return float(sum(length**2 for length, family in zip(LENGTH, self.terms, strict=True) if family))

    @classmethod
    def learn(cls, texts: Sequence[str], lexicon: Lexicon, *, least: int) -> Features:
        """The terms that stand in at least `least` of some normalised texts, with their inverse frequencies."""
        counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
        pieces_of = lru_cache(maxsize=None)(lambda token: frozenset(_pieces(token)))
        for text in texts:
            words = words_of(text)
            counts[0].update({*words, *_pairs(words)})
            counts[1].update(frozenset().union(*map(pieces_of, set(text.split()))))
            counts[2].update({concept for concept, _ in lexicon.seen(words)})
        terms = [sorted(term for term, seen in family.items() if seen >= least) for family in counts]
        seen = [family[term] for family, kept in zip(counts, terms, strict=True) for term in kept]
        idf = np.log((1 + len(texts)) / (1 + np.array(seen, dtype=np.float64))) + 1
        return cls(terms, idf.astype(np.float32), lexicon)

    def rows(self, texts: Iterable[str]) -> Rows:
        """One row for each normalised text, its terms ascending, each family in it of its LENGTH."""
        return Rows.of(map(self._row, texts), len(self))

    def surfaces(self, text: str) -> dict[int, list[str]]:
        """What in a normalised text stands for its concepts: each concept's number, and the words that showed it."""
        found: dict[int, list[str]] = {}
        for concept, surface in self._concepts_in(text):
            found.setdefault(concept, []).append(surface)
        return found

    def name(self, term: int) -> str:
        """The term with this number, as the vocabulary spells it."""
        family = int(np.searchsorted(self.borders, term, side="right"))
        return self.terms[family][term - (self.borders[family - 1] if family else 0)]

    def _row(self, text: str) -> tuple[Terms, Floats]:
        terms, counts = np.unique(np.frombuffer(self._ids(text), dtype=np.int32), return_counts=True)
        values = (1 + np.log(counts, dtype=np.float32)) * self.idf[terms]
        start = 0
        for length, end in zip(LENGTH, terms.searchsorted(self.borders), strict=True):
            family = values[start:end]
            family *= length / max(math.sqrt(family @ family), _LEAST)
            start = end
        return terms, values

    def _ids(self, text: str) -> bytes:
        """The numbers of all the terms of a text, four bytes each."""
        parts = [self._parts_of(token) for token in text.split()]
        words = [word for part in parts for word in part.words]
        pairs = map(self._words.get, _pairs(words))
        others = array("i", [pair for pair in pairs if pair is not None])
        others.extend(concept for concept, _ in self._concepts_in(text))
        return b"".join([others.tobytes(), *(part.ids for part in parts)])

    def _read(self, token: str) -> _Token:
        words = words_of(token)
        ids = [self._words[word] for word in words if word in self._words]
        ids += [piece for piece in map(self._pieces.get, _pieces(token)) if piece is not None]
        return _Token(words, array("i", ids).tobytes())

    def _look_for_concepts(self, text: str) -> tuple[tuple[int, str], ...]:
        words = words_of(text)
        return tuple(
            (self._concepts[concept], " ".join(words[where]))
            for concept, where in self.lexicon.seen(words)
            if concept in self._concepts
        )


def _pairs(words: Sequence[str]) -> Iterable[str]:
    return map(" ".join, pairwise(words))


def _pieces(token: str) -> list[str]:
    """The pieces of one token with a space at either border; the whole token where it is shorter than a piece."""
    padded = f" {token} "
    lengths = [length for length in PIECES if length < len(padded)]
    pieces = [padded[at : at + length] for length in lengths for at in range(len(padded) - length + 1)]
    return pieces if len(lengths) == len(PIECES) else [*pieces, padded]
