"""`triage forget`: one person's data is erased from the database; the figures stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import config_option
from triage.config import load

if TYPE_CHECKING:
    from triage.config import Settings
    from triage.store.privacy import Erased

_REMAINS = (
    "What the database cannot reach: the raw mail in the mailbox and its trays, the team's own mailboxes, examples made "
    "from this person's mail in rules/, and backups."
)


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def command(*, address: str, yes: bool, config: Path) -> None:
    """Erase what ADDRESS wrote and take the address out of everything; figures and decisions stay."""
    with told_plainly():
        settings = load(config)
        _refuse(address, settings)
        if not yes:
            click.confirm(f"Erase everything about {address} for good?", abort=True)
        erased = _erase(address, settings)
    for table, rows in erased.rows.items():
        click.echo(f"{rows:>7}  {table}")
    click.echo(_REMAINS if erased.rows else f"Nothing was held about {address}.")
    if erased.waiting:
        fail(
            FOUND,
            f"letters that wait to leave for {address} and others: {erased.waiting}. Run this again when they have left.",
        )


def _refuse(address: str, settings: Settings) -> None:
    if "@" not in address:
        raise click.BadParameter("give a whole address, such as kari@shop.example", param_hint="ADDRESS")
    if settings.desk.is_ours(address.strip()):
        raise click.BadParameter("this is the desk's own address", param_hint="ADDRESS")


def _erase(address: str, settings: Settings) -> Erased:
    from triage.cli.wiring import store_for
    from triage.store import privacy

    return privacy.forget(store_for(settings), address)
