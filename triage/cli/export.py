"""`triage export`: everything the database holds about one person, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from triage.cli.exits import FOUND, told_plainly
from triage.cli.options import config_option
from triage.config import load


@click.command()
@click.argument("address")
@config_option
def command(*, address: str, config: Path) -> None:
    """Write everything held about ADDRESS to standard output: `own` rows whole, of others what mentions the address.

    Look at it before you hand it over: what others wrote about the person stands in it, too.
    """
    with told_plainly():
        from triage.cli.wiring import store_for
        from triage.store import privacy

        store = store_for(load(config))
        with store.connection() as db:
            found = privacy.held(db, address)
    told = {"address": address.strip().lower(), "told_at": store.clock().isoformat(timespec="seconds"), **found}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    if not any(found.values()):
        raise SystemExit(FOUND)
