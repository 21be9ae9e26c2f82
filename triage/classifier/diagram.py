"""An evaluation as one self-contained SVG: does the model keep its promises, and what does it confuse?"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from triage.classifier.evaluation import Evaluation

__all__ = ["diagram"]

_SIDE = 360  # of the reliability plot, in pixels
_LEFT, _TOP = 60, 70
_CELL = 22
_GRID = _LEFT + _SIDE + 190  # where the confusion grid begins
_INK, _FAINT, _BLUE, _RED = "#1f2933", "#cbd2d9", "#2f6f9f", "#b83232"


def diagram(result: Evaluation) -> str:
    """SVG text: the reliability plot on the left, the confusion grid (rows: what mails are about) on the right."""
    names = _names(result)
    width = _GRID + _CELL * len(names) + 40
    height = _TOP + max(_SIDE, _CELL * len(names)) + 150
    body = "\n".join((*_heading(result), *_reliability(result), *_confusion(result, names)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="sans-serif" font-size="11" fill="{_INK}">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _names(result: Evaluation) -> list[str]:
    about = {one.topic for one in result.topics}
    return sorted(about | {one.guessed for one in result.confusions})


def _heading(result: Evaluation) -> Iterator[str]:
    yield _text(_LEFT, 24, f"{result.mails} mails, {100 * result.accuracy:.1f} % right", size=16)
    error = f"What was promised and what came true (calibration error {result.calibration_error:.3f})"
    yield _text(_LEFT, 48, error, size=12)
    yield _text(_GRID, 48, "Rows: what mails are about. Columns: what the model took them for.", size=12)


def _reliability(result: Evaluation) -> Iterator[str]:
    bottom = _TOP + _SIDE
    yield f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_FAINT}"/>'
    most = max((one.mails for one in result.bins), default=0) or 1
    for one in result.bins:
        if one.mails:
            left, width = _LEFT + one.low * _SIDE, (one.high - one.low) * _SIDE
            tall = one.right * _SIDE
            shade = 0.25 + 0.75 * one.mails / most
            yield (
                f'<rect x="{left:.1f}" y="{bottom - tall:.1f}" width="{width - 1:.1f}" height="{tall:.1f}"'
                f' fill="{_BLUE}" fill-opacity="{shade:.2f}"><title>{one.mails} mails: promised'
                f" {one.promised:.2f}, right {one.right:.2f}</title></rect>"
            )
    yield f'<line x1="{_LEFT}" y1="{bottom}" x2="{_LEFT + _SIDE}" y2="{_TOP}" stroke="{_RED}" stroke-dasharray="4 3"/>'
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield _text(_LEFT + tick * _SIDE, bottom + 16, f"{tick:.2f}", anchor="middle")
        yield _text(_LEFT - 6, bottom - tick * _SIDE + 4, f"{tick:.2f}", anchor="end")
    yield _text(_LEFT + _SIDE / 2, bottom + 36, "promised probability (darker: more mails)", anchor="middle")


def _confusion(result: Evaluation, names: list[str]) -> Iterator[str]:
    at = {name: place for place, name in enumerate(names)}
    counts = {(one.topic, one.guessed): one.mails for one in result.confusions}
    counts |= {(one.topic, one.topic): round(one.recall * one.mails) for one in result.topics}
    mails = {one.topic: one.mails for one in result.topics}
    for name, place in at.items():
        middle = place * _CELL + _CELL / 2
        yield _text(_GRID - 8, _TOP + middle + 4, f"{name} ({mails.get(name, 0)})", anchor="end")
        x, y = _GRID + middle, _TOP + len(names) * _CELL + 10
        yield f'<text x="{x:.1f}" y="{y:.1f}" transform="rotate(60 {x:.1f} {y:.1f})">{escape(name)}</text>'
    for (topic, guessed), count in sorted(counts.items()):
        colour = _BLUE if topic == guessed else _RED
        x, y = _GRID + at[guessed] * _CELL, _TOP + at[topic] * _CELL
        shade = count / mails[topic]
        yield (
            f'<rect x="{x}" y="{y}" width="{_CELL - 1}" height="{_CELL - 1}" fill="{colour}"'
            f' fill-opacity="{shade:.2f}"><title>{escape(topic)} taken for {escape(guessed)}: {count}</title></rect>'
        )
        if count:
            yield _text(x + _CELL / 2, y + _CELL / 2 + 4, str(count), anchor="middle")


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'
