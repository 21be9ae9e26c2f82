"""Edited rules, templates and contacts are taken while the desk runs; broken ones are not, and it says so."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from triage import mind as minds
from triage.checking import problems_in
from triage.classifier.storing import usable
from triage.config import Settings
from triage.mind import Mind
from triage.rulebook.loading import load as load_rulebook
from triage.yamlfile import Problems

log = logging.getLogger(__name__)

LOOK: Final = 30.0  # seconds between two looks at the files, the most that a desk at rest does
_SHOWN: Final = 3  # problems in one line of log

Signature = tuple[tuple[str, int, int], ...]


class LiveMind:
    """Always the last sound mind. One thread looks for edits; whoever handles mail takes `mind` before each batch.

    `problem` says why the files as they are now are not in use; empty when they are.
    """

    def __init__(self, mind: Mind, told: Callable[[Mind], None] = lambda _: None) -> None:
        self.mind = mind
        self.problem = ""
        self._since = datetime.now(UTC)
        self._told = told
        self._seen = signature(mind.settings)

    def start(self, stop: threading.Event) -> None:
        """Look for edits in a thread of its own, which ends with the process."""
        threading.Thread(target=self.watch, args=(stop,), name="edited files", daemon=True).start()

    def refused(self) -> tuple[str, datetime] | None:
        """The problem, and since when the files have been out of use; None when they are in use."""
        problem = self.problem
        return (problem, self._since) if problem else None

    def watch(self, stop: threading.Event, seconds: float = LOOK) -> None:
        """Look for edits until `stop` is set; a fault while reading leaves the last good mind at work."""
        while not stop.wait(seconds):
            self.look()

    def look(self) -> bool:
        """Take the files if they were edited and are sound; returns whether the mind is a new one."""
        now = signature(self.mind.settings)
        if now == self._seen:
            return False
        self._seen = now
        try:
            fresh = reread(self.mind)
            self._told(fresh)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, mail goes on with the last good ones
            self._refuse(error)
            return False
        self.mind, self.problem = fresh, ""
        log.info("edited rules, templates or model are in use: rules %s", fresh.rules.digest[:12])
        return True

    def _refuse(self, error: Exception) -> None:
        if not isinstance(error, Problems):
            self._seen = ()  # a file that vanished, a database that is away: it is tried again at the next look
        lines = str(error).splitlines() or [type(error).__name__]
        more = f" (and {len(lines) - _SHOWN} more: run 'triage check')" if len(lines) > _SHOWN else ""
        problem = f"edited rules or templates are not in use: {'; '.join(lines[:_SHOWN])}{more}"
        if problem != self.problem:
            log.error("%s; the last good ones stay", problem)
        if not self.problem:
            self._since = datetime.now(UTC)
        self.problem = problem


def reread(mind: Mind) -> Mind:
    """The files as they are now, checked like `triage check`; the model is never trained here. Raises Problems, OSError."""
    settings = mind.settings
    if problems := sorted(set(problems_in(settings))):
        raise Problems(problems)
    sources = minds.model_sources(settings, load_rulebook(settings.rules))
    model = usable(sources, minds.model_path(settings), mind.understanding.classifier)
    return minds.with_model(settings, model)


def signature(settings: Settings) -> Signature:
    """Names, times and sizes of all that staff can change: differs when anything was saved."""
    return tuple(sorted(_stamps(settings)))


def _stamps(settings: Settings) -> Iterator[tuple[str, int, int]]:
    model = minds.model_path(settings)
    with suppress(OSError):
        found = model.stat()
        yield str(model), found.st_mtime_ns, found.st_size
    yield from (stamp for stamp in _files(settings.rules) if stamp[0].endswith(".yaml"))
    yield from _files(settings.templates)


def _files(folder: str | Path) -> Iterator[tuple[str, int, int]]:
    """The files below a folder; one that an editor is just replacing is passed over."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
                continue
            with suppress(OSError):
                found = entry.stat()
                yield entry.path, found.st_mtime_ns, found.st_size
