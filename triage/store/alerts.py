"""What staff were told of: each thing once, and once more when it is over. A restart repeats nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.store import upsert
from triage.store.prepared import Prepared
from triage.store.schema import alert

_LONGEST_NAME = 200
_STANDS = Prepared(sa.select(alert.c.name).where(alert.c.name == sa.bindparam("at_name"), alert.c.until.is_(None)))

_STANDING = Prepared(
    sa.select(alert.c.name, alert.c.since, alert.c.said)
    .where(alert.c.until.is_(None))
    .order_by(alert.c.since, alert.c.name)
)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is wrong since a moment, in the words that staff were told."""

    name: str
    since: datetime
    said: str


def begin(db: sa.Connection, name: str, said: str, now: datetime) -> bool:
    """Note that something is wrong; False when it was so already. Of two desks that notice at once one is first."""
    new = upsert.insert(db, alert).values(name=name[:_LONGEST_NAME], since=now, until=None, said=said)
    again = new.on_conflict_do_update(
        index_elements=["name"], set_={"since": now, "until": None, "said": said}, where=alert.c.until.is_not(None)
    )
    return db.execute(again.returning(alert.c.name)).first() is not None


def happened(db: sa.Connection, name: str, said: str, now: datetime) -> bool:
    """Note something that is over as soon as it is told; False when it was noted before."""
    new = upsert.insert(db, alert).values(name=name[:_LONGEST_NAME], since=now, until=now, said=said)
    return db.execute(new.on_conflict_do_nothing().returning(alert.c.name)).first() is not None


def end(db: sa.Connection, name: str, now: datetime) -> Alert | None:
    """Note that something is over; returns what it was, None when it was not so."""
    over = sa.update(alert).where(alert.c.name == name[:_LONGEST_NAME], alert.c.until.is_(None)).values(until=now)
    row = db.execute(over.returning(alert)).first()
    return _alert(row) if row else None


def stands(db: sa.Connection, name: str) -> bool:
    """Whether something is wrong now."""
    return bool(_STANDS.rows(db, {"at_name": name[:_LONGEST_NAME]}))


def standing(db: sa.Connection, prefix: str = "") -> Sequence[Alert]:
    """All that is wrong now whose name begins with `prefix`, oldest first."""
    return [Alert(*row) for row in _STANDING.rows(db, {}) if row[0].startswith(prefix)]


def _alert(row: sa.Row[tuple[object, ...]]) -> Alert:
    return Alert(row.name, row.since, row.said)
