"""One person's data: everything the ledger holds of an address, and its erasure.

What the person wrote is erased in every mail of the tickets they opened or wrote in (answers of others quote it), the
address everywhere. Rows stay for the figures, under a name that nobody can lead back. The mailbox itself is the
archive of the raw mail and is not touched.
"""

from __future__ import annotations

import json
import re
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from triage.mail.reader import parse
from triage.store import schema as s
from triage.store.personal import PERSONAL, WAITING, Holds, erase_words, in_sets
from triage.store.store import Store

FORGOTTEN = "forgotten.invalid"
_LARGEST_RECORD = 10_000_000  # bytes
_GONE = ("participant", "bounced")  # rows that say nothing without their address

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows of each table were changed. `waiting` letters to the person must leave before they can be erased."""

    rows: Mapping[str, int]
    waiting: int


def held(db: sa.Connection, address: str) -> dict[str, dict[str, list[Row]]]:
    """Everything the ledger holds of an address, by table: rows that are the person's (`own`), and of other rows what
    mentions the address (`mentioned`). Fit for JSON."""
    person = _Person(address)
    own = _own_mails(db, person)
    found: dict[str, dict[str, list[Row]]] = {"own": {}, "mentioned": {}}
    for table in s.metadata.sorted_tables:
        kept = {_identity(table, row): row for row in _rows_of(db, table, own, person)}
        if kept:
            found["own"][table.name] = [_shown(row) for row in kept.values()]
        others = [row for row in _mentioning(db, table, person) if _identity(table, row) not in kept]
        if others:
            found["mentioned"][table.name] = [_shown(_excerpt(table, row, person)) for row in others]
    return found


def forget(store: Store, address: str) -> Erased:
    """Erase a person: their words, and their address wherever it stands. The long look keeps no desk waiting.

    Raises StoreLost; then nothing is erased.
    """
    person = _Person(address)
    with store.snapshot() as db:
        tables = s.metadata.sorted_tables
        named = [(table, _identity(table, row)) for table in tables for row in _mentioning(db, table, person)]
    with store.connection() as db:
        changed = _erase(db, person, store.clock())
        changed |= Counter(table.name for table, key in named if _pseudonymise(db, table, key, person))
        waiting = _still_waiting(db, person)
    return Erased({name: count for name, count in sorted(changed.items()) if count}, waiting)


def _erase(db: sa.Connection, person: _Person, now: datetime) -> Counter[str]:
    """The words; returns how many rows of each table were changed."""
    own, tickets = _own_mails(db, person), _their_tickets(db, person)
    words = sorted({*own, *_mails_of(db, tickets)})
    erase_words(db, words, now)
    _drop_waiting(db, person)
    return Counter(mail=len(words), ticket=_blank_subjects(db, tickets), reference=_drop_references(db, own))


# ── the person ──────────────────────────────────────────────────────────────────────────────────────


class _Person:
    """An address, and the name that takes its place."""

    def __init__(self, address: str) -> None:
        self.address = address.strip().lower()
        self.pseudonym = f"{secrets.token_hex(4)}@{FORGOTTEN}"
        local, _, domain = self.address.rpartition("@")
        self.spellings = (self.address, f"{local}%40{domain}")  # the second in the queries of web addresses
        either = "|".join(map(re.escape, self.spellings))
        self._pattern = re.compile(rf"(?<![\w.+-])(?:{either})(?![\w-]|\.\w)", re.IGNORECASE)

    def within(self, value: Any) -> bool:
        """Whether a value of a column names the address: text, JSON, or the bytes of a mail or a recorded one."""
        if isinstance(value, str):
            small = value.lower()
            return any(each in small for each in self.spellings) and bool(self._pattern.search(value))
        if isinstance(value, list | tuple):
            return any(map(self.within, value))
        if isinstance(value, dict):
            return any(map(self.within, value.values()))
        return isinstance(value, bytes) and bool(value) and any(map(self.within, _readable(value)))

    def without(self, value: Any) -> Any:
        """The value with the pseudonym in the address's place; bytes that name it are dropped whole."""
        if isinstance(value, str):
            return self._pattern.sub(self.pseudonym, value)
        if isinstance(value, list):
            return [self.without(each) for each in value]
        if isinstance(value, dict):
            return {name: self.without(each) for name, each in value.items()}
        return b"" if isinstance(value, bytes) and self.within(value) else value


def _readable(content: bytes) -> Iterator[str]:
    """What bytes in the ledger say: a packed record, or a mail as it travels and as it reads."""
    try:
        yield _unpacked(content).decode("utf-8", "replace")
    except zlib.error:
        yield content.replace(b"=\r\n", b"").decode("utf-8", "replace")
        if b"base64" in content:
            yield from _decoded(content)


def _unpacked(content: bytes) -> bytes:
    """A mail in trouble may look packed and grow without end: no record is as large as this."""
    return zlib.decompressobj().decompress(content, _LARGEST_RECORD)


def _decoded(content: bytes) -> Sequence[str]:
    try:
        mail = parse(content)
    except Exception:  # noqa: BLE001 - a mail in trouble may be one that cannot be read; its bytes were looked at
        return ()
    return (mail.new, mail.quoted, mail.signature, *(part.text or "" for part in mail.attachments))


# ── which rows ──────────────────────────────────────────────────────────────────────────────────────


def _own_mails(db: sa.Connection, person: _Person) -> list[int]:
    return list(db.execute(sa.select(s.mail.c.id).where(s.mail.c.sender == person.address)).scalars())


