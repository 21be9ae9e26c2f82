"""`triage close`: tickets that need nobody any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import TicketParam, config_option, who_option
from triage.config import load
from triage.domain import TicketNumber

if TYPE_CHECKING:
    from triage.store.store import Store


@click.command()
@click.argument("tickets", nargs=-1, type=TicketParam(), metavar="[VSD-1]...")
@click.option("--thanked", is_flag=True, help="List the tickets whose last mail said thanks and nothing else.")
@click.option("--yes", is_flag=True, help="With --thanked: close all that it lists.")
@click.option("--reopen", is_flag=True, help="Give closed tickets back to people instead.")
@who_option
@config_option
def command(
    *, tickets: tuple[TicketNumber, ...], thanked: bool, yes: bool, reopen: bool, who: str, config: Path
) -> None:
    """Close tickets. A reply to a closed ticket goes to people, and its ticket is open again."""
    if thanked == bool(tickets) or (thanked and reopen):
        raise click.UsageError("Name tickets, or give --thanked.")
    with told_plainly():
        from triage.cli.wiring import store_for

        store = store_for(load(config))
        _change(store, tickets or _thanked(store, close=yes), who, reopen=reopen)


def _thanked(store: Store, *, close: bool) -> tuple[TicketNumber, ...]:
    """The tickets to close; they are only listed unless `close`."""
    from triage.cli.showing import harmless
    from triage.store import upkeep

    with store.connection() as db:
        found = upkeep.thanked(db)
    for number, since, subject in found:
        click.echo(harmless(f"{number}  {since:%Y-%m-%d %H:%M}  {subject}"))
    if not found:
        click.echo("no open ticket ends with thanks")
    return tuple(number for number, _, _ in found) if close else ()


def _change(store: Store, tickets: tuple[TicketNumber, ...], who: str, *, reopen: bool) -> None:
    from triage.store import upkeep

    deed, word = (upkeep.reopen, "open") if reopen else (upkeep.close, "closed")
    for number in tickets:
        try:
            with store.connection() as db:
                changed = deed(db, number, upkeep.Deed(who, store.clock()))
        except upkeep.NotPossible as reason:
            fail(FOUND, str(reason))
        click.echo(f"{number}: {word}" if changed else f"{number}: was {word} already")
