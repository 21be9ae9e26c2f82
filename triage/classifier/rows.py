"""A table that is mostly zeros, in three flat arrays: what numpy alone needs to work with a few of its rows.

Serving must not import scipy, which costs a tenth of a second and 25 MB; training turns these rows into its matrices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Ints", "Rows", "Terms"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Terms = npt.NDArray[np.int32]


_NOTHING = np.zeros(1, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Rows:
    """For each row the numbers of its columns that are not zero, and their values."""

    terms: Terms
    values: Floats
    ends: Ints  # where each row begins, and where the last one ends
    width: int  # columns

    @classmethod
    def of(cls, rows: Iterable[tuple[Terms, Floats]], width: int) -> Self:
        """A table of some rows."""
        made = list(rows)
        terms = np.concatenate([np.empty(0, dtype=np.int32), *(one for one, _ in made)])
        values = np.concatenate([np.empty(0, dtype=np.float32), *(one for _, one in made)])
        return cls(terms, values, np.cumsum([0, *(len(one) for one, _ in made)]), width)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def row(self, at: int) -> tuple[Terms, Floats]:
        """The columns and the values of one row."""
        part = slice(self.ends[at], self.ends[at + 1])
        return self.terms[part], self.values[part]

    def lengths(self, which: npt.NDArray[np.integer]) -> Ints:
        """How many columns some rows have."""
        lengths: Ints = self.ends[which + 1] - self.ends[which]
        return lengths

    def products(self, which: Ints, dense: Floats) -> Floats:
        """The inner product of some rows with a dense one."""
        rows = [self.row(at) for at in which.tolist()]
        terms = np.concatenate([row[0] for row in rows])
        values = np.concatenate([*(row[1] for row in rows), _NOTHING])  # where rows without entries begin at the end
        values[:-1] *= dense.take(terms)
        lengths = self.lengths(which)
        products: Floats = np.add.reduceat(values, lengths.cumsum() - lengths) * (lengths > 0)
        return products

    def weighted(self, which: Terms, weights: Floats) -> Floats:
        """The sum of some rows, each times its weight."""
        lengths = self.lengths(which)
        begins = self.ends[which] - lengths.cumsum() + lengths
        at = begins.repeat(lengths) + np.arange(lengths.sum())
        entries = self.values.take(at) * weights.repeat(lengths)
        return np.bincount(self.terms.take(at), weights=entries, minlength=self.width).astype(np.float32)

    def turned(self, keep: npt.NDArray[np.bool_]) -> Rows:
        """The table with columns for rows; the columns not to keep become empty rows."""
        kept = np.flatnonzero(keep[self.terms])
        order = kept[self.terms[kept].argsort(kind="stable")]
        row_of = np.arange(len(self), dtype=np.int32).repeat(np.diff(self.ends))
        ends = np.cumsum(np.bincount(self.terms[kept] + 1, minlength=self.width + 1))
        return Rows(row_of[order], self.values[order], ends, len(self))
