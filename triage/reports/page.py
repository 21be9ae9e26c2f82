"""Reports as one HTML file: no script, nothing loaded from elsewhere, readable on a phone, in print and by ear.

Every chart is an image in two widths with its message as alternative text, and beside it the table with all figures.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files

from triage.reports import charts, drawing
from triage.reports.report import Cell, Chart, Column, Report, Share, Table
from triage.reports.telling import FEW_MAILS, has_few, period, told

MOST_ROWS = 60  # of one table on the page; programs get them all

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(reports: Sequence[Report], desk: str) -> str:
    """The file. `desk` is whose mail it is about. Raises ChartsMissing."""
    title = reports[0].title if len(reports) == 1 else "Desk report"
    css = files("triage.reports").joinpath("page.css").read_text(encoding="utf-8")
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{escape(title)}, {escape(period(reports[0]))}</title>\n<style>\n{css}</style>\n</head>\n<body>\n",
            *_head(title, reports, desk),
            "<main>\n",
            *(part for report in reports for part in _report(report, alone=len(reports) == 1)),
            "</main>\n",
            *_foot(reports),
            "</body>\n</html>\n",
        )
    )


def _head(title: str, reports: Sequence[Report], desk: str) -> Iterator[str]:
    made = f"{reports[0].made_at:%Y-%m-%d %H:%M} UTC"
    yield f"<header>\n<h1>{escape(title)}</h1>\n"
    yield f'<p class="about">{escape(desk)} · {escape(period(reports[0]))} · made <time>{made}</time></p>\n'
    if len(reports) > 1:
        links = "".join(f'<li><a href="#{each.name}">{escape(each.title)}</a></li>' for each in reports)
        yield f'<nav aria-label="Reports"><ul>{links}</ul></nav>\n'
    yield "</header>\n"


def _foot(reports: Sequence[Report]) -> Iterator[str]:
    yield "<footer>\n"
    if any(map(has_few, reports)):
        yield f"<p>{escape(FEW_MAILS)}.</p>\n"
    yield "<p>Days and hours are UTC. What a figure counts stands above its table.</p>\n</footer>\n"


def _report(report: Report, *, alone: bool) -> Iterator[str]:
    yield f'<article id="{report.name}" aria-labelledby="{report.name}-title">\n'
    hidden = ' class="unseen"' if alone else ""
    yield f'<h2 id="{report.name}-title"{hidden}>{escape(report.title)}</h2>\n'
    if report.headline:
        cards = (f"<div><dt>{escape(what)}</dt><dd>{_said(cell)}</dd></div>" for what, cell in report.headline)
        yield f'<dl class="headline">{"".join(cards)}</dl>\n'
    for table in report.tables:
        yield from _section(report, table)
    yield "</article>\n"


def _section(report: Report, table: Table) -> Iterator[str]:
    key = f"{report.name}-{table.id}"
    yield f'<section aria-labelledby="{key}">\n<h3 id="{key}">{escape(table.title)}</h3>\n'
    yield f'<p class="definition">{escape(table.definition)}</p>\n'
    for chart in table.charts:
        yield _figure(table, chart)
    if table.rows:
        yield from _table(table, key)
    else:
        yield f'<p class="nothing">{escape(table.nothing)}</p>\n'
    if len(table.rows) > MOST_ROWS:
        where = f"triage report {report.name} --table {table.id} --format csv"
        yield f"<p>{len(table.rows) - MOST_ROWS} more rows: <code>{where}</code></p>\n"
    yield "</section>\n"


def _figure(table: Table, chart: Chart) -> str:
    wide, narrow = (charts.whole(table, chart, width) for width in (charts.WIDE, charts.NARROW))
    if wide is None or narrow is None:
        return ""
    return (
        f'<figure><picture><source media="(max-width: 640px)" srcset="{_address(narrow)}">'
        f'<img src="{_address(wide)}" alt="{escape(charts.in_words(table, chart))}"></picture></figure>\n'
    )


def _address(spec: charts.Spec) -> str:
    """The picture itself, as an address that needs no other file."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.svg(spec).encode()).decode()}"


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────


def _table(table: Table, key: str) -> Iterator[str]:
    yield f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{key}">\n<table>\n<thead><tr>'
    yield from (f'<th scope="col"{_class(column)}>{escape(column.heading)}</th>' for column in table.columns)
    yield "</tr></thead>\n<tbody>\n"
    leading = _leading(table.columns)
    for row in table.rows[:MOST_ROWS]:
        yield f"<tr>{''.join(_cells(table.columns, row, leading))}</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"


def _leading(columns: Sequence[Column]) -> int:
    """How many columns at the left name what a row is about."""
    return next((number for number, column in enumerate(columns) if column.kind != "text"), 1)


def _cells(columns: Iterable[Column], row: Iterable[Cell], leading: int) -> Iterator[str]:
    for number, (column, cell) in enumerate(zip(columns, row, strict=True)):
        if number < leading:
            yield f'<th scope="row">{_said(cell)}</th>'
        else:
            yield f"<td{_class(column)}>{_said(cell)}</td>"


def _class(column: Column) -> str:
    return "" if column.kind == "text" else ' class="figure"'


def _said(cell: Cell) -> str:
    """A cell; a share of few mails is marked for the eye, and its range said for the ear."""
    if isinstance(cell, Share) and cell.few and cell.of:
        head, _, span = told(cell).partition(" (")
        return f'{escape(head)} <span class="few">({escape(span)}</span>'
    return escape(told(cell))
