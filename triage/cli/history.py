"""`triage history`: which rules, templates and model were in service since when, and who changed what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.cli.window import since_option
from triage.config import load

if TYPE_CHECKING:
    from triage.store.editions import Noted

_SHORT = 12  # characters of a digest


@click.command()
@since_option
@click.option("--kind", type=click.Choice(["rules", "templates", "model"]), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="The same for programs, with the digest of every file.")
@config_option
def command(*, since: datetime | None, kind: str | None, as_json: bool, config: Path) -> None:
    """What changed when: newest first, with the first mail that was decided under it.

    The digests of rules and model stand with every verdict. The author is git's where it knows the file as it is, else
    the owner of the file.
    """
    with told_plainly():
        from triage.cli.wiring import store_for
        from triage.store import editions

        store = store_for(load(config))
        with store.connection() as db:
            found = editions.history(db, kind, since)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], ensure_ascii=False, indent=2))
    elif found:
        _tell(found)
    else:
        click.echo("nothing is noted; 'triage run' notes what it works with")


def _document(each: Noted) -> dict[str, object]:
    first = each.first.isoformat() if each.first else None
    ticket = str(each.ticket) if each.ticket else None
    return asdict(each) | {"at": each.at.isoformat(), "first": first, "ticket": ticket}


def _tell(found: Sequence[Noted]) -> None:
    from rich.table import Table

    from triage.cli.terminal import console

    table = Table("since", "what", "digest", "changed", "by", "first mail", box=None, header_style="dim")
    for each in found:
        first = f"{each.ticket or '-'} {each.first:%Y-%m-%d %H:%M}" if each.first else "-"
        table.add_row(f"{each.at:%Y-%m-%d %H:%M}", each.kind, each.digest[:_SHORT], each.said, each.who, first)
    console().print(table)
