"""Mail out over SMTP: one kept-open connection, and an exact account of what became of each recipient.

An exception always means that nothing was handed over, so that trying again is safe. Only a server that
vanishes after the whole mail was sent leaves doubt: the fate UNCERTAIN (resend under the same Message-ID).
"""

from __future__ import annotations

import contextlib
import smtplib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from triage.domain import OperatorError
from triage.mail.addresses import on_the_wire
from triage.transport.accounts import SmtpRoute
from triage.transport.link import diagnose, is_loopback, tls_context
from triage.transport.mailbox import Examination
from triage.transport.oauth import WHEN_NOT_TAKEN, TokenLost, TokenRefused, TokenSource

_GO_ON = 354  # the reply to DATA that asks for the mail
_KEEP_SECONDS = 50.0  # a link idle for longer is not trusted: relays close theirs after a minute or more


class RelayLost(OperatorError):  # noqa: N818 - reads as what happened
    """The relay cannot be reached just now; nothing was handed over. Try again after a pause that grows."""

    exit_code = 5
    in_hand: bool = True  # the mail given may be the cause; False when there was no link to give it to


class RelayRefused(OperatorError):  # noqa: N818
    """A person must mend something (password, certificate, our address); the message says what, in one line."""

    exit_code = 4
    in_hand: bool = True  # as in RelayLost


class Fate(StrEnum):
    """What became of a mail for one recipient."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # try again later
    REFUSED = "refused"  # for good
    UNCERTAIN = "uncertain"  # the relay had all of it and vanished before it answered


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay said for one recipient (RFC 5321 section 4.2); code 0 when it said nothing."""

    address: str
    fate: Fate
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one mail, recipient by recipient."""

    answers: tuple[Answer, ...]

    def addresses(self, *fates: Fate) -> tuple[str, ...]:
        """The recipients with one of these fates."""
        return tuple(answer.address for answer in self.answers if answer.fate in fates)

    @property
    def accepted(self) -> bool:
        """Somebody has it."""
        return bool(self.addresses(Fate.ACCEPTED))

    @property
    def refused(self) -> bool:
        """Nobody has it, and nobody will."""
        return len(self.addresses(Fate.REFUSED)) == len(self.answers)

    @property
    def uncertain(self) -> bool:
        return bool(self.addresses(Fate.UNCERTAIN))

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Whom to try again: deferred or uncertain."""
        return self.addresses(Fate.DEFERRED, Fate.UNCERTAIN)

    @property
    def words(self) -> str:
        """The relay's answers in one line, for the log and the ledger."""
        said = dict.fromkeys(f"{answer.code} {answer.text}".strip() for answer in self.answers)
        return "; ".join(said)[:500]


class Sender(Protocol):
    """A way out for the desk's mail. Methods may raise RelayLost or RelayRefused, and nothing else."""

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Delivery:
        """Hand over a mail; `sender` is where bounces go ("" for nowhere)."""

    def examine(self, sender: str) -> Examination:
        """Try everything but sending."""

    def close(self) -> None:
        """Let go of the connection; the next mail opens a new one."""


class SmtpSender:
    """The Sender of an SmtpRoute."""

    def __init__(self, route: SmtpRoute) -> None:
        self._route = route
        self._smtp: smtplib.SMTP | None = None
        self._used_at = 0.0

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Delivery:
        """Send over the open link; when that turns out to be closed, once more over a new one."""
        if not recipients:
            return Delivery(())
        if self._smtp is not None and time.monotonic() - self._used_at < _KEEP_SECONDS:
            with contextlib.suppress(RelayLost, RelayRefused):  # some relays end a session with a 5xx
                return self._send(self._smtp, message, sender, recipients)
        self.close()
        try:
            self._smtp = _connect(self._route)
        except (RelayLost, RelayRefused) as error:
            error.in_hand = False
            raise
        return self._send(self._smtp, message, sender, recipients)

    def _send(self, smtp: smtplib.SMTP, message: bytes, sender: str, recipients: Sequence[str]) -> Delivery:
        try:
            delivery = _transact(smtp, message, sender, recipients)
        except RelayRefused:
            self._drop()
            raise
        except OSError as error:  # smtplib's own errors are OSErrors too
            self._drop()
            raise RelayLost(f"{self._route.host}: connection lost while sending: {_said(error)}") from error
        except BaseException:
            self._drop()
            raise
        self._used_at = time.monotonic()
        return delivery

    def examine(self, sender: str) -> Examination:
        """Log in and offer our address, then take it back."""
        route = self._route
        self.close()
        self._smtp = smtp = _connect(route)
        with _told(route):
            _taken(*next(_replies(smtp, [_mail_from(smtp, sender, [])])), sender)
            smtp.rset()
        login = f"logged in as {route.user}" if route.user else "without a login"
        size = f", takes up to {int(smtp.esmtp_features['size']):,} bytes" if smtp.esmtp_features.get("size") else ""
        in_clear = route.tls == "none" and not is_loopback(route.host)
        remarks = ("replies travel in clear; set 'tls: starttls' or 'ssl'",) if in_clear else ()
        return Examination((f"SMTP {route.host}:{route.port} ({route.tls}), {login}{size}",), remarks)

    def close(self) -> None:
        """Say goodbye and hang up."""
        if self._smtp is not None:
            with contextlib.suppress(OSError):
                self._smtp.quit()
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────


