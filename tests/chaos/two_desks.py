"""Two daemons at one PostgreSQL, and every few seconds one of them is killed or frozen.

These are plain `triage run` processes, from their first line to their death. What they leave must equal what one
undisturbed desk makes of the same mails; and the time until the other has taken over is measured.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from servers.dovecot import PASSWORD

from tests.acceptance.desk_process import ROOT, environment
from tests.chaos.mails import SETTLEMENT, TECHNICAL, mail
from tests.chaos.scene import Case, Ground
from triage.store import schema

TAKEOVER = 2.0  # seconds without a sign of life
_LIFE = schema.lease.c.name.like("desk %")


def different_mails(count: int) -> tuple[bytes, ...]:
    """Mails of as many people, in words of their own: no limit on replies is reached."""
    letters = itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=4)
    made = []
    for number, each in zip(range(count), letters, strict=False):
        word = "".join(each)
        text = f"{(SETTLEMENT, TECHNICAL)[number % 2]} Dette gjelder {word}{word[::-1]} og {word[::-1]}o."
        named = {"Message_ID": f"<{number}@{word}.example>"}
        made.append(mail(f"kari@{word}.example", f"Sak om {word}", text, **named))
    return tuple(made)


@dataclass
class Daemon:
    """One `triage run`, started again after each death."""

    case: Case
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "triage", "run", "-c", str(self.case.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment(PASSWORD), stdout=log, stderr=log)

    def send(self, what: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(what)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    @property
    def holds(self) -> bool:
        """Whether the mailbox is this one's now."""
        assert self.process is not None
        return f"/{self.process.pid}/" in (holder_of(self.case) or "")


def holder_of(case: Case) -> str | None:
    with case.engine.connect() as db:
        return db.execute(sa.select(schema.lease.c.holder).where(schema.lease.c.name.like("mailbox %"))).scalar()


@dataclass
class Storm:
    """What happened while the desks worked."""

    killed: int = 0
    frozen: int = 0
    takeovers: list[float] = field(default_factory=list)  # seconds from the blow until the other had the mailbox


@contextlib.contextmanager
def two_daemons(case: Case, folder: Path) -> Iterator[list[Daemon]]:
    daemons = [Daemon(case, folder / f"{name}.log") for name in ("one", "two")]
    try:
        for each in daemons:
            each.start()
        wait_until(lambda: len(lives(case)) == 2, "both desks have come up")
        yield daemons
    finally:
        for each in daemons:
            if each.process is not None:
                each.kill()


def lives(case: Case) -> list[str]:
    with case.engine.connect() as db:
        return list(db.execute(sa.select(schema.lease.c.holder).where(_LIFE)).scalars())


def storm(ground: Ground, case: Case, folder: Path, *, every: float, blows: int, seed: int = 1) -> Storm:
    """Strike the desk that has the mailbox, again and again, until all mail is handled and every reply has left."""
    chance, seen = random.Random(seed), Storm()
    with two_daemons(case, folder) as daemons:
        while not finished(ground, case):
            if seen.killed + seen.frozen < blows:
                wait_until(lambda: any(each.holds for each in daemons) or finished(ground, case), "somebody tends")
                time.sleep(chance.uniform(0.2, 1) * every)
                _strike(daemons, seen)
            else:
                time.sleep(0.2)
    return seen


def _strike(daemons: list[Daemon], seen: Storm) -> None:
    victim = next((each for each in daemons if each.holds), None)
    if victim is None:
        return
    other = next(each for each in daemons if each is not victim)
    freeze = seen.killed > seen.frozen
    began = time.monotonic()
    if freeze:
        victim.send(signal.SIGSTOP)
    else:
        victim.kill()
    wait_until(lambda: other.holds, "the other desk has taken over")
    seen.takeovers.append(time.monotonic() - began)
    if freeze:
        seen.frozen += 1
        victim.send(signal.SIGCONT)  # it wakes, and must notice
    else:
        seen.killed += 1
        victim.start()


def finished(ground: Ground, case: Case) -> bool:
    with case.engine.connect() as db:
        open_rows = sa.select(sa.func.count()).where(schema.outbox.c.state.in_(("queued", "sending")))
        return db.execute(open_rows).scalar_one() == 0 and not ground.dovecot.mails(case.user)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 300
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"this never came true: {what}")
        time.sleep(0.02)


def sent_twice(ground: Ground, case: Case) -> tuple[set[str], set[str]]:
    """Replies that the relay got twice: those that were marked as doubtful, and those that should not have been."""
    marked = {row.message_id for row in case.rows(schema.outbox) if row.uncertain}
    twice = {name for name, times in ground.received().items() if times > 1}
    return twice & marked, twice - marked
