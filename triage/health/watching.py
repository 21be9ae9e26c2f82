"""The watcher: looks at pulse and ledger every few seconds, judges, and tells systemd, Prometheus and staff."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from triage.health.judging import Health, Patience, Picture, Reason, judge
from triage.health.pulse import Pulse
from triage.health.supervisor import Supervisor
from triage.health.telling import Teller
from triage.store import signs
from triage.store.store import Store, StoreLost

log = logging.getLogger(__name__)

STUCK = 600.0  # seconds a thread may be later than expected; no mail and no letter takes longer
_BLIND = 300.0  # seconds without a look after which nothing is known; a slow mail server for alerts takes some
_LONGEST_PAUSE = 30.0  # seconds between looks
_PER_WINDOW, _PER_WATCHDOG = 2, 3  # looks in a poll window, and signs of life in the watchdog's patience


@dataclass
class Watcher:
    """Everything that is told of the desk's health. `textfile` is written anew with every look."""

    store: Store
    pulse: Pulse
    patience: Patience
    teller: Teller
    supervisor: Supervisor = field(default_factory=Supervisor)
    textfile: Path | None = None
    _picture: Picture | None = None
    _looked_at: float = 0.0

    @property
    def pause(self) -> float:
        """Seconds between two looks."""
        watchdog = self.supervisor.patience or self.patience.window
        return min(_LONGEST_PAUSE, self.patience.window / _PER_WINDOW, watchdog / _PER_WATCHDOG)

    def look(self) -> Picture:
        """Look, judge and tell, once."""
        picture = self._seen()
        self._picture, self._looked_at = picture, time.monotonic()
        if not picture.beats.stuck:
            self.supervisor.alive()
        else:
            log.error("%s is stuck; without a supervisor nobody will restart the desk", picture.beats.stuck)
        self.supervisor.status(summary(picture.health))
        self._write()
        self.teller.tell(picture)
        return picture

    def picture(self) -> Picture:
        """What the last look found, for those who ask; red by itself when nobody looks any more."""
        if self._picture is None:
            return self._seen()
        age = time.monotonic() - self._looked_at
        if age < _BLIND:
            return self._picture
        last = self._picture.health
        blind = Reason("watcher", f"nobody has looked for {age:.0f} s", last.at)
        return Picture(Health(last.at, (*last.reasons, blind), last.well), self._picture.beats, self._picture.signs)

    def watch(self, stop: threading.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            try:
                self.look()
            except Exception:  # whoever watches the others must not fall himself
                log.exception("the watcher stumbled")
            stop.wait(self.pause)
        self.supervisor.stopping()

    def _seen(self) -> Picture:
        at, beats = self.store.clock(), self.pulse.beats(STUCK)
        try:
            with self.store.snapshot() as db:
                read = signs.read(db, at)
        except StoreLost as error:
            return Picture(judge(at, beats, str(error), self.patience), beats, None)
        return Picture(judge(at, beats, read, self.patience), beats, read)

    def _write(self) -> None:
        if self.textfile and self._picture:
            from triage.health.metrics import write_file  # here, for few ask for it

            try:
                write_file(self.textfile, self._picture)
            except OSError as error:
                log.warning("health.textfile %s cannot be written: %s", self.textfile, error.strerror)


def patience_for(window: float, letter_minutes: int, host: str) -> Patience:
    """The judge's patience from the config's numbers."""
    return Patience(window, timedelta(minutes=letter_minutes), host)


def summary(health: Health) -> str:
    """One line for systemctl status."""
    return "red: " + "; ".join(reason.said for reason in health.reasons) if health.red else "green"
