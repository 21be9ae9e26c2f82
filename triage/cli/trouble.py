"""`triage trouble`: mail that could not be handled, and replies that did not leave."""

from __future__ import annotations

import logging
import os
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
    """Mail that could not be handled: list, show, retry, export. Replies that did not leave: list, resend."""


@command.command(name="list")
@config_option
def list_all(*, config: Path) -> None:
    """One line a mail: number, when, where it failed and why; then one line a reply that did not leave."""
    with told_plainly():
        from triage.store import outbox, trouble

        with _store(config).connection() as db:
            found, unsent = trouble.all_waiting(db), outbox.unsent(db)
    for mail in found:
        told = f"{mail.mailbox}  {mail.stage}, {_times(mail.tries)}: {mail.error}"
        click.echo(f"{mail.id:>5}  {mail.last_at:%Y-%m-%d %H:%M}  {told}{_next(mail)}")
    if not found:
        click.echo("no mail is in trouble")
    if unsent:
        click.echo("\nreplies that did not leave ('triage trouble resend NUMBER' queues one again):")
    for reply in unsent:
        told = f"{reply.ticket or '-'} to {', '.join(reply.recipients)}  {reply.state}, {_times(reply.tries)}: {reply.said}"
        click.echo(f"{reply.id:>5}  {reply.queued_at:%Y-%m-%d %H:%M}  {told}")


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
@click.argument("file", type=click.Path(path_type=Path), required=False)
@config_option
def export(*, number: int, file: Path | None, config: Path) -> None:
    """Write one mail as it came, secrets and all, into FILE (trouble-NUMBER.eml), which only its owner may read."""
    with told_plainly():
        found = _find(_store(config), number)
    target = file or Path(f"trouble-{number}.eml")
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(found.raw)
    except OSError as error:
        fail(FOUND, f"{target} cannot be written: {error.strerror}")
    click.echo(f"{number}: {len(found.raw):,} bytes in {target}")


@command.command()
@click.argument("number", type=int)
@config_option
def retry(*, number: int, config: Path) -> None:
    """Handle one mail anew from its kept bytes; the next run sends its reply."""
    with told_plainly():
        from triage.cli import logs
        from triage.cli.progress import training
        from triage.cli.wiring import desk_for
        from triage.desk import retry

        found = _find(_store(config), number)
        if found.stage == "fetch":  # its header alone was kept
            fail(FOUND, f"{found.error}: raise limits.mail_bytes and move the mail back into the inbox")
        settings = load(config)
        logs.set_up(settings, logging.WARNING)
        desk = desk_for(settings, training)
        outcome = retry(found, desk)
        click.echo(f"{number}: {outcome}")
    if outcome == "trouble":
        raise SystemExit(FOUND)


@command.command()
@click.argument("number", type=int)
@config_option
def resend(*, number: int, config: Path) -> None:
    """Put one reply that did not arrive back in the queue (after the cause is mended); the next run sends it.

    If it came back, its address is written to again from now on.
    """
    with told_plainly():
        from triage.store import bounced, outbox

        store = _store(config)
        with store.connection() as db:
            queued = outbox.resend(db, number, store.clock())
            if queued:
                bounced.lift(db, number)
    if not queued:
        fail(FOUND, f"no reply number {number} was given up; 'triage trouble list' shows them")
    click.echo(f"{number}: queued")


def _next(mail: Trouble) -> str:
    return f"  (next try {mail.next_at:%Y-%m-%d %H:%M})" if mail.next_at else ""


def _times(tries: int) -> str:
    return "once" if tries == 1 else f"{tries} times"


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
