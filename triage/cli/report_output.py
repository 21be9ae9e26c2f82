"""Reports on their way out: to the terminal, a file, or by mail."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.domain import Language, OperatorError

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from triage.config import Settings
    from triage.reports.report import Report, Table

FORMATS = ("table", "csv", "json", "html", "png")


class WrongWish(OperatorError):  # noqa: N818 - the operator's word for it
    """What was asked for cannot be given."""

    exit_code = 2


def show(reports: Sequence[Report], desk: str, form: str, only: str | None, output: Path | None) -> None:
    """Reports in one of FORMATS, to a file or to standard output. Raises WrongWish or ChartsMissing."""
    chosen = [_only(report, only) for report in reports] if only else list(reports)
    chosen = [report for report in chosen if report.tables]
    if not chosen:
        known = ", ".join(dict.fromkeys(table.id for report in reports for table in report.tables))
        raise WrongWish(f"there is no table '{only}' here, only {known}")
    if form == "table" and output is None:
        _tables(chosen)
        return
    _write(_rendered(chosen, desk, form), output)


def _only(report: Report, table: str) -> Report:
    from dataclasses import replace

    return replace(report, tables=tuple(each for each in report.tables if each.id == table))


def _rendered(reports: Sequence[Report], desk: str, form: str) -> bytes:
    if form == "csv":
        from triage.reports.exporting import as_csv

        return as_csv(reports[0].tables[0]).encode()
    if form == "json":
        from triage.reports.exporting import as_json

        return as_json(reports).encode()
    if form == "html":
        from triage.reports.page import page

        return page(reports, desk).encode()
    if form == "png":
        return _picture(reports)
    return _as_text(reports).encode()


def _picture(reports: Sequence[Report]) -> bytes:
    from triage.reports import charts, drawing

    spec = charts.together(reports, charts.WIDE)
    if spec is None:
        raise WrongWish("there is too little in this time to draw a chart of")
    return drawing.png(spec)


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        if content[:4] == b"\x89PNG" and sys.stdout.isatty():
            raise WrongWish("a picture is no text for a terminal; add -o FILE.png")
        click.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise WrongWish(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"written to {output}")


# ── tables on a terminal ────────────────────────────────────────────────────────────────────────────


def _as_text(reports: Sequence[Report]) -> str:
    import io

    from rich.console import Console

    file = io.StringIO()
    _tables(reports, Console(file=file, width=140, highlight=False))
    return file.getvalue()


def _tables(reports: Sequence[Report], out: Console | None = None) -> None:
    from triage.cli.terminal import console
    from triage.reports.telling import FEW_MAILS, has_few, period

    out = out or console()
    for report in reports:
        out.print(f"\n[bold]{report.title}[/bold], {period(report)}")
        for table in report.tables:
            _table(out, table)
    if any(map(has_few, reports)):
        out.print(f"\n{FEW_MAILS}", style="dim")


def _table(out: Console, table: Table) -> None:
    """The definition stands under the title; a leading cell that repeats the one above is left blank."""
    from rich.markup import escape
    from rich.table import Table as Rich

    from triage.cli.showing import harmless
    from triage.reports.telling import told

    out.print(f"\n[bold]{table.title}[/bold] [dim]({table.id})[/dim]")
    out.print(escape(table.definition), style="dim")
    if not table.rows:
        out.print(escape(table.nothing))
        return
    shown = Rich(header_style="dim", box=None, pad_edge=False)
    for column in table.columns:
        shown.add_column(column.heading, justify="left" if column.kind == "text" else "right", overflow="fold")
    before = ""
    for row in table.rows:
        cells = [escape(harmless(told(cell))) for cell in row]
        first, before = ("" if cells[0] == before and len(cells) > 2 else cells[0]), cells[0]
        shown.add_row(first, *cells[1:])
    out.print(shown)


# ── by mail ─────────────────────────────────────────────────────────────────────────────────────────


def mail_out(settings: Settings, since: datetime | None, until: datetime | None) -> None:
    """Put the mail with all reports into the outbox; the desk sends it. Raises WrongWish or ChartsMissing."""
    from triage.cli.signing import signer_for
    from triage.cli.wiring import envelope_for, store_for
    from triage.reports import making
    from triage.reports.mailing import compose, last_weeks
    from triage.reports.page import page
    from triage.reports.telling import period
    from triage.store import letters, outbox
    from triage.store.figures.counting import Scope

    to, store = settings.reports.to, store_for(settings)
    if not to:
        raise WrongWish("nobody is to get the report; write addresses under reports.to in the config")
    begin, end = last_weeks(store.clock(), settings.reports.weeks)
    scope = Scope(since or (begin if until is None else None), until or end, (), settings.reports.partners)
    reports = making.make_all(store, scope)
    message_id = signer_for(settings).staff_id("report", str(scope.since), str(scope.until), *to)
    message = compose(reports, page(reports, settings.desk.name), to, envelope_for(settings), message_id)
    letter = letters.Letter("report", outbox.MAIN, Language.EN, message_id, to, message)
    with store.connection() as db:
        new = letters.queue(db, letter, store.clock())
    said = "queued; the desk sends it" if new else "was queued before, and is not sent twice"
    click.echo(f"the report {period(reports[0])} to {', '.join(to)} {said}")
