"""Tells staff by mail when the desk turns red, and when it is over: each thing once, whatever restarts in between.

The letters go through the outbox like all others, but are sent from here: whoever reads the mailbox may be what hangs.
While the database is lost its own alarm goes straight to the mail server; that one is remembered by the process alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from triage.alerts import Alerts
from triage.delivery import Routes, deliver
from triage.health.judging import Health, Picture, Reason
from triage.replies.letter import AlertLetter
from triage.store import outbox
from triage.store.leases import Alone
from triage.store.ledger import Ledger
from triage.store.store import Store, StoreLost
from triage.transport.smtp import RelayLost, RelayRefused, Sender

log = logging.getLogger(__name__)

_TOLD_ELSEWHERE = frozenset({"breaker"})  # by whoever stopped sending
_AT_ONCE, _TRIES = 10, 32


@dataclass(frozen=True)
class _Hand(Alone):
    """Claims letters under a name of its own: what the desk has in hand is not taken from it. A restart takes up the rest."""

    holder: str


@dataclass
class Teller:
    """`sender` is a link of its own to the alerts' mail server; `host` names this machine's desk."""

    store: Store
    alerts: Alerts
    sender: Sender
    bounces: str
    host: str
    _directly: set[str] = field(default_factory=set)  # told past the outbox, and not over

    def tell(self, picture: Picture) -> None:
        """Tell what is new in this picture. Never raises: what could not be told now is told by the next look."""
        with _said():
            if picture.signs is None:
                self._tell_directly(picture.health)
                return
            self._end_directly(picture.health)
            if self._note(picture) or picture.signs.alerts_waiting:
                self._deliver()

    def _note(self, picture: Picture) -> bool:
        """Write down what began and what is over; a look that finds nothing new writes nothing."""
        assert picture.signs is not None  # noqa: S101 - the caller asked
        known = {alert.name for alert in picture.signs.standing}
        silent = known | _TOLD_ELSEWHERE
        began = [each for each in picture.health.reasons if each.told and each.name not in silent]
        over = (picture.health.well & known) - _TOLD_ELSEWHERE
        if began or over:
            with self.store.ledger() as ledger:
                self._write(ledger, began, over)
        return bool(began or over)

    def _write(self, ledger: Ledger, began: list[Reason], over: frozenset[str]) -> None:
        for reason in began:
            if self.alerts.raise_alert(ledger, reason.name, reason.said):
                log.error("red: %s", reason.said)
        for name in sorted(over):
            if self.alerts.clear_alert(ledger, name):
                log.warning("no longer red: %s", name)

    def _deliver(self) -> None:
        way = Routes({outbox.ALERTS: self.sender}, self.bounces)
        deliver(self.store, way, _Hand(f"alarm {self.host}"), batch=_AT_ONCE, tries=_TRIES)

    # ── past the outbox ─────────────────────────────────────────────────────────────────────────────

    def _tell_directly(self, health: Health) -> None:
        for reason in health.reasons:
            if reason.name.startswith("database ") and reason.name not in self._directly:
                log.error("red: %s", reason.said)
                self._send(health, reason.name, AlertLetter("database", said=reason.said))
                self._directly.add(reason.name)

    def _end_directly(self, health: Health) -> None:
        for name in sorted(self._directly & health.well):
            log.warning("no longer red: %s", name)
            self._send(health, name, AlertLetter("database", over=True, said="the database is lost"))
            self._directly.discard(name)

    def _send(self, health: Health, name: str, letter: AlertLetter) -> None:
        if self.alerts.to:
            written = self.alerts.written(name, letter, health.at)
            self.sender.send(written.message, self.bounces, written.recipients)


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except (RelayLost, RelayRefused) as error:
        log.warning("alerts do not leave: %s", error)
    except StoreLost as error:
        log.warning("alerts cannot be noted: %s", error)
