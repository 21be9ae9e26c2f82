"""Login by access token: against a real Dovecot, an SMTP server that knows XOAUTH2, and an issuer on loopback."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from servers.accounts import imap_account
from servers.certificates import Certificates
from servers.dovecot import PASSWORD as TOKEN  # Dovecot's static passdb takes the password for a token
from servers.dovecot import Dovecot
from servers.process import free_port
from servers.token_issuer import TokenIssuer

from triage.cli.wiring import tokens_for
from triage.config import OAuth
from triage.credentials import Secret, replace_secret
from triage.transport.accounts import SmtpRoute
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import MailboxLost, MailboxRefused
from triage.transport.oauth import Grant, TokenLost, TokenRefused, TokenSource
from triage.transport.smtp import RelayLost, RelayRefused, SmtpSender

SECRET, REFRESH = "SAMPLE-client-secret", "SAMPLE-refresh-token"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[TokenIssuer]:
    server = TokenIssuer()
    server.answer = lambda form: (200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
    server.start()
    yield server
    server.stop()


def grant(issuer: TokenIssuer, **changes: object) -> Grant:
    made = Grant(issuer.url, "desk", SECRET, REFRESH, "imap smtp", timeout=5)
    return replace(made, **changes)  # type: ignore[arg-type]


# ── the token ───────────────────────────────────────────────────────────────────────────────────────


def test_a_refresh_token_is_traded_for_an_access_token(issuer: TokenIssuer):
    assert TokenSource(grant(issuer)).token() == TOKEN
    assert issuer.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "desk",
            "client_secret": SECRET,
            "refresh_token": REFRESH,
            "scope": "imap smtp",
        }
    ]


def test_without_a_refresh_token_the_clients_own_credentials_are_the_grant(issuer: TokenIssuer):
    assert TokenSource(grant(issuer, refresh_token=None)).token() == TOKEN
    (form,) = issuer.asked
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "desk",
        "client_secret": SECRET,
        "scope": form["scope"],
    }


def test_a_token_is_kept_and_renewed_five_minutes_before_it_ends(issuer: TokenIssuer):
    clock = Clock()
    tokens = TokenSource(grant(issuer), clock)
    tokens.token()
    clock.now += 3299
    tokens.token()
    assert len(issuer.asked) == 1
    clock.now += 2
    tokens.token()
    assert len(issuer.asked) == 2


def test_a_short_lived_token_is_renewed_at_half_its_life(issuer: TokenIssuer):
    issuer.answer = lambda form: (200, {"access_token": TOKEN, "expires_in": 60})
    clock = Clock()
    tokens = TokenSource(grant(issuer), clock)
    tokens.token()
    clock.now += 29
    tokens.token()
    assert len(issuer.asked) == 1
    clock.now += 2
    tokens.token()
    assert len(issuer.asked) == 2


def test_a_rotated_refresh_token_is_used_next_and_kept_in_its_file(issuer: TokenIssuer, tmp_path: Path):
    issuer.answer = lambda form: (200, {"access_token": TOKEN, "refresh_token": "SAMPLE-second", "expires_in": 3600})
    file = tmp_path / "refresh-token"
    file.write_text(REFRESH)
    kept = Secret(file=file)
    tokens = tokens_for(OAuth(token_url=issuer.url, client_id="desk", refresh_token=kept), 5)
    assert tokens is not None
    tokens.token()
    tokens.forget()
    tokens.token()
    assert [form["refresh_token"] for form in issuer.asked] == [REFRESH, "SAMPLE-second"]
    assert file.read_text().strip() == "SAMPLE-second"
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["refresh-token"]


def test_a_refresh_token_that_cannot_be_kept_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        replace_secret(Secret(file=tmp_path / "missing" / "token"), "SAMPLE-second")
    assert "cannot be kept" in caplog.text
    assert "SAMPLE-second" not in caplog.text


@pytest.mark.parametrize(
    ("status", "said", "kind", "words"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": "AADSTS7000215: wrong\r\nTrace"},
            TokenRefused,
            "client_secret",
        ),
        (400, {"error": "invalid_grant"}, TokenRefused, "give consent anew"),
        (400, {"error": "something_new"}, TokenRefused, "something_new"),
        (404, "no such page", TokenRefused, "correct 'token_url'"),
        (302, "", TokenRefused, "correct 'token_url'"),
        (429, {"error": "slow_down"}, TokenLost, "HTTP 429"),
        (503, "maintenance", TokenLost, "HTTP 503"),
        (200, "<html>a portal</html>", TokenRefused, "missing_token"),
        (200, "[1, 2]", TokenLost, "holds no token"),
        (200, '{"access_token": "a\\nb"}', TokenRefused, "characters"),
        (200, '{"access_token": "a", "expires_in": "soon"}', TokenLost, "holds no token"),
    ],
)
def test_whatever_the_issuer_answers_is_one_clear_line(
    issuer: TokenIssuer, status: int, said: dict[str, object] | str, kind: type[Exception], words: str
):
    issuer.answer = lambda form: (status, said)
    with pytest.raises(kind) as caught:
        TokenSource(grant(issuer)).token()
    line = str(caught.value)
    assert words in line
    assert "\n" not in line
    assert SECRET not in line
    assert REFRESH not in line
    assert len(issuer.asked) == 1  # and a redirect is not followed


def test_an_issuer_that_is_away_is_tried_again_later(issuer: TokenIssuer):
    with pytest.raises(TokenLost, match="nothing answers"):
        TokenSource(grant(issuer, token_url=f"http://127.0.0.1:{free_port()}/token")).token()


def test_the_secret_never_travels_in_clear():
    with pytest.raises(TokenRefused, match="must begin with https"):
        TokenSource(Grant("http://issuer.example/token", "desk", SECRET)).token()


def test_the_issuers_certificate_is_checked(certificates: Certificates):
    issuer = TokenIssuer(certificates)
    issuer.start()
    try:
        assert TokenSource(grant(issuer, ca_file=certificates.authority)).token() == "SAMPLE-token"
        with pytest.raises(TokenRefused, match="certificate"):
            TokenSource(grant(issuer, ca_file=certificates.stranger)).token()
    finally:
        issuer.stop()


def test_no_secret_shows_in_the_grants_own_words(issuer: TokenIssuer):
    assert SECRET not in repr(grant(issuer))
    assert REFRESH not in repr(grant(issuer))


# ── IMAP ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mailbox_is_opened_with_a_token(dovecot: Dovecot, mail_user: str, issuer: TokenIssuer):
    tokens = TokenSource(grant(issuer))
    mailbox = ImapMailbox(replace(imap_account(dovecot, mail_user, password=""), tokens=tokens))
    assert mailbox.count_waiting() == 0
    mailbox.close()
    assert mailbox.count_waiting() == 0
    mailbox.close()
    assert len(issuer.asked) == 1  # the token outlives the connection


def test_a_token_that_the_server_refuses_is_not_used_again(dovecot: Dovecot, mail_user: str, issuer: TokenIssuer):
    issuer.answer = lambda form: (200, {"access_token": "SAMPLE-revoked"})
    mailbox = ImapMailbox(replace(imap_account(dovecot, mail_user, password=""), tokens=TokenSource(grant(issuer))))
    with pytest.raises(MailboxRefused, match="let the client use this mailbox") as caught:
        mailbox.count_waiting()
    assert "SAMPLE-revoked" not in str(caught.value)
    issuer.answer = lambda form: (200, {"access_token": TOKEN})
    assert mailbox.count_waiting() == 0
    mailbox.close()


@pytest.mark.parametrize(("status", "kind"), [(503, MailboxLost), (400, MailboxRefused)])
def test_a_mailbox_without_a_token_says_what_the_issuer_said(
    dovecot: Dovecot, mail_user: str, issuer: TokenIssuer, status: int, kind: type[Exception]
):
    issuer.answer = lambda form: (status, {"error": "invalid_grant"})
    mailbox = ImapMailbox(replace(imap_account(dovecot, mail_user, password=""), tokens=TokenSource(grant(issuer))))
    with pytest.raises(kind, match=r"support: http://127\.0\.0\.1:"):
        mailbox.count_waiting()


# ── SMTP ────────────────────────────────────────────────────────────────────────────────────────────


class Relay:
    """An SMTP server that knows XOAUTH2 as the large providers do: a refusal comes as a challenge first."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.port = free_port()
        hidden = ["PLAIN", "LOGIN"]
        self._controller = Controller(
            self, "127.0.0.1", self.port, auth_require_tls=False, auth_exclude_mechanism=hidden
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        if base64.b64decode(args[1]) == f"user=desk@psp.example\1auth=Bearer {TOKEN}\1\1".encode():
            return AuthResult(success=True)
        await server.challenge_auth(b'{"status":"401"}', encode_to_b64=True)
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(bytes(envelope.content or b""))
        return "250 kept"


@pytest.fixture
def relay() -> Iterator[Relay]:
    server = Relay()
    server.start()
    yield server
    server.stop()


def sender(relay: Relay, issuer: TokenIssuer) -> SmtpSender:
    tokens = TokenSource(grant(issuer))
    return SmtpSender(SmtpRoute("127.0.0.1", relay.port, "none", "desk@psp.example", timeout=5, tokens=tokens))


def test_a_mail_leaves_with_a_token(relay: Relay, issuer: TokenIssuer):
    way = sender(relay, issuer)
    assert way.send(b"Subject: a\r\n\r\nb\r\n", "desk@psp.example", ["a@shop.example"]).accepted
    way.close()
    assert len(relay.mails) == 1


def test_a_relay_that_refuses_the_token_is_one_clear_line_and_the_next_token_is_new(relay: Relay, issuer: TokenIssuer):
    issuer.answer = lambda form: (200, {"access_token": "SAMPLE-revoked"})
    way = sender(relay, issuer)
    with pytest.raises(RelayRefused, match=r"refuses the login .*let the client use this mailbox"):
        way.send(b"Subject: a\r\n\r\nb\r\n", "desk@psp.example", ["a@shop.example"])
    issuer.answer = lambda form: (200, {"access_token": TOKEN})
    assert way.send(b"Subject: a\r\n\r\nb\r\n", "desk@psp.example", ["a@shop.example"]).accepted
    way.close()


@pytest.mark.parametrize(("status", "kind"), [(503, RelayLost), (400, RelayRefused)])
def test_a_relay_without_a_token_says_what_the_issuer_said(
    relay: Relay, issuer: TokenIssuer, status: int, kind: type[Exception]
):
    issuer.answer = lambda form: (status, {"error": "invalid_grant"})
    with pytest.raises(kind, match=r"http://127\.0\.0\.1:"):
        sender(relay, issuer).send(b"Subject: a\r\n\r\nb\r\n", "desk@psp.example", ["a@shop.example"])
