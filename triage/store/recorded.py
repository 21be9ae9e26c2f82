"""What the desk read and decided, kept so that it can be decided again: the masked mail and what was found in it, the
ticket as it stood when the mail came, and the verdict.

One packed value a mail (JSON, zlib). Fields that a later version adds take their default when an older value is read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa

from triage.domain import Attachment, InboundMail, Inspection, TicketNumber, Verdict
from triage.store import schema as s
from triage.store.prepared import Prepared
from triage.threads import Belonging

T = TypeVar("T")

_MOST_TEXT: Final = 100_000  # characters of the sender's text, and of all attachments together
_MOST_QUOTED: Final = 10_000  # the guard reads a history's beginning where there is nothing else
_MOST_HEADERS: Final = 100
_MOST_HEADER: Final = 1000  # characters of one value
_NOT_KEPT: Final = frozenset(  # told by the mail's own fields, or written by the servers it passed
    (
        *("to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "mime-version"),
        *("content-type", "content-transfer-encoding", "content-language", "content-disposition", "received"),
        *("received-spf", "x-received", "x-originating-ip", "authentication-results", "dkim-signature"),
        *("domainkey-signature", "thread-index", "thread-topic", "user-agent", "x-mailer"),
    )
)
_PROGRAMS: Final = ("arc-", "x-google-", "x-gm-", "x-ms-exchange-antispam", "x-ms-exchange-cross", "x-microsoft-")
_LEVEL: Final = 1  # of zlib: the highest takes twice the time for a tenth less


@dataclass(frozen=True, slots=True)
class Recorded:
    """One handled mail. `verdict` is what was judged, before limits withheld a reply; `finders` is the digest of what
    found `inspection`: the same finders need not look again."""

    mail: InboundMail
    inspection: Inspection
    belonging: Belonging
    verdict: Verdict
    finders: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A recorded mail still packed, where it stands in the ledger, and the rules and model that decided it."""

    mail: int
    ticket: TicketNumber | None
    first: bool
    at: datetime
    rules_digest: str
    model_digest: str
    content: bytes


def record(mail: InboundMail, inspection: Inspection, belonging: Belonging, verdict: Verdict, finders: str) -> Recorded:
    """What is kept of one masked mail: without the headers that nobody asks for, and within caps."""
    return Recorded(
        mail=replace(
            mail,
            new=mail.new[:_MOST_TEXT],
            quoted=mail.quoted[:_MOST_QUOTED],
            headers=tuple(_headers(mail.headers)),
            attachments=tuple(_attachments(mail.attachments)),
        ),
        inspection=inspection,
        belonging=replace(belonging, circle=None),
        verdict=verdict,
        finders=finders,
    )


def pack(recorded: Recorded) -> bytes:
    """The value as bytes."""
    return zlib.compress(_to_json(recorded).encode(), _LEVEL)


def unpack(content: bytes) -> Recorded:
    """The value in packed bytes. Raises ValueError when it cannot be read."""
    try:
        found: Recorded = _reader(Recorded)(json.loads(zlib.decompress(content)))
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a recorded mail cannot be read: {error}") from error
    return found


def write(db: sa.Connection, mail: int, recorded: Recorded) -> None:
    """Keep a mail that was just handled."""
    _NEW.write(db, [{"mail": mail, "content": pack(recorded)}])


def counts(db: sa.Connection, since: datetime | None = None) -> tuple[int, int]:
    """How many mails handled since a moment are recorded, and how many there are; retention explains the difference."""
    counted = sa.select(sa.func.count(s.recorded.c.mail), sa.func.count()).select_from(
        s.mail.outerjoin(s.recorded, s.mail.c.id == s.recorded.c.mail)
    )
    kept, handled = db.execute(counted.where(*_after(since))).one()
    return kept, handled


def page(db: sa.Connection, after: int, since: datetime | None = None, most: int = 200) -> Sequence[Row]:
    """Some recorded mails handled since a moment, in the order in which they came, behind the mail with row id `after`.

    Pages, because a transaction that reads everything would keep the desk from writing meanwhile.
    """
    found = sa.select(*_COLUMNS).select_from(_JOINED).where(s.mail.c.id > after, *_after(since))
    return [_row(each) for each in db.execute(found.order_by(s.mail.c.id).limit(most))]