def _connect(route: SmtpRoute) -> smtplib.SMTP:
    if route.tls == "none" and (route.password or route.tokens) and not is_loopback(route.host):
        raise RelayRefused(f"{route.host}: 'tls: none' would send the password in clear; set 'tls: starttls' or 'ssl'")
    with _told(route), contextlib.ExitStack() as on_failure:
        smtp = _open(route)
        on_failure.callback(smtp.close)
        smtp.ehlo_or_helo_if_needed()
        if route.tls == "starttls":
            smtp.starttls(context=tls_context(route.ca_file))
            smtp.ehlo()
        if route.user is not None:
            _log_in(smtp, route, route.user)
        on_failure.pop_all()
        return smtp


def _log_in(smtp: smtplib.SMTP, route: SmtpRoute, user: str) -> None:
    if route.tokens is None:
        smtp.login(user, route.password or "")
        return
    if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").split():
        raise smtplib.SMTPNotSupportedError("XOAUTH2")
    told = f"user={user}\1auth=Bearer {_token(route.tokens)}\1\1"
    try:
        smtp.auth("XOAUTH2", lambda challenge=None: told if challenge is None else "")  # "" asks for the plain refusal
    except smtplib.SMTPAuthenticationError:
        route.tokens.forget()
        raise


def _token(tokens: TokenSource) -> str:
    try:
        return tokens.token()
    except TokenLost as error:
        raise RelayLost(str(error)) from error
    except TokenRefused as error:
        raise RelayRefused(str(error)) from error


def _open(route: SmtpRoute) -> smtplib.SMTP:
    if route.tls == "ssl":
        context = tls_context(route.ca_file)
        return smtplib.SMTP_SSL(route.host, route.port, route.hello, timeout=route.timeout, context=context)
    return smtplib.SMTP(route.host, route.port, route.hello, timeout=route.timeout)


@contextlib.contextmanager
def _told(route: SmtpRoute) -> Iterator[None]:
    """Turn every failure to open a link into one of two errors with one clear line."""
    where = f"{route.host}:{route.port}"
    try:
        yield
    except smtplib.SMTPNotSupportedError as error:
        advice = "check 'tls' and 'user', or switch it on at the server"
        raise RelayRefused(f"{where} does not offer what is asked for ({_said(error)}); {advice}") from None
    except smtplib.SMTPResponseException as error:
        if 400 <= error.smtp_code < 500:
            raise RelayLost(f"{where}: not just now: {_said(error)}") from error
        what = "the login" if isinstance(error, smtplib.SMTPAuthenticationError) else "us"
        login = "correct 'user' or 'password'" if route.tokens is None else WHEN_NOT_TAKEN
        advice = login if what == "the login" else "ask its operator"
        raise RelayRefused(f"{where} refuses {what} ({_said(error)}); {advice}") from None
    except smtplib.SMTPException as error:
        raise RelayLost(f"{where}: no session: {_said(error)}") from error
    except OSError as error:
        found = diagnose(error, route.host, route.port)
        raise (RelayRefused if found.lasting else RelayLost)(found.line) from error
    except UnicodeEncodeError:
        raise RelayRefused(f"{where}: 'user' and 'password' must be plain ASCII for SMTP") from None


# ── one mail ────────────────────────────────────────────────────────────────────────────────────────


def _transact(smtp: smtplib.SMTP, message: bytes, sender: str, recipients: Sequence[str]) -> Delivery:
    """One mail over an open link. Every exception is raised before the relay had the whole mail."""
    content = _on_the_line(message)
    answers = {address: answer for address in recipients if (answer := _unasked(smtp, address))}
    asked = [address for address in dict.fromkeys(recipients) if address not in answers]
    if not asked:
        return Delivery(tuple(answers.values()))
    offer = _mail_from(smtp, sender, asked, size=len(content), eight_bit=not content.isascii())
    replies = _replies(smtp, [offer, *map(_rcpt_to, asked), "DATA"])
    if (too_large := _taken(*next(replies), sender)) is not None:
        _call_off(smtp, replies)
        return Delivery(tuple(replace(too_large, address=address) for address in recipients))
    answers |= {address: _of_one(address, *reply) for address, reply in zip(asked, replies, strict=False)}
    if willing := [address for address, answer in answers.items() if answer.fate is Fate.ACCEPTED]:
        answers |= {answer.address: answer for answer in _hand_over(smtp, *next(replies), content, willing)}
    else:
        _call_off(smtp, replies)
    return Delivery(tuple(answers[address] for address in dict.fromkeys(recipients)))


