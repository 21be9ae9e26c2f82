"""Measured figures as values, the table people read, and the chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `group` names the chart it stands in, if any: figures of one group have one unit."""

    what: str
    value: float
    unit: str
    of: str
    group: str = ""

    @property
    def figure(self) -> str:
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"


def middle(measure: Callable[[], float], rounds: int = ROUNDS) -> float:
    """The median of some measurements."""
    return median(measure() for _ in range(rounds))


def table(rows: Sequence[Row]) -> None:
    drawn = Table("what", "figure", "of", title="Cost", title_justify="left")
    for row in rows:
        drawn.add_row(row.what, row.figure, row.of)
    Console(highlight=False).print(drawn)


def chart(rows: Sequence[Row]) -> dict[str, Any]:
    """A Vega-Lite specification: bars for each group, one below the other."""
    groups = dict.fromkeys(row.group for row in rows if row.group)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "vconcat": [_bars(name, [row for row in rows if row.group == name]) for name in groups],
    }


def _bars(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    unit = rows[0].unit
    values = [{"what": row.what, "value": row.value, "figure": row.figure} for row in rows]
    across = {"field": "value", "type": "quantitative", "title": unit}
    down = {"field": "what", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 260}}
    return {
        "title": name,
        "width": 480,
        "data": {"values": values},
        "encoding": {"x": across, "y": down},
        "layer": [
            {"mark": {"type": "bar", "color": "#5089bd"}},
            {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": {"text": {"field": "figure"}}},
        ],
    }
