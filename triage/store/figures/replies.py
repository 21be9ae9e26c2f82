"""Replies: what was sent, how soon, and which known answers settled the matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from triage.domain import Kind
from triage.store.figures.counting import (
    MAIL,
    Scope,
    Spread,
    each_text,
    group_of,
    groups,
    over_all_and_each,
    seconds_between,
    spreads,
    total,
    within,
)
from triage.store.schema import mail, outbox, verdict

_A_MINUTE = timedelta(minutes=1)
_SENT = MAIL.join(outbox, sa.and_(outbox.c.mail == mail.c.id, outbox.c.kind == "reply"))


@dataclass(frozen=True, slots=True)
class ReplyCount:
    """How many replies were written from a template, and where they are now."""

    group: tuple[str, ...]
    template: str
    language: str
    replies: int
    sent: int
    waiting: int
    given_up: int


@dataclass(frozen=True, slots=True)
class HintCount:
    """How often a known answer stood in the reply to a first mail, and after how many of them nobody wrote again."""

    hint: str
    given: int
    settled: int


@dataclass(frozen=True, slots=True)
class ReplyFigures:
    """All that the report on replies shows. A group of () is over everything."""

    sent: Sequence[ReplyCount]
    latency: Sequence[Spread]
    hints: Sequence[HintCount]
    without_hints: HintCount


def measure(db: sa.Connection, scope: Scope, settled_before: datetime) -> ReplyFigures:
    """Count everything; whether nobody wrote again is asked of mails handled before a moment."""
    return ReplyFigures(
        over_all_and_each(sent, db, scope),
        over_all_and_each(latency, db, scope),
        hints(db, scope, settled_before),
        without_hints(db, scope, settled_before),
    )


def sent(db: sa.Connection, scope: Scope) -> Sequence[ReplyCount]:
    """Replies per group, template and language."""
    columns = groups(db, scope, verdict.c.template.is_not(None))
    kinds = (*columns, outbox.c.template, outbox.c.language)
    found = (
        sa.select(
            *kinds,
            sa.func.count().label("replies"),
            total(outbox.c.state == "sent").label("sent"),
            total(outbox.c.state.in_(("queued", "sending"))).label("waiting"),
            total(outbox.c.state.in_(("refused", "failed"))).label("given_up"),
        )
        .select_from(_SENT)
        .where(*within(scope))
        .group_by(*kinds)
        .order_by(*columns, sa.func.count().desc(), outbox.c.template, outbox.c.language)
    )
    return [
        ReplyCount(
            group_of(row, columns),
            row.template,
            row.language,
            row.replies,
            int(row.sent),
            int(row.waiting),
            int(row.given_up),
        )
        for row in db.execute(found)
    ]


def latency(db: sa.Connection, scope: Scope) -> Sequence[Spread]:
    """From the moment a mail was handled to the moment the mail server had its reply; `within` a minute."""
    columns = groups(db, scope, verdict.c.template.is_not(None))
    durations = (
        sa.select(*columns, seconds_between(mail.c.handled_at, outbox.c.sent_at).label("seconds"))
        .select_from(_SENT)
        .where(outbox.c.sent_at.is_not(None), *within(scope))
        .cte("durations")
    )
    return spreads(db, durations, columns, _A_MINUTE)


def hints(db: sa.Connection, scope: Scope, before: datetime) -> Sequence[HintCount]:
    """Known answers in replies to first mails handled before a moment, so that there was time to write again."""
    each = each_text(db, verdict.c.hints, "each")
    found = (
        sa.select(each.c.value.label("hint"), sa.func.count().label("given"), total(~_wrote_again()).label("settled"))
        .select_from(_SENT.join(each, sa.true()))
        .where(*_settling(scope, before))
        .group_by(each.c.value)
        .order_by(sa.func.count().desc(), each.c.value)
    )
    return [HintCount(row.hint, row.given, int(row.settled)) for row in db.execute(found)]


def without_hints(db: sa.Connection, scope: Scope, before: datetime) -> HintCount:
    """The same of technical replies that held no known answer, for comparison."""
    found = (
        sa.select(sa.func.count().label("given"), total(~_wrote_again()).label("settled"))
        .select_from(_SENT)
        .where(*_settling(scope, before), verdict.c.profile.is_not(None), sa.cast(verdict.c.hints, sa.Text) == "[]")
    )
    row = db.execute(found).one()
    return HintCount("", row.given, int(row.settled))


def _settling(scope: Scope, before: datetime) -> list[sa.ColumnElement[bool]]:
    return [mail.c.first, outbox.c.sent_at.is_not(None), mail.c.handled_at < before, *within(scope)]


def _wrote_again() -> sa.Exists:
    later = mail.alias("later")
    return sa.exists().where(
        later.c.ticket == mail.c.ticket, later.c.kind == Kind.FOLLOWUP.value, later.c.handled_at > mail.c.handled_at
    )