def of_ticket(db: sa.Connection, number: TicketNumber) -> Sequence[Row]:
    """The recorded mails of one ticket, oldest first."""
    found = sa.select(*_COLUMNS).select_from(_JOINED).where(s.mail.c.ticket == number.value).order_by(s.mail.c.id)
    return [_row(each) for each in db.execute(found)]


def content_of(db: sa.Connection, mail: int) -> bytes | None:
    """The packed value of one mail by its row id; None when its words were forgotten."""
    found = db.execute(sa.select(s.recorded.c.content).where(s.recorded.c.mail == mail)).scalar()
    return None if found is None else bytes(found)


_NEW = Prepared(sa.insert(s.recorded))
_JOINED = s.recorded.join(s.mail, s.mail.c.id == s.recorded.c.mail).join(s.verdict, s.verdict.c.mail == s.mail.c.id)
_DIGESTS = (s.verdict.c.rules_digest, s.verdict.c.model_digest)
_COLUMNS = (s.mail.c.id, s.mail.c.ticket, s.mail.c.first, s.mail.c.handled_at, *_DIGESTS, s.recorded.c.content)


def _after(since: datetime | None) -> list[sa.ColumnElement[bool]]:
    return [] if since is None else [s.mail.c.handled_at >= since]


def _row(row: Any) -> Row:
    number = None if row.ticket is None else TicketNumber(row.ticket)
    digests = (row.rules_digest, row.model_digest)
    return Row(row.id, number, row.first, row.handled_at, *digests, bytes(row.content))


def _headers(headers: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    kept = ((name, value) for name, value in headers if name not in _NOT_KEPT and not name.startswith(_PROGRAMS))
    for _, (name, value) in zip(range(_MOST_HEADERS), kept, strict=False):
        yield name, value[:_MOST_HEADER]


def _attachments(attachments: Sequence[Attachment]) -> Iterator[Attachment]:
    left = _MOST_TEXT
    for each in attachments:
        text = each.text and each.text[:left]
        left -= len(text or "")
        yield each if text == each.text else replace(each, text=text)


# ── values to JSON and back ─────────────────────────────────────────────────────────────────────────


def _plain(value: Any) -> Any:
    """What JSON does not know by itself; fields of dataclasses that have their default are left out."""
    if isinstance(value, datetime):
        return value.isoformat()
    names, values, defaults = _shape(value.__class__)
    each = zip(names, values(value), defaults, strict=True)
    return {name: found for name, found, default in each if found != default}


_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


@cache
def _shape(kind: Any) -> tuple[Sequence[str], Callable[[Any], Sequence[Any]], Sequence[Any]]:
    """The fields of a dataclass: their names, all their values in one call, and their defaults."""
    names = [each.name for each in fields(kind)]
    values = attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]
    return names, values, [_default(each) for each in fields(kind)]


def _default(each: Any) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of a type from what `_plain` made of it."""
    if get_origin(kind) in (Union, UnionType):
        (inner,) = (each for each in get_args(kind) if each is not NoneType)
        read = _reader(inner)
        return lambda value: None if value is None else read(value)
    if get_origin(kind) is tuple:
        return _tuple_reader(get_args(kind))
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass_reader(kind)
    if kind is datetime:
        return datetime.fromisoformat
    return kind if isinstance(kind, type) and issubclass(kind, Enum) else _same


def _tuple_reader(inside: tuple[Any, ...]) -> Callable[[Any], Any]:
    read = _reader(inside[0])
    return tuple if read is _same else lambda value: tuple(map(read, value))


def _dataclass_reader(kind: type[T]) -> Callable[[Mapping[str, Any]], T]:
    hints = get_type_hints(kind)
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    readers: dict[str, Callable[[Any], Any]] = {}

    def read(value: Mapping[str, Any]) -> T:
        if not readers:
            readers.update({name: _reader(hints[name]) for name in known})
        return kind(**{name: readers[name](each) for name, each in value.items() if name in known})

    return read


def _same(value: Any) -> Any:
    return value
