"""What every count has in common: which mails count, and by what they are broken down.

All queries run on SQLite and on PostgreSQL; where the two say the same thing differently, the words stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from triage.store.schema import finding, mail, verdict

NOBODY = "-"  # the group of mails that have no value
OTHERS = "others"  # the group of all values that are not among the most frequent ones

DIMENSIONS = ("profile", "language", "product", "sender", "partner", "week")
_MANY = frozenset({"sender", "product"})  # these may have any number of values


@dataclass(frozen=True, slots=True)
class Scope:
    """Which mails count, and how counts are broken down.

    `since` and `until` (aware; None: no limit) bound the moment a mail was handled, `until` not included.
    `by` names DIMENSIONS. `partners` are the sender domains of each partner. Of senders and products the
    `most` frequent are shown by name, the rest together.
    """

    since: datetime | None = None
    until: datetime | None = None
    by: tuple[str, ...] = ()
    partners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    most: int = 20


@dataclass(frozen=True, slots=True)
class Spread:
    """How durations are distributed: nearest-rank median and ninth decile, and the longest."""

    group: tuple[str, ...]
    count: int
    within: int  # those that took no longer than the limit asked for
    median: timedelta
    most: timedelta  # nine of ten took no longer
    longest: timedelta


class _Grouped(Protocol):
    @property
    def group(self) -> tuple[str, ...]: ...


Counted = TypeVar("Counted", bound=_Grouped)
Columns = list[sa.ColumnElement[str]]
MAIL = mail.join(verdict, verdict.c.mail == mail.c.id)


def within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The conditions for a mail to count by its time."""
    limits: list[sa.ColumnElement[bool]] = []
    if scope.since is not None:
        limits.append(mail.c.handled_at >= scope.since)
    if scope.until is not None:
        limits.append(mail.c.handled_at < scope.until)
    return limits


def groups(db: sa.Connection, scope: Scope, *conditions: sa.ColumnElement[bool]) -> Columns:
    """One column a dimension of the scope, for queries on MAIL with these conditions."""
    return [_column(db, name, scope, conditions).label(f"group_{name}") for name in scope.by]


def over_all_and_each(
    count: Callable[[sa.Connection, Scope], Sequence[Counted]], db: sa.Connection, scope: Scope
) -> tuple[Counted, ...]:
    """The counts over everything, whose group is (), and then those of each group, the rest last, if the scope asks so."""
    every = tuple(count(db, replace(scope, by=())))
    each = count(db, scope) if scope.by else ()
    return (*every, *sorted(each, key=lambda counted: OTHERS in counted.group))


def group_of(row: Any, columns: Iterable[sa.ColumnElement[str]]) -> tuple[str, ...]:
    """The group of a row that was selected with `groups`."""
    return tuple(getattr(row, column.name) for column in columns)


