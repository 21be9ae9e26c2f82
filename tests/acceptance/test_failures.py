"""What an operator sees when something is wrong: one clear line, one exit code a kind, and mail that is still there."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.certificates import Certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.process import free_port
from servers.smtp_sink import SmtpSink

from tests.acceptance.desk_process import CONFIG, ROOT, Desk, eventually

pytestmark = pytest.mark.timeout(600)

MAIL = (
    b"From: kari@shop.example\r\nTo: integration@desk.example\r\nSubject: Oppgjor mangler\r\nMessage-ID: <1@shop.example>"
    b"\r\n\r\nPengene for forrige uke er ikke pa konto. Nar kommer utbetalingen?\r\n"
)


@pytest.fixture
def config(dovecot: Dovecot, certificates: Certificates, smtp_sink: SmtpSink, tmp_path: Path) -> dict[str, object]:
    return {
        "imap_port": dovecot.tls_port,
        "tls": "ssl",
        "ca_file": certificates.authority,
        "user": dovecot.new_user(),
        "smtp_port": smtp_sink.port,
        "database": f"sqlite:///{tmp_path}/desk.sqlite",
        "state": ROOT / "var",
        "root": ROOT,
    }


def desk(tmp_path: Path, config: dict[str, object], password: str = PASSWORD, old: str = "", new: str = "") -> Desk:
    (tmp_path / "config.yaml").write_text(CONFIG.format(**config).replace(old, new), encoding="utf-8")
    return Desk(tmp_path / "config.yaml", password)


def last_line(found: Desk, code: int) -> str:
    done = found.run("run", "--once", check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_a_wrong_password_is_one_line(tmp_path: Path, config: dict[str, object]):
    assert "password" in last_line(desk(tmp_path, config, password="SAMPLE-wrong"), 4)


def test_a_certificate_of_an_unknown_authority_is_one_line(tmp_path: Path, config: dict[str, object]):
    found = desk(tmp_path, config, old=f"ca_file: {config['ca_file']}, ", new="")
    assert "certificate" in last_line(found, 4)


def test_an_unknown_host_is_one_line(tmp_path: Path, config: dict[str, object]):
    found = desk(tmp_path, config, old="host: localhost", new="host: imap.nowhere.invalid")
    line = last_line(found, 4)
    assert "the host name 'imap.nowhere.invalid' is not known" in line


def test_a_server_that_is_down_is_one_line(tmp_path: Path, config: dict[str, object]):
    assert "nothing answers at localhost:" in last_line(desk(tmp_path, config | {"imap_port": free_port()}), 5)


def test_the_doctor_names_each_connection_and_what_to_fix(tmp_path: Path, config: dict[str, object]):
    healthy = desk(tmp_path, config).run("doctor")
    assert healthy.stdout.count("✓") == 4
    sick = desk(tmp_path, config | {"smtp_port": free_port()}, password="SAMPLE-wrong").run("doctor", check=False)
    assert (sick.returncode, sick.stdout.count("✗"), sick.stdout.count("✓")) == (1, 2, 2)


def test_the_daemon_waits_for_servers_that_are_away_and_then_does_its_work(
    tmp_path: Path, config: dict[str, object], certificates: Certificates, smtp_sink: SmtpSink
):
    """F46: no restart by hand."""
    server = Dovecot(certificates)
    user = server.new_user()
    try:
        server.deliver(user, MAIL)
        with desk(tmp_path, config | {"imap_port": server.tls_port, "user": user}).daemon():
            server.start()
            eventually(lambda: len(smtp_sink.received) == 1, "the mail was answered after the server came up")
            server.kill()
            server.start()
            server.deliver(user, MAIL.replace(b"<1@", b"<2@").replace(b"Pengene", b"Fortsatt: pengene"))
            eventually(lambda: len(smtp_sink.received) == 2, "mail is answered after the server was killed")
    finally:
        server.stop()
