"""Charts as Vega-Lite specifications (https://vega.github.io/vega-lite/docs/): plain values that drawing.py draws.

Colours keep 3 : 1 to the page and to each other's neighbours in grey; lines differ in their marks too, so that nothing
depends on colour alone. Weeks without mail keep their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from triage.reports.grouping import ALL
from triage.reports.report import Cell, Chart, Report, Share, Table
from triage.reports.telling import period, told

WIDE, NARROW = 760, 340  # pixels of a chart on a page and on a phone

_COLOURS = ("#1f5f99", "#c4500a", "#00795c", "#8a4f9e", "#6b6b6b", "#8c6a00", "#b0305c", "#2f8fbf")
_MARKS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
_BAR = "#5089bd"  # light enough for an interval drawn upon it
_FONT = "Helvetica, Arial, Liberation Sans, sans-serif"
_MOST_BARS, _MOST_LINES, _MOST_COLUMNS, _MOST_ROWS = 20, len(_COLOURS), 24, 24
_LETTER = 7.0  # pixels of a letter in a label
_INK, _LINE = "#333333", "#d9dde2"

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a chart."""

    label: str
    series: str
    value: float
    told: str
    low: float | None = None
    high: float | None = None


def points(table: Table, chart: Chart) -> list[Point]:
    """The figures a chart is made of, those of everything left out where there are groups."""
    label = table.column(chart.label)
    series = table.column(chart.series) if chart.series else None
    values = [table.column(name) for name in (chart.values or (chart.value,))]
    found = []
    for row in table.rows:
        names = (str(row[label]), str(row[series]) if series is not None else "")
        if ALL not in names:
            found += [_point(*names, table.columns[at].heading, row[at], bool(chart.values)) for at in values]
    return [each for each in found if each is not None]


def _point(label: str, series: str, column: str, cell: Cell, stacked: bool) -> Point | None:
    name = column if stacked else series
    if isinstance(cell, Share):
        low, high = cell.interval
        return None if cell.value is None else Point(label, name, cell.value, told(cell).rstrip(" *"), low, high)
    if isinstance(cell, timedelta):
        return Point(label, name, cell.total_seconds(), told(cell))
    return Point(label, name, cell, told(cell)) if isinstance(cell, int) else None


def spec(table: Table, chart: Chart, width: int) -> Spec | None:
    """The specification of one chart; None when there is too little to draw."""
    found = points(table, chart)
    if len({each.label for each in found}) < 2 or not any(each.value for each in found):
        return None
    shape = {"bars": _bars, "lines": _lines, "stack": _stack, "heat": _heat}[chart.kind]
    heading = next(column.heading for column in table.columns if column.id == (chart.value or chart.values[0]))
    drawn: Spec = shape(found, _Frame(width, heading, _is_share(table, chart)))
    return drawn


def whole(table: Table, chart: Chart, width: int) -> Spec | None:
    """A chart that stands by itself."""
    drawn = spec(table, chart, width)
    return drawn | {"config": _config()} if drawn else None


def together(reports: Sequence[Report], width: int) -> Spec | None:
    """Every chart of some reports in one picture, under each other, each with its title; None when there is none."""
    drawn = [
        found | {"title": table.title if len(reports) == 1 else f"{report.title}: {table.title}"}
        for report in reports
        for table in report.tables
        for chart in table.charts
        if (found := spec(table, chart, width))
    ]
    if not drawn:
        return None
    name = reports[0].title if len(reports) == 1 else "Desk report"
    title = {"text": name, "subtitle": period(reports[0]), "fontSize": 20, "anchor": "start", "offset": 16}
    apart = dict.fromkeys(("color", "shape", "x", "y"), "independent")
    config = _config()
    config["axisY"] |= {"minExtent": 0.16 * width}  # so that all begin at one line
    return {"title": title, "vconcat": drawn, "spacing": 44, "resolve": {"scale": apart}, "config": config}


def in_words(table: Table, chart: Chart) -> str:
    """What a chart shows, for those who do not see it; the table beside it has all figures."""
    found = points(table, chart)
    kinds = {"bars": "Bar chart", "lines": "Line chart", "stack": "Stacked bar chart", "heat": "Heat map"}
    most = max(found, key=lambda each: each.value)
    least = min(found, key=lambda each: each.value)
    return (
        f"{kinds[chart.kind]}: {table.title}. Highest: {_named(most)}, {most.told}; lowest: {_named(least)}, "
        f"{least.told}. All figures are in the table below."
    )


