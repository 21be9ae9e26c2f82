"""Reports for programs: JSON with every table, CSV of one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta

from triage.reports.report import Cell, Column, Report, Share, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet begins to compute (OWASP, CSV injection)


def as_json(reports: Iterable[Report]) -> str:
    """Reports as one JSON document; tests/reports/report.schema.json describes it."""
    return json.dumps({"reports": list(map(_report, reports))}, ensure_ascii=False, indent=2) + "\n"


def _report(report: Report) -> dict[str, object]:
    """Shares carry both numbers and their interval; times are seconds."""
    return {
        "report": report.name,
        "title": report.title,
        "made_at": report.made_at.isoformat(),
        "since": report.since.isoformat() if report.since else None,
        "until": report.until.isoformat() if report.until else None,
        "headline": [{"what": what, "value": _value(cell)} for what, cell in report.headline],
        "tables": [_table(table) for table in report.tables],
    }


def _table(table: Table) -> dict[str, object]:
    names = [column.id for column in table.columns]
    return {
        "id": table.id,
        "title": table.title,
        "definition": table.definition,
        "rows": [dict(zip(names, map(_value, row), strict=True)) for row in table.rows],
    }


def _value(cell: Cell) -> object:
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if isinstance(cell, Share):
        low, high = cell.interval
        share = None if cell.value is None else round(cell.value, 4)
        return {"hits": cell.hits, "of": cell.of, "share": share, "low": round(low, 4), "high": round(high, 4)}
    return cell


def as_csv(table: Table) -> str:
    """One table as CSV (RFC 4180). A share has five columns; text that a spreadsheet would compute begins with '."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([name for column in table.columns for name in _names(column)])
    for row in table.rows:
        writer.writerow(list(_spread(table.columns, row)))
    return file.getvalue()


def _names(column: Column) -> tuple[str, ...]:
    if column.kind == "share":
        return tuple(f"{column.id}_{part}" for part in ("hits", "of", "share", "low", "high"))
    return (f"{column.id}_seconds",) if column.kind == "time" else (column.id,)


def _spread(columns: Iterable[Column], row: Iterable[Cell]) -> Iterator[object]:
    for column, cell in zip(columns, row, strict=True):
        value = _value(cell)
        if isinstance(value, dict):
            yield from value.values()
        elif value is None and column.kind == "share":
            yield from ("",) * 5
        else:
            yield _harmless(value)


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA) and value != "-":
        return f"'{value}"
    return "" if value is None else value
