"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from triage.store.schema import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let ticket numbers begin where config.yaml says."""

    _ticket()
    _trouble()
    _mail()
    _recorded()
    _event()
    _participant()
    _reference()
    _finding()
    _outbox()
    _recipient()
    _required()
    _verdict()
    _alert()
    _bounced()
    _opening()
    _lease()
    _correction()
    _edition()
    _number_from(context.config.attributes["first_ticket"])


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("edition")
    op.drop_table("correction")
    op.drop_table("lease")
    op.drop_table("opening")
    op.drop_table("bounced")
    op.drop_table("alert")
    op.drop_table("verdict")
    op.drop_table("required")
    op.drop_table("recipient")
    op.drop_table("outbox")
    op.drop_table("finding")
    op.drop_table("reference")
    op.drop_table("participant")
    op.drop_table("event")
    op.drop_table("recorded")
    op.drop_table("mail")
    op.drop_table("trouble")
    op.drop_table("ticket")


def _number_from(first: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("SELECT setval('ticket_number_seq', :first, false)").bindparams(first=first))
    else:
        op.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', :seq)").bindparams(seq=first - 1))


def _ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("profile", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("told_separate", sa.Boolean(), nullable=False),
        sa.Column("flags", Json, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("handed_over_at", UtcDateTime(), nullable=True),
        sa.Column("closing_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["ticket.number"], name=op.f("fk_ticket_merged_into_ticket")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ticket_opened_at"), "ticket", ["opened_at"], unique=False)
    op.create_index(op.f("ix_ticket_owner"), "ticket", ["owner"], unique=False)


def _trouble() -> None:
    op.create_table(
        "trouble",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("mailbox", sa.String(length=100), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trouble")),
    )
    op.create_index("uq_trouble_mailbox_uid", "trouble", ["mailbox", "uid"], unique=True)


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("silence", sa.String(length=40), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_domain", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("mailbox", sa.String(length=100), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
        sa.Column("tray", sa.String(length=20), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name=op.f("fk_mail_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
    )
    op.create_index(op.f("ix_mail_handled_at"), "mail", ["handled_at"], unique=False)
    op.create_index(op.f("ix_mail_message_id"), "mail", ["message_id"], unique=False)
    op.create_index(op.f("ix_mail_sender"), "mail", ["sender"], unique=False)
    op.create_index(op.f("ix_mail_ticket"), "mail", ["ticket"], unique=False)


def _recorded() -> None:
    op.create_table(
        "recorded",
        sa.Column("mail", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], name=op.f("fk_recorded_mail_mail"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mail", name=op.f("pk_recorded")),
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name=op.f("fk_event_ticket_ticket"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_ticket"), "event", ["ticket"], unique=False)


def _participant() -> None:
    op.create_table(
        "participant",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"], ["ticket.number"], name=op.f("fk_participant_ticket_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket", "email", name=op.f("pk_participant")),
    )


def _reference() -> None:
    op.create_table(
        "reference",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"], ["ticket.number"], name=op.f("fk_reference_ticket_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "ticket", name=op.f("pk_reference")),
    )


def _finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("mail", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("note", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], name=op.f("fk_finding_mail_mail"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket"], ["ticket.number"], name=op.f("fk_finding_ticket_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_mail_field", "finding", ["mail", "field"], unique=False)
    op.create_index(op.f("ix_finding_ticket"), "finding", ["ticket"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("route", sa.String(length=12), nullable=False),
        sa.Column("mail", sa.Integer(), nullable=True),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("recipients", Json, nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], name=op.f("fk_outbox_mail_mail"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.number"], name=op.f("fk_outbox_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    one = sa.text("kind = 'reply'")
    op.create_index("uq_outbox_mail", "outbox", ["mail"], unique=True, sqlite_where=one, postgresql_where=one)
    op.create_index("ix_outbox_domain_queued_at", "outbox", ["domain", "queued_at"], unique=False)
    op.create_index("ix_outbox_fingerprint_queued_at", "outbox", ["fingerprint", "queued_at"], unique=False)
    op.create_index("ix_outbox_mail", "outbox", ["mail"], unique=False)
    op.create_index("ix_outbox_queued_at_kind", "outbox", ["queued_at", "kind"], unique=False)
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"], unique=False)
    op.create_index(op.f("ix_outbox_ticket"), "outbox", ["ticket"], unique=False)


def _recipient() -> None:
    op.create_table(
        "recipient",
        sa.Column("outbox", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.id"], name=op.f("fk_recipient_outbox_outbox"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("outbox", "email", name=op.f("pk_recipient")),
    )
    op.create_index("ix_recipient_email_queued_at", "recipient", ["email", "queued_at"], unique=False)


def _required() -> None:
    op.create_table(
        "required",
        sa.Column("mail", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], name=op.f("fk_required_mail_mail"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mail", "field", name=op.f("pk_required")),
    )


def _verdict() -> None:
    op.create_table(
        "verdict",
        sa.Column("mail", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("profile", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=True),
        sa.Column("flags", Json, nullable=False),
        sa.Column("pointers", Json, nullable=False),
        sa.Column("hints", Json, nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("guesses", Json, nullable=False),
        sa.Column("secrets", Json, nullable=False),
        sa.Column("likeness", sa.String(length=64), nullable=True),
        sa.Column("rules_digest", sa.String(length=64), nullable=False),
        sa.Column("model_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], name=op.f("fk_verdict_mail_mail"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mail", name=op.f("pk_verdict")),
    )
    op.create_index(op.f("ix_verdict_action"), "verdict", ["action"], unique=False)
    op.create_index(op.f("ix_verdict_likeness"), "verdict", ["likeness"], unique=False)
    op.create_index(op.f("ix_verdict_topic"), "verdict", ["topic"], unique=False)


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alert")),
    )


def _bounced() -> None:
    op.create_table(
        "bounced",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_bounced")),
    )


def _opening() -> None:
    op.create_table(
        "opening",
        sa.Column("mailbox", sa.String(length=100), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_opening")),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("mail", sa.Integer(), nullable=False),
        sa.Column("topic_before", sa.String(length=40), nullable=True),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("missing_before", Json, nullable=False),
        sa.Column("missing", Json, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("example", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], name=op.f("fk_correction_mail_mail"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket"], ["ticket.number"], name=op.f("fk_correction_ticket_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_mail"), "correction", ["mail"], unique=False)
    op.create_index(op.f("ix_correction_ticket"), "correction", ["ticket"], unique=False)


def _edition() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("files", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.create_index(op.f("ix_edition_digest"), "edition", ["digest"], unique=False)
