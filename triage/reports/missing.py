"""Missing-info rates: of the fields a technical mail needs, how many first mails lacked each.

Definitions: only the first mail of a ticket counts; only topics whose profile requires the field; a field
that was inferred (the environment from a host) counts as given and is shown apart. A rate from few mails
carries its 95 % Wilson interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from triage.store.figures import FieldCount

FEW = 30  # below this many mails the interval is shown


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its sample."""

    group: str
    field: str
    needed: int
    missing: int
    inferred: int

    @property
    def share(self) -> float:
        """0..1; 0 when nothing was counted."""
        return self.missing / self.needed if self.needed else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share."""
        return wilson(self.missing, self.needed)

    @property
    def few(self) -> bool:
        return self.needed < FEW


def rates(counts: Iterable[FieldCount]) -> list[Rate]:
    """One rate per count, and one over all groups per field first, the highest on top."""
    counted = list(counts)
    totals: dict[str, list[int]] = {}
    for count in counted:
        total = totals.setdefault(count.field, [0, 0, 0])
        for position, value in enumerate((count.needed, count.missing, count.inferred)):
            total[position] += value
    overall = [Rate("all", field, *numbers) for field, numbers in totals.items()]
    overall.sort(key=lambda rate: (-rate.share, rate.field))
    return overall + [Rate(c.group, c.field, c.needed, c.missing, c.inferred) for c in counted]


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share; (0, 1) when nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, 1 + z * z / of
    centre = (share + z * z / (2 * of)) / spread
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / spread
    return max(0.0, centre - half), min(1.0, centre + half)
