"""Around the desk at work: its health is watched and told, and words expire once a day."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from triage.cli.wiring import alerts_sender
from triage.config import Settings
from triage.desk import Desk
from triage.domain import OperatorError
from triage.health.pulse import Pulse
from triage.health.supervisor import Supervisor
from triage.health.telling import Teller
from triage.health.watching import Watcher, patience_for
from triage.store.retention import expire

if TYPE_CHECKING:
    from http.server import HTTPServer

log = logging.getLogger(__name__)

_DAY = 86_400.0  # seconds


def watcher_for(desk: Desk, settings: Settings, pulse: Pulse) -> Watcher:
    """The watcher with everything it tells."""
    host = socket.gethostname()
    teller = Teller(desk.store, desk.alerts, alerts_sender(settings), desk.routes.bounces, host)
    patience = patience_for(settings.poll.seconds, settings.health.letter_minutes, host)
    return Watcher(desk.store, pulse, patience, teller, Supervisor(), settings.health.textfile)


@contextlib.contextmanager
def overseen(desk: Desk, settings: Settings, stop: threading.Event) -> Iterator[Pulse]:
    """While the block runs, threads watch the pulse it gets and keep the ledger tidy. Raises PortTaken."""
    edits = desk.live.refused if desk.live else None
    pulse = Pulse([mailbox.name for mailbox in desk.mailboxes], settings.poll.seconds, edits=edits)
    watcher = watcher_for(desk, settings, pulse)
    server = _listening(settings, watcher)
    threads = [
        threading.Thread(target=watcher.watch, args=(stop,), name="watcher", daemon=True),
        threading.Thread(target=_tidy, args=(desk, settings, stop), name="retention", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        watcher.supervisor.ready()
        yield pulse
    finally:
        stop.set()
        if server:
            server.shutdown()
            server.server_close()


def _listening(settings: Settings, watcher: Watcher) -> HTTPServer | None:
    """A web server for those who watch, where the config asks for one."""
    if not settings.health.listen:
        return None
    from triage.health.listening import listen

    return listen(settings.health.listen, watcher.picture)


@contextlib.contextmanager
def watched_run(desk: Desk, settings: Settings) -> Iterator[None]:
    """Tell how one run from cron went: by file, and to staff when the runs begin to fail or no longer do."""
    pulse = Pulse((), settings.poll.seconds)
    watcher = watcher_for(desk, settings, pulse)
    try:
        yield
    except OperatorError as error:
        pulse.ran(error)
        raise
    else:
        pulse.ran(None)
    finally:
        watcher.look()


def _tidy(desk: Desk, settings: Settings, stop: threading.Event) -> None:
    """Once a day; a database that is away is looked for again tomorrow, and the watcher tells of it today."""
    while not stop.is_set():
        try:
            expire(desk.store, settings.retention)
        except OperatorError as error:
            log.warning("retention: %s", error)
        except Exception:  # tidying must not end for ever because of one odd row
            log.exception("retention: this should not happen")
        stop.wait(_DAY)
