"""`triage trouble`: mail that could not be handled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import config_option
from triage.config import load

if TYPE_CHECKING:
    from triage.store.store import Store
    from triage.store.trouble import Trouble


@click.group(name="trouble")
def command() -> None:
    """Mail that could not be handled: list, show, retry."""


@command.command(name="list")
@config_option
def list_all(*, config: Path) -> None:
    """One line a mail: number, when, where it failed and why."""
    with told_plainly():
        from triage.store import trouble

        with _store(config).connection() as db:
            found = trouble.all_waiting(db)
    for each in found:
        tries = "once" if each.tries == 1 else f"{each.tries} times"
        click.echo(f"{each.id:>5}  {each.last_at:%Y-%m-%d %H:%M}  {each.mailbox}  {each.stage}, {tries}: {each.error}")
    if not found:
        click.echo("no mail is in trouble")


@command.command()
@click.argument("number", type=int)
@click.option("--raw", is_flag=True, help="Only the mail's own bytes, secrets and all.")
@config_option
def show(*, number: int, raw: bool, config: Path) -> None:
    """What went wrong with one mail, and the mail with its secrets masked; --raw shows it as it came."""
    with told_plainly():
        from triage.cli.showing import harmless, shown

        found = _find(_store(config), number)
        text = "" if raw else shown(found.raw, load(config).rules)
    if raw:
        click.echo(found.raw)
        return
    click.echo(harmless(f"{found.mailbox} {found.uid}\n{found.stage}: {found.error}\n"))
    click.echo(text)


@command.command()
@click.argument("number", type=int)
@config_option
def retry(*, number: int, config: Path) -> None:
    """Handle one mail anew from its kept bytes, and send its reply."""
    with told_plainly():
        from triage.cli.progress import training
        from triage.cli.wiring import desk_for
        from triage.desk import deliver, retry

        found = _find(_store(config), number)
        if found.stage == "fetch":  # its header alone was kept
            fail(FOUND, f"{found.error}: raise limits.mail_bytes and move the mail back into the inbox")
        desk = desk_for(load(config), training)
        outcome = retry(found, desk)
        click.echo(f"{number}: {outcome}")
        deliver(desk)
    if outcome == "trouble":
        raise SystemExit(FOUND)


def _store(config: Path) -> Store:
    from triage.cli.wiring import store_for

    return store_for(load(config))


def _find(store: Store, number: int) -> Trouble:
    from triage.store import trouble

    with store.connection() as db:
        found = trouble.find(db, number)
    if found is None:
        fail(FOUND, f"there is no mail number {number} in trouble; 'triage trouble list' shows them")
    return found
