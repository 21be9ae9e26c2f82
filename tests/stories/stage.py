"""A desk between real servers: a Dovecot mailbox, a PostgreSQL ledger and an SMTP server that keeps what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from servers.accounts import imap_account
from servers.dovecot import Dovecot
from servers.smtp_sink import SmtpSink

from tests.office import main_route
from triage.desk import Desk, Tally, run_once
from triage.domain import Address, Tray
from triage.mind import Mind
from triage.store import schema, trouble
from triage.store.database import engine_for
from triage.store.leases import Alone
from triage.store.store import Store, utc_now
from triage.threads import Signer
from triage.transport.accounts import SmtpRoute
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import Mailbox
from triage.transport.outgoing import Envelope
from triage.transport.smtp import SmtpSender

OURS = "integration@vipps.no"
SETTLEMENT = "Hei, pengene for forrige uke er ikke på konto ennå. Når kommer utbetalingen?"
TECHNICAL = "POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400 siden mandag."


def letter(words: str = SETTLEMENT, *, sender: str = "kari@shop.example", subject: str = "Hjelp", **more: str) -> bytes:
    """A person's mail as it arrives; further headers by name (`Message_ID`)."""
    headers = {"From": sender, "To": OURS, "Subject": Header(subject).encode()}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    body = words.replace("\n", "\r\n")
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n".encode()


def alike(number: int) -> str:
    """Words that no limit on equal content takes for the same."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


class Colleague(Alone):
    """Another desk at the same database."""

    holder = "colleague"


@dataclass
class Stage:
    """The desk and the world around it."""

    desk: Desk
    dovecot: Dovecot
    user: str
    sink: SmtpSink
    database: str
    later: timedelta = field(default_factory=timedelta)

    def arrives(self, raw: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """A mail comes into a folder, now or at a moment that the server notes as its arrival."""
        with self.dovecot.client(self.user) as client:
            client.append(folder, raw, msg_time=at)

    def works(self) -> Tally:
        """The desk looks at its mailboxes once."""
        return run_once(self.desk)

    def asked(self, raw: bytes | None = None) -> EmailMessage:
        """A mail arrives and is answered: the answer."""
        self.arrives(raw or letter())
        self.works()
        return self.sent()[-1]

    def sent(self) -> list[EmailMessage]:
        """What went out, in order."""
        return [message_from_bytes(each.raw, policy=policy.default) for each in self.sink.received]  # type: ignore[misc]

    def folder(self, name: str | Tray = "INBOX") -> list[bytes]:
        return self.dovecot.mails(self.user, f"Triage/{name.value.capitalize()}" if isinstance(name, Tray) else name)

    def rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        with self.desk.store.connection() as db:
            return list(db.execute(sa.select(table).order_by(*table.primary_key)))

    def tickets(self) -> list[sa.Row[Any]]:
        return self.rows(schema.ticket)

    def troubled(self) -> list[trouble.Trouble]:
        with self.desk.store.connection() as db:
            return list(trouble.all_waiting(db))

    def sql(self, *statements: str) -> None:
        """Change the database behind the desk's back."""
        with self.desk.store.connection() as db:
            for statement in statements:
                db.exec_driver_sql(statement)

    def passes(self, **time: float) -> None:
        """Time passes, as far as the desk can see."""
        self.later += timedelta(**time)
        self.desk.store.clock = lambda: utc_now() + self.later

    def colleague(self) -> Desk:
        """Another desk with the same mailbox and database, which heeds nobody's lease; to be left by `leave`."""
        there = (mailbox(self.dovecot, self.user),)
        found = staged(there, self.sink, self.database, self.desk.mind)
        return replace(found, limits=self.desk.limits, presence=Colleague())

    def with_limits(self, **values: Any) -> None:
        self.desk = replace(self.desk, limits=self.desk.limits.model_copy(update=values))


def mailbox(dovecot: Dovecot, user: str, folder: str = "INBOX", name: str = "support") -> ImapMailbox:
    return ImapMailbox(replace(imap_account(dovecot, user, timeout=10), folder=folder, name=name))


def staged(mailboxes: tuple[Mailbox, ...], smtp_sink: SmtpSink, database: str, thinking: Mind) -> Desk:
    """A desk for these mailboxes."""
    return Desk(
        mailboxes=mailboxes,
        store=Store(engine_for(database)),
        routes=main_route(SmtpSender(SmtpRoute(smtp_sink.host, smtp_sink.port, "none", timeout=10))),
        mind=thinking,
        signer=Signer(b"SAMPLE", "vipps.no"),
        envelope=Envelope(Address(OURS, "Vipps Integration"), "vipps.no"),
        limits=thinking.settings.limits,
        public_domains=frozenset({"mail.example"}),
    )


def leave(desk: Desk) -> None:
    """Close every connection of a desk."""
    for each in desk.mailboxes:
        each.close()
    for sender in desk.routes.senders.values():
        sender.close()
    desk.store.close()