def _replies(smtp: smtplib.SMTP, commands: Sequence[str]) -> Iterator[tuple[int, bytes]]:
    """What the relay says to each command. All go at once where it takes that (RFC 2920), else one when its reply is wanted."""
    if _at_once(smtp):
        smtp.send("".join(f"{command}\r\n" for command in commands).encode())
        for _ in commands:
            yield smtp.getreply()
    else:
        for command in commands:
            smtp.send(f"{command}\r\n".encode())
            yield smtp.getreply()


def _at_once(smtp: smtplib.SMTP) -> bool:
    return smtp.has_extn("pipelining")


def _call_off(smtp: smtplib.SMTP, replies: Iterator[tuple[int, bytes]]) -> None:
    """Begin anew after a mail that nobody gets. A relay that waits for it all the same gets an empty one (RFC 2920, 3.1)."""
    if _at_once(smtp) and [code for code, _ in replies][-1:] == [_GO_ON]:
        smtp.send(b".\r\n")
        smtp.getreply()
    smtp.rset()


def _on_the_line(message: bytes) -> bytes:
    """Every line with CRLF, and those that begin with a dot with one more (RFC 5321 section 4.5.2)."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return b"." * lines.startswith(b".") + lines.replace(b"\r\n.", b"\r\n..")


def _mail_from(
    smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], size: int = 0, *, eight_bit: bool = False
) -> str:
    options = [f"SIZE={size}"] if size and smtp.has_extn("size") else []
    if eight_bit and smtp.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if not all(address.isascii() for address in (sender, *recipients)) and smtp.has_extn("smtputf8"):
        options.append("SMTPUTF8")
    return " ".join((f"MAIL FROM:<{sender}>", *options))


def _taken(code: int, text: bytes, sender: str) -> Answer | None:
    """The reply to MAIL FROM. None when taken; an Answer when this mail is too large; anything else concerns all mail."""
    if code == 250:
        return None
    if code == 552:
        return _answer("", code, text)
    if 500 <= code < 600:
        said = _said(smtplib.SMTPResponseException(code, text))
        raise RelayRefused(f"the relay does not take mail from {sender} ({said}); correct 'desk.address', or log in")
    raise smtplib.SMTPResponseException(code, text)


def _unasked(smtp: smtplib.SMTP, address: str) -> Answer | None:
    """The answer for an address that the relay would not understand; None for one that it is asked about."""
    wire = on_the_wire(address)
    if wire is None:
        return Answer(address, Fate.REFUSED, 553, "not an address")
    if not wire.isascii() and not smtp.has_extn("smtputf8"):
        return Answer(address, Fate.REFUSED, 553, "the relay takes no address with letters outside ASCII")
    return None


def _rcpt_to(address: str) -> str:
    return f"RCPT TO:<{on_the_wire(address)}>"


def _of_one(address: str, code: int, text: bytes) -> Answer:
    """The reply to RCPT TO."""
    if code == 421:  # it is closing the link (RFC 5321 section 3.8)
        raise smtplib.SMTPResponseException(code, text)
    return _answer(address, code, text)


def _hand_over(smtp: smtplib.SMTP, code: int, text: bytes, content: bytes, willing: Sequence[str]) -> list[Answer]:
    """The mail itself, after the reply to DATA. After the last byte an answer that never comes leaves the fate uncertain."""
    if code == _GO_ON:
        smtp.send(content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"))
        try:
            code, text = smtp.getreply()
        except OSError as error:
            return [Answer(address, Fate.UNCERTAIN, 0, _said(error)) for address in willing]
    elif code == 421:
        raise smtplib.SMTPResponseException(code, text)
    else:
        smtp.rset()
    return [_answer(address, code, text) for address in willing]


def _answer(address: str, code: int, text: bytes) -> Answer:
    fate = Fate.ACCEPTED if 200 <= code < 300 else Fate.REFUSED if 500 <= code < 600 else Fate.DEFERRED
    return Answer(address, fate, code, _one_line(text.decode("utf-8", "replace")))


def _said(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return f"{error.smtp_code} {_one_line(said)}"
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