def spreads(db: sa.Connection, durations: sa.CTE, columns: Columns, limit: timedelta) -> Sequence[Spread]:
    """The distribution of `durations.c.seconds` in each group; `columns` are the group columns it was selected with."""
    own = [durations.c[column.name] for column in columns]
    parts = own or None
    ranked = sa.select(
        *own,
        durations.c.seconds,
        sa.func.row_number().over(partition_by=parts, order_by=durations.c.seconds).label("place"),
        sa.func.count().over(partition_by=parts).label("total"),
    ).cte("ranked")
    by = [ranked.c[column.name] for column in columns]
    found = sa.select(
        *by,
        sa.func.count().label("total"),
        sa.func.sum(sa.case((ranked.c.seconds <= limit.total_seconds(), 1), else_=0)).label("within"),
        _at(ranked, (ranked.c.total + 1) // 2).label("median"),
        _at(ranked, (ranked.c.total * 9 + 9) // 10).label("most"),
        sa.func.max(ranked.c.seconds).label("longest"),
    ).group_by(*by)
    return [_spread(row, columns) for row in db.execute(found.order_by(*by)) if row.total]


def _at(ranked: sa.CTE, place: sa.ColumnElement[int]) -> sa.ColumnElement[float]:
    return sa.func.max(sa.case((ranked.c.place == place, ranked.c.seconds)))


def _spread(row: Any, columns: Columns) -> Spread:
    median, most, longest = (timedelta(seconds=round(float(each), 3)) for each in (row.median, row.most, row.longest))
    return Spread(group_of(row, columns), row.total, int(row.within or 0), median, most, longest)


def total(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many rows fulfil a condition; 0 for none."""
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


# ── dimensions ──────────────────────────────────────────────────────────────────────────────────────


def _column(
    db: sa.Connection, name: str, scope: Scope, conditions: Iterable[sa.ColumnElement[bool]]
) -> sa.ColumnElement[str]:
    if name == "partner":
        return _partner(scope.partners)
    if name == "week":
        return week_of(mail.c.handled_at)
    value = sa.func.coalesce(_VALUES[name], NOBODY)
    if name not in _MANY:
        return value
    frequent = _frequent(db, value, scope, conditions)
    return sa.case((value.in_(frequent), value), else_=OTHERS)


def _frequent(
    db: sa.Connection, value: sa.ColumnElement[str], scope: Scope, conditions: Iterable[sa.ColumnElement[bool]]
) -> list[str]:
    named = sa.select(value.label("value")).select_from(MAIL).where(*within(scope), *conditions).subquery()
    found = sa.select(named.c.value).group_by(named.c.value).order_by(sa.func.count().desc(), named.c.value)
    return list(db.execute(found.limit(scope.most)).scalars())


def _partner(partners: Mapping[str, Sequence[str]]) -> sa.ColumnElement[str]:
    known = [(mail.c.sender_domain.in_(tuple(domains)), name) for name, domains in sorted(partners.items())]
    return sa.case(*known, else_=NOBODY) if known else sa.literal(NOBODY, sa.String)


def _product() -> sa.ScalarSelect[str]:
    """The product a mail is about: the finder names the surest first."""
    of_the_mail = sa.select(finding.c.value).where(finding.c.mail == mail.c.id, finding.c.field == "product")
    return of_the_mail.order_by(finding.c.id).limit(1).scalar_subquery()


_VALUES: Mapping[str, sa.ColumnElement[str]] = {
    "profile": verdict.c.profile,
    "language": mail.c.language,
    "product": _product(),
    "sender": mail.c.sender_domain,
}


# ── what the two databases say differently ──────────────────────────────────────────────────────────


class week_of(FunctionElement[str]):  # noqa: N801 - reads as a function of SQL
    """The Monday of a moment's week (UTC), as 2026-03-02."""

    type = sa.String()
    inherit_cache = True


class hour_of_week(FunctionElement[int]):  # noqa: N801
    """The hour of a moment (UTC), counted from Monday 0:00: 0 to 167."""

    type = sa.Integer()
    inherit_cache = True


class seconds_between(FunctionElement[float]):  # noqa: N801
    """The seconds from one moment to another."""

    type = sa.Float()
    inherit_cache = True


@compiles(week_of, "sqlite")
def _week_sqlite(element: week_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, 'weekday 0', '-6 days')"


@compiles(week_of, "postgresql")
def _week_postgresql(element: week_of, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"to_char(date_trunc('week', timezone('UTC', {moment})), 'YYYY-MM-DD')"


@compiles(hour_of_week, "sqlite")
def _hour_sqlite(element: hour_of_week, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"((strftime('%w', {moment}) + 6) % 7 * 24 + strftime('%H', {moment}))"


@compiles(hour_of_week, "postgresql")
def _hour_postgresql(element: hour_of_week, compiler: SQLCompiler, **options: Any) -> str:
    moment = f"timezone('UTC', {compiler.process(element.clauses, **options)})"
    return f"CAST((extract(isodow from {moment}) - 1) * 24 + extract(hour from {moment}) AS INTEGER)"


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    one, other = (compiler.process(each, **options) for each in element.clauses)
    return f"((julianday({other}) - julianday({one})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    one, other = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(extract(epoch from ({other} - {one})) AS DOUBLE PRECISION)"


def each_text(db: sa.Connection, column: sa.Column[Any], name: str) -> sa.TableValuedAlias:
    """The strings of a JSON list, one row each, in a column `value`; join it with `sa.true()`."""
    unpacked = "jsonb_array_elements_text" if db.dialect.name == "postgresql" else "json_each"
    rows: sa.TableValuedAlias = getattr(sa.func, unpacked)(column).table_valued("value", name=name)
    return rows


def each_object(db: sa.Connection, column: sa.Column[Any], name: str) -> sa.TableValuedAlias:
    """The objects of a JSON list, one row each, in a column `value`; join it with `sa.true()`."""
    unpacked = "jsonb_array_elements" if db.dialect.name == "postgresql" else "json_each"
    rows: sa.TableValuedAlias = getattr(sa.func, unpacked)(column).table_valued(sa.column("value", sa.JSON), name=name)
    return rows


def key_of(db: sa.Connection, value: sa.ColumnElement[Any], key: str) -> sa.ColumnElement[str]:
    """The text of one key of a JSON object."""
    if db.dialect.name == "postgresql":
        return value.op("->>", return_type=sa.Text())(key)
    return sa.func.json_extract(value, f"$.{key}", type_=sa.Text)


def joined_texts(db: sa.Connection, column: sa.ColumnElement[str], separator: str) -> sa.ColumnElement[str]:
    """The values of a group in one text."""
    joined = "string_agg" if db.dialect.name == "postgresql" else "group_concat"
    found: sa.ColumnElement[str] = getattr(sa.func, joined)(column, separator, type_=sa.Text)
    return found
