"""Text to numbers: one pure function that reads a mail, and the n-grams it is weighed by.

Words and pairs of words, and pieces of 2 to 5 characters inside words, both as sublinear tf-idf of length one
(scikit-learn's TfidfVectorizer with `word` and `char_wb`, which a test holds this room to). Written here once for
training and serving, because serving must not import scikit-learn: that alone takes longer than reading a mail.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

__all__ = ["CHARACTERS", "Features", "Floats", "normalise", "phrases", "pieces"]

CHARACTERS = 2000  # of a mail that are read; the cause of a mail stands at its beginning
PIECES = range(2, 6)  # lengths of the pieces inside a word, in characters, its two borders counted
_CACHED_TOKENS = 16_384

Floats = npt.NDArray[np.float32]

_PLACEHOLDERS = tuple(
    (re.compile(pattern, flags), f" {token} ")
    for pattern, flags, token in (
        (r"```[^`]*```", 0, "zcode"),
        (r"https?://\S+", re.IGNORECASE, "zurl"),
        (r"[^\s@]{1,64}@[^\s@]{1,255}", 0, "zmail"),
        (r"\b(?=[a-f-]{0,64}\d)[0-9a-f]{8,64}(?:-[0-9a-f]{1,64}){0,8}\b", re.IGNORECASE, "zhex"),
        (r"\d{5,}", 0, "znum"),
        (r"\S{60,}", 0, "zlong"),
    )
)
_WORD = re.compile(r"\w+")


def normalise(text: str) -> str:
    """Lower case; pasted code, links, addresses, hex ids and long numbers become one word each; the head only."""
    text = text[: 4 * CHARACTERS]
    for pattern, token in _PLACEHOLDERS:
        text = pattern.sub(token, text)
    return " ".join(text.lower()[:CHARACTERS].split())


def phrases(text: str) -> list[str]:
    """The words of a normalised text, then its pairs of neighbours."""
    words = _WORD.findall(text)
    return words + [f"{left} {right}" for left, right in pairwise(words)]


def pieces(token: str) -> Iterator[str]:
    """The pieces of one token with a space at either border; the whole token where it is shorter than a piece."""
    padded = f" {token} "
    for length in PIECES:
        yield from (padded[at : at + length] for at in range(max(1, len(padded) - length + 1)))
        if length >= len(padded):
            return


class Features:
    """A fixed vocabulary and the weight of each of its n-grams; turns mails into rows of numbers."""

    def __init__(self, words: Sequence[str], parts: Sequence[str], idf: Floats) -> None:
        self.words, self.parts, self.idf = tuple(words), tuple(parts), idf
        self._word_ids = {word: at for at, word in enumerate(self.words)}
        self._part_ids = {part: at for at, part in enumerate(self.parts, start=len(self.words))}
        self._ids_of = lru_cache(_CACHED_TOKENS)(self._part_ids_of)  # the same words come back in every mail

    def __len__(self) -> int:
        return len(self.words) + len(self.parts)

    @classmethod
    def learn(cls, texts: Iterable[str], *, least: int) -> Features:
        """The n-grams that stand in at least `least` of some normalised texts, with their inverse frequencies."""
        words: Counter[str] = Counter()
        parts: Counter[str] = Counter()
        mails = 0
        for text in texts:
            mails += 1
            words.update(set(phrases(text)))
            parts.update({part for token in set(text.split()) for part in pieces(token)})
        kept = [sorted(term for term, seen in counts.items() if seen >= least) for counts in (words, parts)]
        seen = np.array([words[term] for term in kept[0]] + [parts[term] for term in kept[1]], dtype=np.float64)
        return cls(kept[0], kept[1], (np.log((1 + mails) / (1 + seen)) + 1).astype(np.float32))

    def rows(self, texts: Iterable[str]) -> csr_matrix:
        """One row for each normalised text: its words and its pieces, each half of length one."""
        ids: list[int] = []
        ends = [0]
        for text in texts:
            ids += [self._word_ids[term] for term in phrases(text) if term in self._word_ids]
            for token in text.split():
                ids += self._ids_of(token)
            ends.append(len(ids))
        ones = np.ones(len(ids), dtype=np.float32)
        rows = csr_matrix((ones, np.array(ids, dtype=np.int32), np.array(ends)), shape=(len(ends) - 1, len(self)))
        rows.sum_duplicates()
        rows.data = (1 + np.log(rows.data)) * self.idf[rows.indices]
        self._scale(rows)
        return rows

    def names(self, ids: Iterable[int]) -> list[str]:
        """The n-grams behind some columns."""
        border = len(self.words)
        return [self.words[at] if at < border else self.parts[at - border] for at in ids]

    def _part_ids_of(self, token: str) -> tuple[int, ...]:
        known = self._part_ids
        return tuple(known[part] for part in pieces(token) if part in known)

    def _scale(self, rows: csr_matrix) -> None:
        """Make the words of each row, and its pieces, a vector of length one."""
        half = 2 * np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)) + (rows.indices >= len(self.words))
        squares = np.bincount(half, weights=rows.data.astype(np.float64) ** 2, minlength=2 * rows.shape[0])
        rows.data = (rows.data / np.sqrt(squares)[half]).astype(np.float32)
