"""A stage for conversations: people write into a real mailbox, the desk looks, and its letters arrive at a real mail server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

import sqlalchemy as sa
from servers.dovecot import Dovecot
from servers.smtp_sink import SmtpSink

from triage.desk import Desk, run_once

DESK = "integration@desk.example"


@dataclass
class Letter:
    """A letter of the desk as it arrived."""

    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """What it says, in plain text."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


@dataclass
class Stage:
    """One desk, its mailbox, and everybody who writes to it. The clock stands where the script puts it."""

    desk: Desk
    dovecot: Dovecot
    user: str
    sink: SmtpSink
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    seen: int = 0
    mails: list[EmailMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk.store.clock = lambda: self.now

    # ── what people do ──────────────────────────────────────────────────────────────────────────────

    def write(self, sender: str, subject: str, text: str, *, cc: str = "", **headers: str) -> EmailMessage:
        """Somebody writes to the desk."""
        message = EmailMessage(policy=policy.SMTP)
        message["From"], message["To"], message["Subject"] = sender, DESK, subject
        if cc:
            message["Cc"] = cc
        message["Date"] = format_datetime(self.now)
        message["Message-ID"] = f"<{len(self.mails)}.{self.user}@{sender.rpartition('@')[2].strip('>')}>"
        for name, value in headers.items():
            name = name.replace("_", "-")
            del message[name]
            message[name] = value
        message.set_content(text)
        return self.post(message)

    def answer(self, letter: Letter, sender: str, text: str, *, subject: str = "", **headers: str) -> EmailMessage:
        """Somebody answers a letter of the desk, the way mail programs do: ids, `Re:`, and the letter quoted below."""
        own = letter.message
        threading = {"In_Reply_To": str(own["Message-ID"]), "References": f"{own['References']} {own['Message-ID']}"}
        return self.write(sender, subject or f"Re: {letter.subject}", quoting(text, letter), **(threading | headers))

    def post(self, message: EmailMessage) -> EmailMessage:
        """Put a mail into the mailbox as it is."""
        self.mails.append(message)
        self.dovecot.deliver(self.user, message.as_bytes())
        return message

    # ── what the desk does ──────────────────────────────────────────────────────────────────────────

    def look(self) -> list[Letter]:
        """The desk empties its mailbox; returns the letters that arrived."""
        run_once(self.desk)
        fresh, self.seen = self.sink.received[self.seen :], len(self.sink.received)
        return [Letter(each.recipients, message_from_bytes(each.raw, policy=policy.default)) for each in fresh]

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    # ── what there is to see ────────────────────────────────────────────────────────────────────────

    def tray(self, name: str) -> int:
        return len(self.dovecot.mails(self.user, f"Triage/{name}"))

    def rows(self, table: sa.Table) -> list[sa.Row]:
        with self.desk.store.connection() as db:
            return list(db.execute(sa.select(table).order_by(*table.primary_key.columns)))


def quoting(text: str, letter: Letter) -> str:
    """A text above a letter, each of whose lines is quoted."""
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    return f"{text}\n\nOn Mon, 2 Mar 2026 at 10:00, Sample Desk <{DESK}> wrote:\n\n{quoted}\n"


def only(letters: list[Letter]) -> Letter:
    """The one letter that there must be."""
    (letter,) = letters
    return letter


def with_settings(stage: Stage, **settings: object) -> Stage:
    """The same stage with other settings."""
    mind = stage.desk.mind
    changed = replace(mind, settings=mind.settings.model_copy(update=settings))
    return replace(stage, desk=replace(stage.desk, mind=changed))
