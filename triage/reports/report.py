"""The nouns of reports: tables of typed cells with their definition beside them, and what is to be drawn of them.

Reports are values: triage.reports computes them, and a command, a file, a mail or a web page shows them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

FEW = 30  # below this many mails a share is marked, and its interval is shown


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0..1; None when nothing was counted."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval; (0, 1) when nothing was counted."""
        return wilson(self.hits, self.of)

    @property
    def few(self) -> bool:
        """Whether the sample is too small to be taken at its word."""
        return self.of < FEW


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share (E. B. Wilson 1927); (0, 1) when nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, 1 + z * z / of
    centre = (share + z * z / (2 * of)) / spread
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / spread
    return max(0.0, centre - half), min(1.0, centre + half)


Cell = str | int | Share | timedelta | None
Row = tuple[Cell, ...]
Kind = Literal["text", "number", "share", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `id` for programs, `heading` for people."""

    id: str
    heading: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw of a table. `bars`: `value` by `label`, with intervals when it is a share. `lines`: `value` over the
    weeks in `label`, a line each `series`. `stack`: the columns `values` upon each other by `label`. `heat`: `value`
    at `label` and `series`, or the columns `values` at `label`."""

    kind: Literal["bars", "lines", "stack", "heat"]
    label: str
    value: str = ""
    series: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Figures with the definition that makes them mean something: which mails count, and what is counted."""

    id: str
    title: str
    definition: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    nothing: str = "Nothing of this kind in this time."
    charts: tuple[Chart, ...] = ()

    def column(self, name: str) -> int:
        """The position of a column. Raises StopIteration for a name that is none."""
        return next(number for number, column in enumerate(self.columns) if column.id == name)


@dataclass(frozen=True, slots=True)
class Report:
    """Some tables about one question, of the mail that was handled from `since` to before `until`."""

    name: str
    title: str
    tables: tuple[Table, ...]
    made_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    headline: tuple[tuple[str, Cell], ...] = ()  # the few figures to read first


def text(id: str, heading: str = "") -> Column:
    """A column of words."""
    return Column(id, heading or id.replace("_", " "), "text")


def number(id: str, heading: str = "") -> Column:
    """A column of counts."""
    return Column(id, heading or id.replace("_", " "), "number")


def share(id: str, heading: str = "") -> Column:
    """A column of shares."""
    return Column(id, heading or id.replace("_", " "), "share")


def time(id: str, heading: str = "") -> Column:
    """A column of durations."""
    return Column(id, heading or id.replace("_", " "), "time")
