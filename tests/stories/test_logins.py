"""A login that stops working is heard of (docs/failure-stories.md, F45): the real command, its issuer of tokens gone sour."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from servers.dovecot import PASSWORD, Dovecot
from servers.smtp_sink import SmtpSink
from servers.token_issuer import TokenIssuer

from tests.acceptance.desk_process import CONFIG, ROOT, Desk, eventually
from tests.stories.stage import letter

pytestmark = pytest.mark.timeout(600)

BY_TOKEN = "oauth: {{token_url: '{url}', client_id: desk, client_secret: {{env: SAMPLE_PW}}, scope: mail}}"
ALERTS = "alerts:\n  to: [on-call@desk.example]\n  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}\n"


@pytest.fixture
def issuer() -> Iterator[TokenIssuer]:
    server = TokenIssuer()
    server.answer = lambda form: (401, {"error": "invalid_client", "error_description": "the secret has expired"})
    server.start()
    yield server
    server.stop()


def test_f45_staff_hear_by_another_way_that_no_token_is_given_any_more(
    dovecot: Dovecot, mail_user: str, smtp_sink: SmtpSink, issuer: TokenIssuer, on_call: SmtpSink, tmp_path: Path
):
    words = CONFIG.format(
        imap_port=dovecot.port,
        tls="none",
        ca_file=tmp_path / "none.pem",
        user=mail_user,
        smtp_port=smtp_sink.port,
        database=f"sqlite:///{tmp_path}/desk.sqlite",
        state=ROOT / "var",
        root=ROOT,
    )
    words = words.replace("password: {env: SAMPLE_PW}", BY_TOKEN.format(url=issuer.url)).replace(
        "seconds: 20", "seconds: 2"
    )
    (tmp_path / "config.yaml").write_text(words + ALERTS.format(port=on_call.port), encoding="utf-8")
    dovecot.deliver(mail_user, letter())
    with Desk(tmp_path / "config.yaml", PASSWORD).daemon():
        eventually(lambda: len(on_call.received) == 1, "staff are told")
        issuer.answer = lambda form: (200, {"access_token": PASSWORD, "expires_in": 3600})
        eventually(lambda: len(smtp_sink.received) == 1, "the mail that waited is answered, without a restart")
        eventually(lambda: len(on_call.received) == 2, "staff are told that it is over")
    began, ended = (message_from_bytes(received.raw, policy=policy.default) for received in on_call.received)
    assert "invalid_client" in began.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Over: " in ended["Subject"]
