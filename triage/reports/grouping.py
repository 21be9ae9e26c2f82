"""Tables that are broken down by dimensions: the row of everything first, then a row each group."""

from __future__ import annotations

from triage.reports.report import Cell, Chart, Column, text
from triage.store.figures.counting import NOBODY

ALL = "all"  # the group of everything


def group_columns(by: tuple[str, ...]) -> tuple[Column, ...]:
    """One column a dimension."""
    return tuple(text(name) for name in by)


def group_cells(group: tuple[str, ...], by: tuple[str, ...]) -> tuple[Cell, ...]:
    """The cells of a group; () is everything."""
    return tuple(map(named, group)) or (ALL,) * len(by)


def named(value: str, nothing: str = "(none)") -> str:
    """A value, or words for its absence."""
    return nothing if value == NOBODY else value


def chart_of(by: tuple[str, ...], label: str, value: str) -> tuple[Chart, ...]:
    """How a figure of each `label` is drawn when it is broken down: by nothing as bars, by weeks as lines, by one other
    dimension as a heat map. Of more than one dimension no picture is clear."""
    if not by:
        return (Chart("bars", label, value),)
    if by == ("week",):
        return (Chart("lines", "week", value, series=label),)
    return (Chart("heat", label, value, series=by[0]),) if len(by) == 1 else ()


def bars_of(by: tuple[str, ...], value: str) -> tuple[Chart, ...]:
    """How one figure a group is drawn: over the weeks as a line, else as bars; a single figure is not drawn."""
    if by == ("week",):
        return (Chart("lines", "week", value),)
    return (Chart("bars", by[0], value),) if len(by) == 1 else ()
