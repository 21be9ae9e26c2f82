"""`triage doctor`: tries every connection and says what to fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, told_plainly
from triage.cli.options import config_option
from triage.config import load
from triage.credentials import reveal, secrets_of
from triage.domain import OperatorError

if TYPE_CHECKING:
    from triage.config import Mailbox, Settings
    from triage.transport.mailbox import Examination
    from triage.transport.smtp import Sender

Try = tuple[str, "Callable[[], Examination]"]


@click.command()
@config_option
def command(*, config: Path) -> None:
    """Try the passwords, the mailboxes, the mail servers and the database without touching any mail."""
    with told_plainly():
        settings = load(config)
    results = [_tried(name, attempt) for name, attempt in _tries(settings)]
    if not all(results):
        raise SystemExit(FOUND)


def _tries(settings: Settings) -> Iterator[Try]:
    from triage.cli.wiring import alerts_sender, sender_for

    yield "passwords", partial(_passwords, settings)
    for each in settings.mailboxes:
        yield f"mailbox {each.name}", partial(_mailbox, each)
    yield "outgoing", partial(_way_out, sender_for, settings)
    if settings.alerts.to and settings.alerts.smtp:
        yield "alerts", partial(_way_out, alerts_sender, settings)
    yield "database", partial(_database, settings)


def _passwords(settings: Settings) -> Examination:
    """Whether every password is where config.yaml says, and out of others' sight."""
    from triage.transport.mailbox import Examination

    found = list(secrets_of(settings))
    for secret in found:
        reveal(secret)
    files = (secret.file for secret in found if secret.file)
    seen = tuple(f"{path} can be read by others: chmod 600 {path}" for path in files if path.stat().st_mode & 0o077)
    return Examination((f"{len(found)} found",), seen)


def _mailbox(config: Mailbox) -> Examination:
    from triage.cli.wiring import mailbox_for

    with closing(mailbox_for(config)) as mailbox:
        return mailbox.examine()


def _way_out(made: Callable[[Settings], Sender], settings: Settings) -> Examination:
    with closing(made(settings)) as sender:
        return sender.examine(settings.desk.address)


def _database(settings: Settings) -> Examination:
    """The connection, and what the ledger says of the desk's health."""
    from triage.cli.wiring import store_for
    from triage.store import outbox, signs
    from triage.transport.mailbox import Examination

    with closing(store_for(settings)) as store, store.connection() as db:
        left, read = outbox.waiting(db), signs.read(db, store.clock())
        facts = (f"{db.engine.dialect.name}, tables are up to date", f"{left} replies wait to leave")
    remarks = [f"since {alert.since:%Y-%m-%d %H:%M}: {alert.said}" for alert in read.standing]
    if read.trouble:
        remarks.append(f"mails in trouble: {read.trouble}; 'triage trouble list' shows them")
    if not settings.alerts.to:
        remarks.append("'alerts.to' names nobody: nobody is told when the desk is not well")
    return Examination(facts, tuple(remarks))


def _tried(name: str, attempt: Callable[[], Examination]) -> bool:
    try:
        found = attempt()
    except OperatorError as error:
        click.echo(f"{click.style('✗', fg='red')} {name}: {error}")
        return False
    click.echo(f"{click.style('✓', fg='green')} {name}: {'; '.join(found.facts)}")
    for remark in found.remarks:
        click.echo(f"  {click.style('!', fg='yellow')} {remark}")
    return True
