"""`triage merge`: two tickets that are one."""

from __future__ import annotations

from pathlib import Path

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import TicketParam, config_option, who_option
from triage.config import load
from triage.domain import TicketNumber


@click.command()
@click.argument("source", type=TicketParam(), metavar="VSD-2")
@click.argument("target", type=TicketParam(), metavar="VSD-1")
@who_option
@config_option
def command(*, source: TicketNumber, target: TicketNumber, who: str, config: Path) -> None:
    """Make ticket VSD-2 a part of VSD-1: what answers either comes to VSD-1 from now on, for all who take part in either."""
    with told_plainly():
        from triage.cli.wiring import store_for
        from triage.store import upkeep

        store = store_for(load(config))
        try:
            with store.connection() as db:
                end = upkeep.merge(db, source, target, upkeep.Deed(who, store.clock()))
        except upkeep.NotPossible as reason:
            fail(FOUND, str(reason))
    click.echo(f"{source} is part of {end}")