def _named(point: Point) -> str:
    return " ".join(part.replace("_", " ") for part in (point.label, point.series) if part)


def _is_share(table: Table, chart: Chart) -> bool:
    return any(column.kind == "share" for column in table.columns if column.id == chart.value)


# ── shapes ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the shapes share: the room there is, the heading of the figures, and whether they are shares."""

    width: int
    heading: str
    share: bool

    def room(self, labels: Iterable[str]) -> int:
        """Pixels for labels at the left."""
        longest = max((len(label) for label in labels), default=0)
        return int(min(longest * _LETTER, 0.4 * self.width)) + 12

    def axis(self) -> Spec:
        ticks = 3 if self.width < WIDE else 6
        return {"format": ".0%", "tickCount": ticks} if self.share else {"tickMinStep": 1, "tickCount": ticks}

    def scale(self) -> Spec:
        return {"domainMin": 0, "nice": True}


def _bars(found: Sequence[Point], frame: _Frame) -> Spec:
    shown = found[:_MOST_BARS]
    order = [each.label for each in shown]
    room = frame.room(order)
    label: Spec = {"field": "label", "type": "nominal", "sort": order, "title": None}
    label["axis"] = {
        "labelLimit": room,
        "labelExpr": "replace(datum.value, /_/g, ' ')",
        "ticks": False,
        "domain": False,
    }
    value = {
        "field": "value",
        "type": "quantitative",
        "title": frame.heading,
        "axis": frame.axis(),
        "scale": frame.scale(),
    }
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.62}, "color": _BAR},
            "encoding": {"y": label, "x": value},
        }
    ]
    if frame.share:
        layers.append(_whiskers(label))
    layers.append(_ends(label, frame))
    return {"width": frame.width - room - 56, "height": {"step": 30}, "data": _data(shown), "layer": layers}


