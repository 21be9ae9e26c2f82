"""`triage run`: the desk at work, as a daemon or once from cron."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.loading import loading
from triage.cli.options import config_option
from triage.cli.progress import training
from triage.config import Settings, load
from triage.domain import OperatorError

if TYPE_CHECKING:
    from triage.cli.logs import Form
    from triage.desk import Desk
    from triage.transport.mailbox import Mailbox


@click.command()
@click.option("--once", is_flag=True, help="Handle what waits now and end (for cron).")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Instead of config.yaml's logs.format.")
@click.option("-v", "--verbose", is_flag=True, help="Log what the desk does, not only what goes wrong.")
@config_option
def command(*, once: bool, verbose: bool, log_format: Form | None, config: Path) -> None:
    """Read the mailboxes, answer, file; without --once go on until stopped (SIGTERM or Ctrl-C)."""
    level = logging.INFO if verbose or not once else logging.WARNING
    with told_plainly():
        with loading():
            settings = load(config)
            from triage.cli import logs
            from triage.cli.wiring import desk_at_work
            from triage.store.lock import InUse

        logs.set_up(settings, level, log_format)
        try:
            with desk_at_work(settings, training) as desk:
                gc.freeze()  # rules and model stay: to look through them for rubbish again and again is for nothing
                _once(desk, settings) if once else _forever(desk, settings)
        except InUse as error:
            if not once:
                raise
            click.echo(f"nothing is done now: {error}", err=True)


def _once(desk: Desk, settings: Settings) -> None:
    from triage.cli.overseeing import watched_run
    from triage.desk import run_once
    from triage.store.retention import expire

    with watched_run(desk, settings):
        waiting = sum(_waiting(mailbox, desk) for mailbox in desk.mailboxes)
        with click.progressbar(length=waiting, label="handling mail", file=sys.stderr) as bar:
            tally = run_once(desk, progress=bar.update)
        expire(desk.store, settings.retention)
    words = ", ".join(f"{count} {word}" for word, count in sorted(tally.items()))
    click.echo(words or "nothing waits")


def _waiting(mailbox: Mailbox, desk: Desk) -> int:
    """How much there is to do, for the bar; a mailbox that cannot be read is told of by the run itself."""
    from triage.desk import begin

    try:
        begin(mailbox, desk)
        return mailbox.count_waiting()
    except OperatorError:
        return 0


def _forever(desk: Desk, settings: Settings) -> None:
    from triage.cli.overseeing import overseen
    from triage.daemon import run_forever

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    if desk.live:
        desk.live.start(stop)
    with overseen(desk, settings, stop) as pulse:
        run_forever(desk, settings.poll, stop, pulse)
