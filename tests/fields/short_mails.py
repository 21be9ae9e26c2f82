"""Mails written in one line, for the tests of this room."""

from __future__ import annotations

from datetime import UTC, date, datetime

from triage.domain import Address, Attachment, InboundMail, Inspection, Reading

TODAY = date(2024, 5, 14)


def mail(
    new: str = "",
    *,
    subject: str = "",
    signature: str = "",
    quoted: str = "",
    logs: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    **more,
) -> InboundMail:
    """A first mail of 14 May 2024; `logs` are the texts of its attachments, `files` names of attachments nobody can read."""
    return InboundMail(
        key="0",
        message_id="first@shop.example",
        sender=Address("dev@shop.example"),
        subject=subject,
        new=new,
        signature=signature,
        quoted=quoted,
        attachments=(
            *(Attachment(f"log{n}.txt", "text/plain", len(text), text) for n, text in enumerate(logs)),
            *(Attachment(name, "application/octet-stream", 9000) for name in files),
        ),
        date=datetime(2024, 5, 14, 9, 30, tzinfo=UTC),
        **more,
    )


def reading(inspection: Inspection) -> Reading:
    assert inspection.masked is not None
    return Reading(inspection.masked, inspection=inspection)
