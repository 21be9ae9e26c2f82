"""An SMTP server that keeps what it is given, and fails when a test tells it to (aiosmtpd)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from servers.certificates import Certificates
from servers.process import free_port

USER, PASSWORD = "desk", "SAMPLE-smtp-password"


@dataclass(frozen=True)
class Received:
    """One accepted mail: its envelope and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> Message:
        return message_from_bytes(self.raw)


@dataclass
class Script:
    """What the sink answers; change it while the sink runs.

    `recipients` and `data` give reply lines ("550 5.1.1 No such user"); `data` is asked once a mail, with
    the number of mails seen so far, and None accepts. `drop_after_data` keeps the mail but cuts the link
    instead of answering; `late_after_data` keeps it and answers so many seconds late; `drop_at_mail` cuts the
    link at MAIL FROM.
    """

    recipients: dict[str, str] = field(default_factory=dict)
    data: Callable[[int], str | None] = lambda seen: None
    drop_after_data: bool = False
    late_after_data: float = 0.0
    drop_at_mail: bool = False


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self._sink.pipelining else responses

    async def handle_MAIL(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._sink.script.drop_at_mail:
            server.transport.abort()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._sink.script.recipients.get(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        sink, content = self._sink, bytes(envelope.content or b"")
        refusal = sink.script.data(sink.seen)
        sink.seen += 1
        if refusal is not None:
            return refusal
        sink.received.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        await asyncio.sleep(sink.script.late_after_data)
        if sink.script.drop_after_data:
            server.transport.abort()
        return "250 2.0.0 kept"


class _Counting(Controller):
    """Knows its connections: a desk keeps one open, and a test can see it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        self.sessions.append(super().factory())
        return self.sessions[-1]

    async def hang_up(self) -> None:
        for session in self.sessions:
            if session.transport is not None:
                session.transport.abort()
        await asyncio.sleep(0.01)


class SmtpSink:
    """The sink; `received` holds what was accepted, in order.

    With certificates it speaks STARTTLS, or TLS from the first byte when `implicit_tls`; `login` asks for
    USER and PASSWORD, over TLS only, before any mail. With `pipelining` it takes several commands at once.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        certificates: Certificates | None = None,
        *,
        implicit_tls: bool = False,
        login: bool = False,
        size_limit: int = 40_000_000,
        pipelining: bool = False,
    ) -> None:
        self.pipelining = pipelining
        self.received: list[Received] = []
        self.script = Script()
        self.seen = 0
        self._options: dict[str, Any] = {"enable_SMTPUTF8": True, "data_size_limit": size_limit}
        if login:
            self._options |= {"authenticator": _check, "auth_required": True}
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            self._options["ssl_context" if implicit_tls else "tls_context"] = context
        self._controller: _Counting | None = None
        self.port = free_port()

    def start(self) -> None:
        """Start, or start again on the same port."""
        self._controller = _Counting(_Handler(self), self.host, self.port, **self._options)
        self._controller.start()

    @property
    def connections(self) -> int:
        """Links opened since the last start (aiosmtpd opens one itself to see that it runs)."""
        return len(self._controller.sessions) - 1 if self._controller is not None else 0

    def stop(self) -> None:
        """Stop listening and cut every link."""
        if self._controller is not None:
            asyncio.run_coroutine_threadsafe(self._controller.hang_up(), self._controller.loop).result(timeout=5)
            self._controller.stop()
            self._controller = None


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)
