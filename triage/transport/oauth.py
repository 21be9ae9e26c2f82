"""Access tokens for IMAP and SMTP (XOAUTH2): asked for at the issuer, kept in memory, renewed before they end.

Two grants of RFC 6749: a refresh token (section 6; Google, Microsoft 365 on behalf of a person) and client
credentials (section 4.4; Microsoft 365 for a program). The only home of oauthlib, which writes the questions
and judges the answers; the talking is urllib's.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from triage.domain import OperatorError
from triage.transport.link import diagnose, is_loopback, tls_context

_EARLY = 300.0  # seconds before its end at which a token is renewed, or half its life when that is shorter
_UNSAID = 3600.0  # seconds a token lives when the issuer does not say
_ANSWER = 200_000  # bytes read of an answer
_WORDS = 200  # characters shown of what the issuer says

WHEN_NOT_TAKEN = "correct 'user', or let the client use this mailbox ('scope', consent, the server's own permission)"


class TokenLost(OperatorError):  # noqa: N818 - reads as what happened
    """The issuer cannot be asked just now. Try again after a pause that grows."""

    exit_code = 5


class TokenRefused(OperatorError):  # noqa: N818
    """A person must mend something (client, secret, consent); the message says what, in one line."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Grant:
    """How tokens are asked for. Without a refresh token the client's own credentials are the grant.

    `keep` takes a refresh token that the issuer put in the place of ours. `timeout` is in seconds.
    """

    token_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    scope: str = ""
    ca_file: Path | None = None
    timeout: float = 60.0
    keep: Callable[[str], None] | None = None


class TokenSource:
    """Gives a living access token. May be asked by several threads."""

    def __init__(self, grant: Grant, clock: Callable[[], float] = time.monotonic) -> None:
        self._grant = grant
        self._clock = clock
        self._refresh_token = grant.refresh_token
        self._token = ""
        self._renew_at = 0.0
        self._one_asks = threading.Lock()

    def token(self) -> str:
        """The token, renewed when it is about to end. Raises TokenLost or TokenRefused."""
        with self._one_asks:
            if not self._token or self._clock() >= self._renew_at:
                self._renew()
            return self._token

    def forget(self) -> None:
        """The server did not take the token: the next question gets a new one."""
        self._token = ""

    def _renew(self) -> None:
        asked_at = self._clock()
        answer = self._understood(_ask(self._grant, self._question()))
        token = str(answer["access_token"])
        if not token.isascii() or not token.isprintable():
            raise TokenRefused(f"{self._grant.token_url}: the token holds characters that no mail server takes")
        life = float(answer.get("expires_in") or _UNSAID)
        self._token, self._renew_at = token, asked_at + max(life - _EARLY, life / 2)
        self._rotate(answer.get("refresh_token"))

    def _question(self) -> str:
        from oauthlib.oauth2 import (  # here, for most logins are passwords
            BackendApplicationClient,
            WebApplicationClient,
        )

        grant, scope = self._grant, self._grant.scope or None
        secret: dict[str, Any] = {"client_secret": grant.client_secret} if grant.client_secret else {}
        if self._refresh_token is None:
            return BackendApplicationClient(grant.client_id).prepare_request_body(
                scope=scope, include_client_id=True, **secret
            )
        return WebApplicationClient(grant.client_id).prepare_refresh_body(
            refresh_token=self._refresh_token, scope=scope, client_id=grant.client_id, **secret
        )

    def _understood(self, answer: str) -> dict[str, Any]:
        from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

        url = self._grant.token_url
        try:
            return dict(WebApplicationClient(self._grant.client_id).parse_request_body_response(answer))
        except OAuth2Error as error:
            code = error.error or ""
            said = _one_line(f"{code}: {error.description}" if error.description else code)
            if code in ("temporarily_unavailable", "server_error"):
                raise TokenLost(f"{url} gives no token for now ({said})") from None
            raise TokenRefused(f"{url} gives no token ({said}); {_ADVICE.get(code, _CHECK)}") from None
        except (ValueError, TypeError, LookupError, AttributeError, Warning):
            raise TokenLost(f"{url} gave an answer that holds no token; is 'token_url' right?") from None

    def _rotate(self, new: object) -> None:
        if isinstance(new, str) and new and self._refresh_token not in (None, new):
            self._refresh_token = new
            if self._grant.keep is not None:
                self._grant.keep(new)


_CHECK = "check 'client_id', 'client_secret', 'refresh_token' and 'scope' under 'oauth'"
_ADVICE = {
    "invalid_client": "correct 'client_id' or 'client_secret' under 'oauth'; a secret may have run out",
    "invalid_grant": "the refresh token has run out or was revoked: give consent anew and store the new one",
    "invalid_scope": "correct 'scope' under 'oauth'",
    "unauthorized_client": "let the client use this grant at the issuer",
}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A secret is told to the address in the config and to no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _ask(grant: Grant, question: str) -> str:
    """POST the question; the answer's text, also when it is an error in RFC 6749's form."""
    url = urlsplit(grant.token_url)
    host = url.hostname or ""
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(host)):
        raise TokenRefused(f"'token_url' {grant.token_url} would send the secret in clear; it must begin with https://")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        asked = urllib.request.Request(grant.token_url, question.encode(), headers)  # noqa: S310 - looked at above
        with _opener(grant, host).open(asked, timeout=grant.timeout) as answer:
            return _read(answer)
    except urllib.error.HTTPError as error:
        return _refusal(grant, error)
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        cause = reason if isinstance(reason, OSError) else error
        found = diagnose(cause, host, url.port or (443 if url.scheme == "https" else 80))
        raise (TokenRefused if found.lasting else TokenLost)(f"the issuer of tokens: {found.line}") from error
    except ValueError as error:  # http.client's words for a broken answer or address
        raise TokenLost(f"{grant.token_url}: {_one_line(str(error))}") from None


def _opener(grant: Grant, host: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    handlers.append(urllib.request.HTTPSHandler(context=tls_context(grant.ca_file)))
    if is_loopback(host):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _refusal(grant: Grant, error: urllib.error.HTTPError) -> str:
    with error:
        if error.code in (408, 429) or error.code >= 500:
            raise TokenLost(f"{grant.token_url} gives no token for now (HTTP {error.code})") from None
        said = _read(error)
    if '"error"' not in said:
        raise TokenRefused(f"{grant.token_url} answers HTTP {error.code}; correct 'token_url' under 'oauth'") from None
    return said


def _read(answer: IO[bytes]) -> str:
    return answer.read(_ANSWER).decode("utf-8", "replace")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_WORDS]
