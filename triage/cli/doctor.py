"""`triage doctor`: tries every connection and says what to fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, told_plainly
from triage.cli.options import config_option
from triage.config import load
from triage.domain import OperatorError

if TYPE_CHECKING:
    from triage.config import Settings
    from triage.transport.mailbox import Examination

Try = tuple[str, "Callable[[], Examination]"]


@click.command()
@config_option
def command(*, config: Path) -> None:
    """Try the mailboxes, the mail server and the database without touching any mail."""
    with told_plainly():
        settings = load(config)
    results = [_tried(name, attempt) for name, attempt in _tries(settings)]
    if not all(results):
        raise SystemExit(FOUND)


def _tries(settings: Settings) -> Iterator[Try]:
    from triage.cli.wiring import mailbox_for, sender_for, store_for
    from triage.store import outbox
    from triage.transport.mailbox import Examination

    def database() -> Examination:
        with store_for(settings).connection() as db:
            left = outbox.waiting(db)
            return Examination((f"{db.engine.dialect.name}, tables are up to date", f"{left} replies wait to leave"))

    for each in settings.mailboxes:
        yield f"mailbox {each.name}", lambda each=each: mailbox_for(each).examine()  # type: ignore[misc]
    yield "outgoing", lambda: sender_for(settings).examine(settings.desk.address)
    yield "database", database


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
