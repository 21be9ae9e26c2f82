"""`triage report`: missing-info rates and what became of the mail."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.config import load

if TYPE_CHECKING:
    from rich.table import Table

    from triage.reports.missing import Rate
    from triage.store.figures import ActionCount

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--by", type=click.Choice(["profile", "language", "sender"]), default="profile", show_default=True)
@click.option("--since", type=DAY, help="First day that counts (UTC).")
@click.option("--until", type=DAY, help="First day that no longer counts (UTC).")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@config_option
def command(*, by: str, since: datetime | None, until: datetime | None, form: str, config: Path) -> None:
    """Missing-info rates per field (first mails of technical tickets only), and topics by action."""
    with told_plainly():
        from triage.cli.wiring import store_for
        from triage.reports.missing import rates
        from triage.store import figures

        store = store_for(load(config))
        window = (_utc(since), _utc(until))
        with store.connection() as db:
            found = rates(figures.missing_fields(db, by, *window))
            actions = figures.actions(db, *window)
            complete, asked = figures.complete_at_first(db, *window)
    if form == "json":
        click.echo(json.dumps(_document(found, actions, complete, asked), ensure_ascii=False, indent=2))
    elif form == "csv":
        _csv(found)
    else:
        _tables(found, by, actions, complete, asked)


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _document(found: list[Rate], actions: Sequence[ActionCount], complete: int, asked: int) -> dict[str, object]:
    return {
        "definition": "first mails of technical tickets; share = missing / needed; interval is 95 % Wilson",
        "complete_at_first_mail": {"complete": complete, "of": asked},
        "missing": [asdict(rate) | {"share": round(rate.share, 4), "interval": rate.interval} for rate in found],
        "actions": [asdict(action) for action in actions],
    }


def _csv(found: list[Rate]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(["group", "field", "needed", "missing", "inferred", "share", "low", "high"])
    for rate in found:
        low, high = rate.interval
        writer.writerow(
            [
                rate.group,
                rate.field,
                rate.needed,
                rate.missing,
                rate.inferred,
                *(f"{x:.4f}" for x in (rate.share, low, high)),
            ]
        )


def _tables(found: list[Rate], by: str, actions: Sequence[ActionCount], complete: int, asked: int) -> None:
    from triage.cli.terminal import console

    out = console()
    if found:
        out.print(_missing(found, by))
        if any(rate.few for rate in found):
            out.print("* few mails: the true share lies in this range, 95 times in 100")
    else:
        out.print("No technical mail has been handled in this time.")
    if asked:
        out.print(f"Complete at first mail: {complete} of {asked} ({complete / asked:.0%}).")
    out.print(_routed(actions))


def _missing(found: list[Rate], by: str) -> Table:
    """One section a group; its name stands on its first line only."""
    from rich.table import Table

    table = Table(title="\nMissing information, first mails", title_justify="left", header_style="dim", box=None)
    for heading in (by, "field"):
        table.add_column(heading, no_wrap=True)
    for heading in ("needed", "missing", "share", "range", "inferred"):
        table.add_column(heading, justify="right", no_wrap=True)
    before = None
    for rate in found:
        if before not in (None, rate.group):
            table.add_section()
        low, high = rate.interval
        span = f"{low:.0%} to {high:.0%} *" if rate.few else ""
        numbers = (str(rate.needed), str(rate.missing), f"{rate.share:.0%}", span, str(rate.inferred))
        table.add_row("" if rate.group == before else rate.group, rate.field, *numbers)
        before = rate.group
    return table


def _routed(actions: Sequence[ActionCount]) -> Table:
    from rich.table import Table

    table = Table(
        "topic", "action", title="\nWhat became of the mail", title_justify="left", header_style="dim", box=None
    )
    table.add_column("mails", justify="right")
    for action in actions:
        table.add_row(action.topic, action.action, str(action.mails))
    return table
