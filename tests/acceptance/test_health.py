"""A real daemon whose servers fail: who watches it hears within a window, by every way, and once."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from servers.certificates import Certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.process import free_port
from servers.smtp_sink import SmtpSink
from servers.token_issuer import TokenIssuer

from tests.acceptance.desk_process import CONFIG, ROOT, Desk, eventually
from tests.acceptance.test_failures import MAIL

pytestmark = pytest.mark.timeout(600)

WATCHED = """\
health: {{listen: 127.0.0.1:{listen}, textfile: triage.prom}}
alerts:
  to: [on-call@desk.example]
  smtp: {{host: 127.0.0.1, port: {alert_port}, tls: none}}
"""


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Dovecot]:
    """A Dovecot of the test's own, which it may kill."""
    own = Dovecot(certificates)
    own.start()
    yield own
    own.stop()


@pytest.fixture
def fields(
    server: Dovecot, certificates: Certificates, smtp_sink: SmtpSink, on_call: SmtpSink, tmp_path: Path
) -> dict[str, object]:
    return {
        "imap_port": server.tls_port,
        "tls": "ssl",
        "ca_file": certificates.authority,
        "user": server.new_user(),
        "smtp_port": smtp_sink.port,
        "database": f"sqlite:///{tmp_path}/desk.sqlite",
        "state": ROOT / "var",
        "root": ROOT,
        "listen": free_port(),
        "alert_port": on_call.port,
    }


def desk(tmp_path: Path, fields: dict[str, object], password: str = PASSWORD) -> Desk:
    text = (CONFIG + WATCHED).format(**fields).replace("seconds: 20", "seconds: 2")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return Desk(tmp_path / "config.yaml", password)


def ask(fields: dict[str, object], page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{fields['listen']}{page}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def names(fields: dict[str, object]) -> list[str]:
    return [reason["name"] for reason in json.loads(ask(fields, "/healthz")[1])["reasons"]]


def subjects(sink: SmtpSink) -> list[str]:
    found = (message_from_bytes(received.raw, policy=policy.default)["Subject"] for received in sink.received)
    return [subject.partition("] ")[2] for subject in found]


def test_a_mail_server_that_dies_turns_the_desk_red_and_staff_hear_of_it_once(
    tmp_path: Path, fields: dict[str, object], server: Dovecot, smtp_sink: SmtpSink, on_call: SmtpSink
):
    """F45 as well: the alarm takes another way."""
    server.deliver(str(fields["user"]), MAIL)
    with desk(tmp_path, fields).daemon():
        eventually(lambda: ask(fields, "/healthz")[0] == 200 and len(smtp_sink.received) == 1, "the desk is well")
        counted = 'triage_mails_handled_total{action="redirect"} 1.0'
        eventually(lambda: counted in ask(fields, "/metrics")[1], "the mail is counted")
        server.kill()
        eventually(lambda: ask(fields, "/healthz")[0] == 503, "the desk is red")
        assert names(fields) == ["mailbox integration"]
        assert "triage_healthy 0.0" in ask(fields, "/metrics")[1]
        eventually(lambda: len(on_call.received) == 1, "staff are told")
        server.start()
        eventually(lambda: ask(fields, "/healthz")[0] == 200, "the desk is well again")
        eventually(lambda: len(on_call.received) == 2, "staff are told that it is over")
    began, ended = subjects(on_call)
    assert began.startswith("the mailbox cannot be read: integration: ")
    assert ended == f"Over: {began}"
    assert on_call.received[0].recipients == ("on-call@desk.example",)
    assert len(smtp_sink.received) == 1  # no alert went the way of the replies


def test_an_outgoing_server_that_is_away_turns_the_desk_red_while_mail_is_read(
    tmp_path: Path, fields: dict[str, object], server: Dovecot, smtp_sink: SmtpSink, on_call: SmtpSink
):
    smtp_sink.stop()
    server.deliver(str(fields["user"]), MAIL)
    with desk(tmp_path, fields).daemon():
        eventually(lambda: ask(fields, "/healthz")[0] == 503, "the desk is red")
        eventually(lambda: any(name.startswith("relay ") for name in names(fields)), "because of the relay")
        assert "mailbox integration" not in names(fields)
        eventually(lambda: len(on_call.received) >= 1, "staff are told by the other way")
        smtp_sink.start()
        eventually(lambda: len(smtp_sink.received) == 1, "the reply leaves")
        eventually(lambda: ask(fields, "/healthz")[0] == 200, "the desk is well again")


def test_systemd_hears_of_the_start_of_life_and_of_the_end(
    tmp_path: Path, fields: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(tmp_path / "notify"))
        link.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1500000")
        said: list[str] = []
        with desk(tmp_path, fields).daemon():
            while said.count("WATCHDOG=1") < 5 or "READY=1" not in said:
                said.append(link.recv(1000).decode())
        link.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                said.append(link.recv(1000).decode())
    assert "STATUS=green" in said
    assert said[-1] == "STOPPING=1"


def test_runs_from_cron_are_red_when_they_begin_to_fail_and_told_once(
    tmp_path: Path, fields: dict[str, object], on_call: SmtpSink
):
    failing, file = desk(tmp_path, fields, password="SAMPLE-wrong"), tmp_path / "triage.prom"
    for _ in range(2):
        assert failing.run("run", "--once", check=False).returncode == 4
    assert "triage_healthy 0.0" in file.read_text()
    healthy = desk(tmp_path, fields)
    for _ in range(2):
        healthy.run("run", "--once")
    assert "triage_healthy 1.0" in file.read_text()
    began, ended = subjects(on_call)
    assert began.startswith("the run failed: integration: ")
    assert ended == f"Over: {began}"


@pytest.fixture
def issuer() -> Iterator[TokenIssuer]:
    tokens = TokenIssuer()
    tokens.start()
    yield tokens
    tokens.stop()


def test_consent_that_ran_out_turns_the_desk_red_and_staff_hear_of_it_by_another_way(
    tmp_path: Path, fields: dict[str, object], server: Dovecot, on_call: SmtpSink, issuer: TokenIssuer
):
    """F45: a refresh that fails is told at once, not found out after days."""
    watched = desk(tmp_path, fields)
    oauth = f"oauth: {{token_url: '{issuer.url}', client_id: desk, refresh_token: {{env: SAMPLE_PW}}}}"
    text = watched.config.read_text(encoding="utf-8")
    watched.config.write_text(text.replace("password: {env: SAMPLE_PW}", oauth), encoding="utf-8")
    issuer.answer = lambda form: (200, {"access_token": PASSWORD, "expires_in": 2})
    with watched.daemon():
        eventually(lambda: "last_look_timestamp_seconds{" in ask(fields, "/metrics")[1], "the mailbox was read")
        time.sleep(1.5)  # the token in memory is too old by now
        issuer.answer = lambda form: (400, {"error": "invalid_grant", "error_description": "the consent has ended"})
        server.kill()
        server.start()
        eventually(lambda: ask(fields, "/healthz")[0] == 503, "the desk is red")
        eventually(lambda: len(on_call.received) == 1, "staff are told")
        eventually(lambda: "consent has ended" in ask(fields, "/healthz")[1], "for the right reason")
