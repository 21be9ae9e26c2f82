"""Draws Vega-Lite specifications as SVG and PNG: the only home of vl-convert, which needs no network and no browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triage.domain import OperatorError

if TYPE_CHECKING:
    from types import ModuleType


class ChartsMissing(OperatorError):  # noqa: N818 - the operator's word for it
    """The charting library is not installed."""


def svg(spec: dict[str, Any]) -> str:
    """A chart as an SVG picture. Raises ChartsMissing."""
    drawn: str = _library().vegalite_to_svg(spec)
    return drawn


def png(spec: dict[str, Any]) -> bytes:
    """A chart as a PNG picture, two pixels for each point. Raises ChartsMissing."""
    drawn: bytes = _library().vegalite_to_png(spec, scale=2)
    return drawn


def _library() -> ModuleType:
    try:
        import vl_convert
    except ImportError:
        raise ChartsMissing("charts need the extra 'reports': pip install 'triage[reports]'") from None
    return vl_convert
