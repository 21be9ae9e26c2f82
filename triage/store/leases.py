"""Who of several desks does what.

With PostgreSQL any number of desks share one database. Each has a lease on its own life and one on every mailbox
it tends, and renews them while it lives. A desk that is killed or frozen is given up once its own lease has run out:
the first to notice drops its leases and puts back in line what it had in hand of the outbox. Moments are the
database's own, so that the clocks of several machines need not agree.

With SQLite a desk works alone (store/lock.py sees to it).
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa

from triage.domain import OperatorError
from triage.store import outbox, upsert
from triage.store.ledger import Ledger
from triage.store.schema import lease
from triage.store.schema import outbox as replies
from triage.store.store import Store, StoreLost

log = logging.getLogger(__name__)

_BEATS = 4  # renewals in the life of a lease
_BRIEF = "100ms"  # waiting for a frozen desk's locks must not keep us from renewing our own leases


class LeaseLost(OperatorError):  # noqa: N818 - reads as what happened
    """Another desk has taken over what this one had; nothing of the open transaction may be kept."""

    exit_code = 5


class Presence(Protocol):
    """A desk among those that share its database. Every method but `check` may raise StoreLost."""

    @property
    def holder(self) -> str:
        """The name under which work is claimed; a new one after the others gave this desk up."""

    def tends(self, mailbox: str) -> bool:
        """Take or keep the lease on a mailbox; False while another desk has it."""

    def leave(self, mailbox: str) -> None:
        """Let another desk have the mailbox: this one cannot reach it."""

    def fence(self, ledger: Ledger, mailbox: str) -> None:
        """Right before a commit: raises LeaseLost when the mailbox is another's. Nobody takes it before the commit."""

    def check(self, holder: str) -> None:
        """Right before a reply leaves: raises LeaseLost when what `holder` claimed may be another's by now."""

    def close(self) -> None:
        """Give everything back."""


class Alone:
    """The Presence of a desk that shares its database with nobody."""

    holder = "alone"

    def tends(self, mailbox: str) -> bool:
        return True

    def leave(self, mailbox: str) -> None:
        pass

    def fence(self, ledger: Ledger, mailbox: str) -> None:
        pass

    def check(self, holder: str) -> None:
        pass

    def close(self) -> None:
        pass


def running_seconds() -> float:
    """Seconds that pass while a process is stopped and while the machine sleeps, and never jump."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Shared:
    """The Presence of one desk of many; a thread of its own renews the leases. Raises StoreLost."""

    def __init__(self, store: Store, seconds: float, clock: Callable[[], float] = running_seconds) -> None:
        self._store, self._seconds, self._clock = store, seconds, clock
        self._stop = threading.Event()
        self.holder = ""
        self._renewed = 0.0
        self.renew()
        self._heart = threading.Thread(target=self._beat, name="leases", daemon=True)
        self._heart.start()

    def renew(self) -> None:
        """Renew every lease; begin anew, with a new name, when the others gave this desk up. Then look after them."""
        began = self._clock()
        until = _from_now(self._seconds)
        with self._store.connection() as db:
            mine = sa.update(lease).where(lease.c.holder == self.holder).values(until=until).returning(lease.c.name)
            if _life(self.holder) not in db.execute(mine).scalars().all():
                self.holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
                db.execute(sa.insert(lease).values(name=_life(self.holder), holder=self.holder, until=until))
        self._renewed = began
        self._bury_the_dead()

    def tends(self, mailbox: str) -> bool:
        holder = self.holder
        row = {"name": _mailbox(mailbox), "holder": holder, "until": _from_now(self._seconds)}
        with self._store.connection() as db:
            db.execute(upsert.insert(db, lease).values(row).on_conflict_do_nothing())
            return holder_of(db, mailbox) == holder

    def leave(self, mailbox: str) -> None:
        mine = (lease.c.name == _mailbox(mailbox)) & (lease.c.holder == self.holder)
        with self._store.connection() as db:
            db.execute(sa.delete(lease).where(mine))

    def fence(self, ledger: Ledger, mailbox: str) -> None:
        if holder_of(ledger.db, mailbox) != self.holder:
            raise LeaseLost(f"{mailbox}: another desk has taken over; what was begun is left to it")

    def check(self, holder: str) -> None:
        if holder != self.holder or self._clock() - self._renewed >= self._seconds:
            raise LeaseLost("this desk was away for so long that another may have taken over its replies")

    def close(self) -> None:
        self._stop.set()
        self._heart.join(timeout=self._seconds)
        with self._store.connection() as db:
            _bury(db, [self.holder])

    def _beat(self) -> None:
        while not self._stop.wait(self._seconds / _BEATS):
            try:
                self.renew()
            except StoreLost as error:
                log.debug("leases are not renewed: %s", error)  # whoever works with the database says it aloud
            except Exception:  # without this thread the desk would never again be sure of its leases
                log.exception("leases are not renewed")

    def _bury_the_dead(self) -> None:
        try:
            with self._store.connection() as db:
                db.execute(sa.text(f"SET LOCAL lock_timeout = '{_BRIEF}'"))
                if dead := _dead(db):
                    _bury(db, dead)
        except StoreLost:
            return  # it holds locks still; the server ends its transaction soon (store/database.py)
        for holder in dead:
            log.warning("desk %s has not been heard of for %.0f s; its work is taken over", holder, self._seconds)


def holder_of(db: sa.Connection, mailbox: str) -> str | None:
    """Who tends a mailbox; it stays so until the transaction ends."""
    found = sa.select(lease.c.holder).where(lease.c.name == _mailbox(mailbox)).with_for_update(read=True)
    return db.execute(found).scalar()


def _dead(db: sa.Connection) -> list[str]:
    """Desks whose life has run out, and those that took a mailbox or claimed a reply after they were given up."""
    life = lease.alias("life")

    def lives(holder: sa.Column[str]) -> sa.ColumnElement[bool]:
        return sa.exists().where(life.c.name == _LIFE + holder, life.c.until >= sa.func.clock_timestamp())

    leased = sa.select(lease.c.holder).where(~lives(lease.c.holder)).with_for_update(of=lease, skip_locked=True)
    claimed = sa.select(replies.c.claimed_by).where(replies.c.state == "sending", ~lives(replies.c.claimed_by))
    return sorted({*db.execute(leased).scalars(), *db.execute(claimed).scalars()})


def _bury(db: sa.Connection, holders: list[str]) -> None:
    outbox.take_back(db, holders)
    db.execute(sa.delete(lease).where(lease.c.holder.in_(holders)))


_LIFE = "desk "


def _life(holder: str) -> str:
    return f"{_LIFE}{holder}"


def _mailbox(name: str) -> str:
    return f"mailbox {name}"


def _from_now(seconds: float) -> sa.ColumnElement[object]:
    return sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