def _their_tickets(db: sa.Connection, person: _Person) -> list[int]:
    """Tickets the person opened or wrote in."""
    opened = sa.select(s.ticket.c.number).where(s.ticket.c.owner == person.address)
    wrote = sa.select(s.mail.c.ticket).where(s.mail.c.sender == person.address, s.mail.c.ticket.is_not(None))
    return sorted(db.execute(opened.union(wrote)).scalars())


def _mails_of(db: sa.Connection, tickets: Sequence[int]) -> Iterator[int]:
    for some in in_sets(tickets):
        yield from db.execute(sa.select(s.mail.c.id).where(s.mail.c.ticket.in_(some))).scalars()


def _rows_of(db: sa.Connection, table: sa.Table, own: Sequence[int], person: _Person) -> Iterator[Row]:
    """Rows that are the person's: those of their mails, and those that stand under their address."""
    of_mail = table.c.id if table is s.mail else table.c.get("mail")
    if of_mail is not None:
        for some in in_sets(own):
            yield from map(dict, db.execute(sa.select(table).where(of_mail.in_(some))).mappings())
    for name, holds in PERSONAL.get(table.name, {}).items():
        if holds is Holds.ADDRESS and not isinstance(table.c[name].type, sa.JSON):
            yield from map(dict, db.execute(sa.select(table).where(table.c[name] == person.address)).mappings())


def _mentioning(db: sa.Connection, table: sa.Table, person: _Person) -> Iterator[Row]:
    """Rows in which the address stands anywhere."""
    columns = [table.c[name] for name in PERSONAL.get(table.name, {})]
    bytes_too = any(isinstance(column.type, sa.LargeBinary) for column in columns)
    texts = [column for column in columns if not isinstance(column.type, sa.LargeBinary)]
    found = sa.select(table)
    if not bytes_too:  # bytes are packed or encoded: no database can look into them
        found = found.where(sa.or_(sa.false(), *(_names(column, person) for column in texts)))
    if columns:
        rows = (dict(row) for row in db.execute(found.execution_options(yield_per=200)).mappings())
        yield from (row for row in rows if any(person.within(row[column.name]) for column in columns))


def _names(column: sa.Column[Any], person: _Person) -> sa.ColumnElement[bool]:
    text = sa.cast(column, sa.Text)
    return sa.or_(*(text.icontains(each, autoescape=True) for each in person.spellings))


def _identity(table: sa.Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


# ── showing ─────────────────────────────────────────────────────────────────────────────────────────


def _excerpt(table: sa.Table, row: Row, person: _Person) -> Row:
    """Of a row that is not the person's: which it is, and what names them."""
    named = {name: row[name] for name in PERSONAL[table.name] if person.within(row[name])}
    return dict(zip((column.name for column in table.primary_key), _identity(table, row), strict=True)) | named


def _shown(row: Row) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, bytes):
        return value
    try:
        return json.loads(_unpacked(value))
    except (zlib.error, ValueError):
        return value.decode("utf-8", "replace")


# ── erasing ─────────────────────────────────────────────────────────────────────────────────────────


def _blank_subjects(db: sa.Connection, tickets: Sequence[int]) -> int:
    blank = sa.update(s.ticket).values(subject="")
    return sum(db.execute(blank.where(s.ticket.c.number.in_(some))).rowcount for some in in_sets(tickets))


def _drop_references(db: sa.Connection, mails: Sequence[int]) -> int:
    """The Message-IDs of the person's mails; programs put names and addresses into them."""
    dropped = 0
    for some in in_sets(mails):
        ids = sa.select(s.mail.c.message_id).where(s.mail.c.id.in_(some))
        dropped += db.execute(sa.delete(s.reference).where(s.reference.c.message_id.in_(ids))).rowcount
        db.execute(sa.update(s.mail).where(s.mail.c.id.in_(some)).values(message_id=""))
    return dropped


def _drop_waiting(db: sa.Connection, person: _Person) -> None:
    """Letters that wait to leave for this person alone never do."""
    for row in db.execute(sa.select(s.outbox).where(s.outbox.c.state == "queued")).all():
        if [email.lower() for email in row.recipients] == [person.address]:
            gone = {"state": "erased", "message": b"", "said": ""}
            db.execute(sa.update(s.outbox).where(s.outbox.c.id == row.id).values(gone))


def _still_waiting(db: sa.Connection, person: _Person) -> int:
    rows = db.execute(sa.select(s.outbox.c.recipients, s.outbox.c.message).where(s.outbox.c.state.in_(WAITING)))
    return sum(person.within(row.recipients) or person.within(row.message) for row in rows)


def _pseudonymise(db: sa.Connection, table: sa.Table, key: tuple[Any, ...], person: _Person) -> bool:
    """Take the address out of one row; False when it is gone from there, or must stay until a letter has left."""
    here = sa.and_(*(column == part for column, part in zip(table.primary_key, key, strict=True)))
    row = db.execute(sa.select(table).where(here)).mappings().first()
    if row is None or not any(person.within(row[name]) for name in PERSONAL[table.name]):
        return False
    if table is s.outbox and row["state"] in WAITING:
        return False
    if table.name in _GONE or table is s.recorded:
        db.execute(sa.delete(table).where(here))
        return True
    values = {name: person.without(row[name]) for name in PERSONAL[table.name]}
    for name, holds in PERSONAL[table.name].items():
        if holds is Holds.DOMAIN and person.within(row[_beside(table, name)]):
            values[name] = FORGOTTEN
    if table is s.trouble and not values["raw"]:
        values |= {"state": "erased", "error": ""}
    db.execute(sa.update(table).where(here).values(values))
    return True


def _beside(table: sa.Table, domain: str) -> str:
    """The column whose address a domain belongs to."""
    texts = (name for name, holds in PERSONAL[table.name].items() if holds is Holds.ADDRESS)
    return next(name for name in texts if name != domain)
