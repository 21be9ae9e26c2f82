"""What was sent lately, counted for the limits: all the windows that one mail asks of in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

import sqlalchemy as sa

from triage.store.prepared import Prepared
from triage.store.schema import outbox, recipient

Alike = Literal["address", "domain", "fingerprint"]

_OF_EACH: Mapping[Alike | None, tuple[sa.Column[datetime], sa.Column[str] | None]] = {
    None: (outbox.c.queued_at, None),
    "address": (recipient.c.queued_at, recipient.c.email),
    "domain": (outbox.c.queued_at, outbox.c.domain),
    "fingerprint": (outbox.c.queued_at, outbox.c.fingerprint),
}


@dataclass(frozen=True, slots=True)
class Window:
    """Replies of the last `minutes`: to an `address`, wherever it stood among the recipients; to the `domain` of whom
    they answer; with the `fingerprint` of what they answer; or in all (None)."""

    minutes: int
    alike: Alike | None = None
    value: str = ""


def counts(db: sa.Connection, now: datetime, windows: Collection[Window]) -> Mapping[Window, int]:
    """How many replies were queued within each window, seen from `now`."""
    asked = list(dict.fromkeys(windows))
    if not asked:
        return {}
    wanted: dict[str, object] = {}
    for position, window in enumerate(asked):
        wanted[f"since_{position}"] = now - timedelta(minutes=window.minutes)
        wanted[f"alike_{position}"] = window.value
    (found,) = _counting(tuple(window.alike for window in asked)).rows(db, wanted)
    return dict(zip(asked, found, strict=True))


@lru_cache(maxsize=32)  # a desk has as many kinds of them as its limits have shapes; building one takes long
def _counting(kinds: tuple[Alike | None, ...]) -> Prepared:
    return Prepared(sa.select(*(_counted(kind, position) for position, kind in enumerate(kinds))))


def _counted(kind: Alike | None, position: int) -> sa.ScalarSelect[int]:
    """Replies younger than `since`, of those with the value `alike`; a window's parameters carry its position."""
    moment, alike = _OF_EACH[kind]
    counted = sa.select(sa.func.count()).where(moment > sa.bindparam(f"since_{position}"))
    if moment.table is outbox:
        counted = counted.where(outbox.c.kind == "reply")
    if alike is not None:
        counted = counted.where(alike == sa.bindparam(f"alike_{position}"))
    return counted.scalar_subquery()
