"""The tables of the ledger. Every text in them is masked; raw bytes stand in `trouble`, and in `outbox` those of mails
without secrets that are handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy import text as sa_text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_MOMENTS = 64


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; SQLite keeps it as naive UTC, PostgreSQL with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """A batch writes the same few moments again and again."""
        change = super().bind_processor(dialect)
        return lru_cache(_MOMENTS)(change) if change else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _key(**options: Any) -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True, **options)


ticket = Table(
    "ticket",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("state", String(20), nullable=False),
    Column("topic", String(40)),
    Column("profile", String(40)),
    Column("language", String(5), nullable=False),
    Column("owner", Text, nullable=False, index=True),  # address of the first sender; never changes
    Column("subject", Text, nullable=False),
    Column("asked", Integer, nullable=False, default=0),
    Column("told_separate", Boolean, nullable=False, default=False),
    Column("flags", Json, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),  # the moment nothing was missing any more
    Column("merged_into", Integer, ForeignKey("ticket.number")),
    Column("handed_over_at", UtcDateTime),  # passed on to another desk or team
    Column("closing_at", UtcDateTime),  # thanks and nothing else: staff may close it
    sqlite_autoincrement=True,  # a number is never given twice, even if its ticket is erased
)

event = Table(  # what staff did to a ticket by hand: merged, closed, reopened, handed over
    "event",
    metadata,
    _key(),
    Column("ticket", Integer, ForeignKey("ticket.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),  # the person's name at the machine
    Column("said", Text, nullable=False),
)

participant = Table(
    "participant",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, primary_key=True),
)

mail = Table(
    "mail",
    metadata,
    _key(),
    Column("key", String(64), nullable=False, unique=True),  # InboundMail.key: the same mail is handled once
    Column("message_id", Text, nullable=False, index=True),
    Column("ticket", Integer, ForeignKey("ticket.number"), index=True),
    Column("first", Boolean, nullable=False),  # it opened its ticket
    Column("kind", String(20), nullable=False),
    Column("silence", String(40)),  # the guard's reason, when silent
    Column("sender", Text, nullable=False, index=True),
    Column("sender_domain", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("language", String(5)),
    Column("mailbox", String(100), nullable=False),
    Column("uid", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("handled_at", UtcDateTime, nullable=False, index=True),
    Column("tray", String(20), nullable=False),
    Column("erased_at", UtcDateTime),  # its words are gone, by retention or because somebody asked
)

recorded = Table(  # what the desk read (masked) and decided, to decide it again; forgetting deletes the row
    "recorded",
    metadata,
    Column("mail", Integer, ForeignKey("mail.id", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # triage.store.recorded packs and unpacks it
)

reference = Table(
    "reference",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("ticket", Integer, ForeignKey("ticket.number", ondelete="CASCADE"), primary_key=True),
)

verdict = Table(
    "verdict",
    metadata,
    Column("mail", Integer, ForeignKey("mail.id", ondelete="CASCADE"), primary_key=True),
    Column("action", String(20), nullable=False, index=True),
    Column("topic", String(40), index=True),
    Column("profile", String(40)),
    Column("decided_by", String(20), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("template", String(60)),
    Column("flags", Json, nullable=False),
    Column("pointers", Json, nullable=False),
    Column("hints", Json, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("guesses", Json, nullable=False),
    Column("secrets", Json, nullable=False),  # kinds only
    Column("likeness", String(64), index=True),  # technical mails that show the same trouble share it
    Column("rules_digest", String(64), nullable=False),
    Column("model_digest", String(64), nullable=False),
)

finding = Table(
    "finding",
    metadata,
    _key(),
    Column("mail", Integer, ForeignKey("mail.id", ondelete="CASCADE"), nullable=False),
    Column("ticket", Integer, ForeignKey("ticket.number", ondelete="CASCADE"), index=True),
    Column("field", String(40), nullable=False),
    Column("value", Text, nullable=False),
    Column("place", String(20), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("note", String(60), nullable=False),
    Index("ix_finding_mail_field", "mail", "field"),
)

required = Table(  # one row a required field of a mail's profile: the ground of the missing-info rates
    "required",
    metadata,
    Column("mail", Integer, ForeignKey("mail.id", ondelete="CASCADE"), primary_key=True),
    Column("field", String(40), primary_key=True),
    Column("missing", Boolean, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _key(),
    Column("kind", String(12), nullable=False, default="reply"),  # reply | handover | alert
    Column("route", String(12), nullable=False, default="main"),  # main | alerts
    Column("mail", Integer, ForeignKey("mail.id", ondelete="CASCADE")),  # the mail it answers or passes on
    Column("ticket", Integer, ForeignKey("ticket.number"), index=True),
    Column("template", String(60), nullable=False),
    Column("language", String(5), nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),  # whom it answers; limits count by these three
    Column("domain", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("recipients", Json, nullable=False),
    Column("message", LargeBinary, nullable=False),  # the whole mail as it goes out
    Column("state", String(12), nullable=False),  # queued | sending | sent | refused | failed
    Column("tries", Integer, nullable=False, default=0),
    Column("uncertain", Boolean, nullable=False, default=False),  # an earlier try may have arrived
    Column("claimed_by", Text),  # the desk that has it in hand, while sending
    Column("queued_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),  # earliest next try
    Column("sent_at", UtcDateTime),
    Column("said", Text, nullable=False),  # the server's words
    Index(  # a mail is answered once
        "uq_outbox_mail",
        "mail",
        unique=True,
        sqlite_where=sa_text("kind = 'reply'"),
        postgresql_where=sa_text("kind = 'reply'"),
    ),
    Index("ix_outbox_mail", "mail"),  # to erase what was answered
    Index("ix_outbox_state_next_at", "state", "next_at"),
    Index("ix_outbox_domain_queued_at", "domain", "queued_at"),
    Index("ix_outbox_fingerprint_queued_at", "fingerprint", "queued_at"),
    Index("ix_outbox_queued_at_kind", "queued_at", "kind"),  # both: replies are counted in it alone
)

recipient = Table(  # one row a person a reply goes to: what anybody gets is limited, whoever asked for it
    "recipient",
    metadata,
    Column("outbox", Integer, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("email", Text, primary_key=True),
    Column("queued_at", UtcDateTime, nullable=False),
    Index("ix_recipient_email_queued_at", "email", "queued_at"),
)

trouble = Table(
    "trouble",
    metadata,
    _key(),
    Column("mailbox", String(100), nullable=False),
    Column("uid", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("stage", String(20), nullable=False),
    Column("error", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),  # waiting | resolved
    Column("next_at", UtcDateTime),  # when it is tried again by itself; null: by hand only
    Index("uq_trouble_mailbox_uid", "mailbox", "uid", unique=True),
)

alert = Table(  # what staff were told of and is not over: each is told once, and again when it is over
    "alert",
    metadata,
    Column("name", String(200), primary_key=True),  # e.g. "breaker", "incident:ab12...", "trouble"
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # null: still so
    Column("said", Text, nullable=False),
)

bounced = Table(  # addresses whose mail came back: left alone for a while
    "bounced",
    metadata,
    Column("email", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("said", Text, nullable=False),
)

opening = Table(  # since when each mailbox is the desk's (triage.store.openings)
    "opening",
    metadata,
    Column("mailbox", String(100), primary_key=True),
    Column("said", Text, nullable=False),  # in the mailbox's own form
    Column("at", UtcDateTime, nullable=False),
)

lease = Table(  # which desks live, and which of them tends a mailbox (triage.store.leases)
    "lease",
    metadata,
    Column("name", Text, primary_key=True),  # "desk HOLDER" or "mailbox NAME"
    Column("holder", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

correction = Table(  # what staff said a verdict should have been
    "correction",
    metadata,
    _key(),
    Column("ticket", Integer, ForeignKey("ticket.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("mail", Integer, ForeignKey("mail.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("topic_before", String(40)),
    Column("topic", String(40)),
    Column("missing_before", Json, nullable=False),
    Column("missing", Json),  # null: nothing said of the fields
    Column("why", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("example", String(12), nullable=False),  # offered | accepted | dropped | none
)

edition = Table(  # the rules, templates and models that made verdicts, and since when
    "edition",
    metadata,
    _key(),
    Column("kind", String(12), nullable=False),  # rules | templates | model
    Column("digest", String(64), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("said", Text, nullable=False),  # which files changed
    Column("who", Text, nullable=False, default=""),
    Column("files", Json),  # digest of each file, to tell later what changed
)
