"""What the measuring scripts call: the mail room's work in the shape that other libraries are measured in."""

from __future__ import annotations

from triage.mail import reader


def parse(raw: bytes) -> dict[str, object]:
    """A mail as mime_robustness.py compares it: subject, From address, Message-ID, whole text, attachments."""
    mail = reader.parse(raw)
    return {
        "subject": mail.subject,
        "from_addr": mail.sender.email,
        "message_id": mail.message_id,
        "text": "\n".join((mail.new, mail.quoted, mail.signature)),
        "attachments": [attachment.name for attachment in mail.attachments],
    }
