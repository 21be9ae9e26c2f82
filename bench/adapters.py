"""What the measuring scripts call: the mail room's work in the shape that other libraries are measured in."""

from __future__ import annotations

from triage.mail import guard, reader


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


# What the scripts call a machine's mail; the guard's codes are finer. "list": no answer, and no answering machine either.
_LABELS = {
    "bounce": "bounce",
    "null_return_path": "bounce",
    "mailing_list": "list",
    "precedence": "list",
    "spam": "list",
    "no_sender": "list",
}


def label(raw: bytes) -> str:
    """What autoreply_eval.py compares: bounce, autoreply (any other machine), list or human."""
    silence = guard.reason_for_silence(reader.parse(raw), guard.Ours())
    return _LABELS.get(silence.code, "autoreply") if silence else "human"