def _whiskers(label: Spec) -> Spec:
    ends = {"y": label, "x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}}
    return {"mark": {"type": "rule", "color": _INK, "strokeWidth": 1.5}, "encoding": ends}


def _ends(label: Spec, frame: _Frame) -> Spec:
    """The figures themselves, behind bar and interval."""
    mark = {"type": "text", "align": "left", "dx": 6, "color": _INK, "fontSize": 12}
    at = {"field": "high" if frame.share else "value", "type": "quantitative"}
    return {"mark": mark, "encoding": {"y": label, "x": at, "text": {"field": "shown"}}}


def _lines(found: Sequence[Point], frame: _Frame) -> Spec:
    frequent = _frequent(found)
    shown = [each for each in found if each.series in frequent]
    value = {
        "field": "value",
        "type": "quantitative",
        "title": frame.heading,
        "axis": frame.axis(),
        "scale": frame.scale(),
    }
    encoding: Spec = {"x": _week_axis(shown, frame), "y": value}
    if len(frequent) > 1:
        encoding["color"] = _legend(frequent, _COLOURS, frame)
        encoding["shape"] = _legend(frequent, _MARKS, frame)
    point = {"filled": True, "size": 60} | ({"color": _COLOURS[0]} if len(frequent) == 1 else {})
    mark = {"type": "line", "strokeWidth": 2.5, "color": _COLOURS[0], "point": point}
    layers: list[Spec] = [{"mark": mark, "encoding": encoding}]
    if frame.share and len(frequent) == 1:
        band = {"x": encoding["x"], "y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
        layers.insert(0, {"mark": {"type": "area", "color": _COLOURS[0], "opacity": 0.15}, "encoding": band})
    return {"width": frame.width - 64, "height": 240, "data": _data(shown), "layer": layers}


def _stack(found: Sequence[Point], frame: _Frame) -> Spec:
    names = list(dict.fromkeys(each.series for each in found if each.value))
    order = {"field": "order", "type": "quantitative"}
    value = {"field": "value", "type": "quantitative", "title": "mails", "axis": frame.axis()}
    encoding = {
        "x": _week_axis(found, frame),
        "y": value,
        "color": _legend(names, _COLOURS, frame),
        "order": order,
    }
    rows = [row | {"order": names.index(row["series"])} for row in _rows(found) if row["series"] in names]
    mark = {"type": "bar", "stroke": "white", "strokeWidth": 1}
    return {"width": frame.width - 64, "height": 260, "data": {"values": rows}, "mark": mark, "encoding": encoding}


def _heat(found: Sequence[Point], frame: _Frame) -> Spec:
    columns = list(dict.fromkeys(each.label for each in found))[:_MOST_COLUMNS]
    rows = list(dict.fromkeys(each.series for each in found))[:_MOST_ROWS]
    if all(name.isdigit() for name in columns):
        columns.sort()
    shown = [each for each in found if each.label in columns and each.series in rows]
    room, most = frame.room(rows), 1.0 if frame.share else max(each.value for each in shown)
    width = frame.width - room - 12
    step = width / len(columns)
    tilted = step < _LETTER * max(map(len, columns))
    across: Spec = {"field": "label", "type": "nominal", "sort": columns, "title": None}
    across["axis"] = {"labelAngle": -90 if tilted and step < 30 else -45 if tilted else 0, "labelLimit": 110}
    across["axis"] |= {"labelExpr": "replace(datum.value, /_/g, ' ')"} | _BARE
    down: Spec = {"field": "series", "type": "nominal", "sort": rows, "title": None}
    down["axis"] = {"labelLimit": room} | _BARE
    scale = {"domain": [0, most], "range": ["#eef3f8", "#0b4a80"]}
    colour = {"field": "value", "type": "quantitative", "scale": scale, "legend": None}
    layers: list[Spec] = [
        {"mark": {"type": "rect", "stroke": "white"}, "encoding": {"x": across, "y": down, "color": colour}}
    ]
    if step >= 34:
        layers.append(_figures(across, down, most))
    return {"width": width, "height": {"step": 28}, "data": _data(shown), "layer": layers}


_BARE: Spec = {"ticks": False, "domain": False}


def _figures(across: Spec, down: Spec, most: float) -> Spec:
    """The figure in each field of a heat map, white on dark ones."""
    dark = {"condition": {"test": f"datum.value > {0.45 * most}", "value": "white"}, "value": _INK}
    return {
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {"x": across, "y": down, "text": {"field": "shown"}, "color": dark},
    }


# ── parts ───────────────────────────────────────────────────────────────────────────────────────────


def _rows(found: Iterable[Point]) -> list[Spec]:
    return [
        {
            "label": each.label,
            "series": each.series,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "shown": each.told.partition(" (")[0],
        }
        for each in found
    ]


def _data(found: Iterable[Point]) -> Spec:
    return {"values": _rows(found)}


def _frequent(found: Iterable[Point]) -> list[str]:
    """The series drawn as lines: those with the largest figures, in the order of the table."""
    sums: dict[str, float] = {}
    for each in found:
        sums[each.series] = sums.get(each.series, 0.0) + each.value
    largest = set(sorted(sums, key=lambda name: -sums[name])[:_MOST_LINES])
    return [name for name in sums if name in largest]


def _legend(names: Sequence[str], values: Sequence[str], frame: _Frame) -> Spec:
    columns = 2 if frame.width < WIDE else 4
    shown = {"title": None, "orient": "top", "columns": columns, "labelExpr": "replace(datum.label, /_/g, ' ')"}
    scale = {"domain": list(names), "range": list(values[: len(names)])}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": shown}


def _week_axis(found: Sequence[Point], frame: _Frame) -> Spec:
    """Every week from the first to the last, named by its Monday; as many names as there is room for."""
    weeks = _every_week([each.label for each in found])
    step = -(-len(weeks) * 62 // (frame.width - 64))
    named = [week for number, week in enumerate(weeks) if number % step == 0]
    label = (
        "utcFormat(toDate(datum.value), '%-d %b %y')"
        if weeks[0][:4] != weeks[-1][:4]
        else ("utcFormat(toDate(datum.value), '%-d %b')")
    )
    axis = {"values": named, "labelExpr": label, "labelAngle": 0, "ticks": False}
    return {"field": "label", "type": "ordinal", "title": None, "scale": {"domain": weeks}, "axis": axis}


def _every_week(weeks: Sequence[str]) -> list[str]:
    first, last = date.fromisoformat(min(weeks)), date.fromisoformat(max(weeks))
    return [(first + timedelta(weeks=number)).isoformat() for number in range((last - first).days // 7 + 1)]


def _config() -> Spec:
    words = {
        "labelColor": _INK,
        "titleColor": _INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    return {
        "font": _FONT,
        "background": "white",
        "view": {"stroke": None},
        "axis": {"gridColor": _LINE, "domainColor": "#9aa3ad", "labelPadding": 6} | words,
        "axisY": {"domain": False, "ticks": False},
        "axisX": {"grid": False},
        "legend": words | {"symbolSize": 90, "columnPadding": 18},
        "title": {"anchor": "start", "fontSize": 15, "color": _INK, "offset": 12, "fontWeight": "bold"},
    }
