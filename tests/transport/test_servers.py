"""The servers that all tests lean on do what they say."""

from __future__ import annotations

import smtplib

import psycopg
from servers.dovecot import Dovecot
from servers.smtp_sink import SmtpSink

MAIL = b"Subject: hello\r\n\r\nbody\r\n"


def test_dovecot_keeps_delivered_and_appended_mail_over_a_power_cut(dovecot: Dovecot, mail_user: str) -> None:
    dovecot.deliver(mail_user, MAIL)
    dovecot.append(mail_user, MAIL)
    dovecot.kill()
    dovecot.start()
    assert dovecot.mails(mail_user) == [MAIL, MAIL]


def test_each_database_is_empty_and_its_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        count = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert count.fetchone() == (0,)


def test_the_sink_keeps_what_it_accepts_and_refuses_what_it_is_told_to(smtp_sink: SmtpSink) -> None:
    smtp_sink.script.recipients["no@shop.example"] = "550 5.1.1 No such user"
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port, timeout=5) as client:
        refused = client.sendmail("desk@psp.example", ["a@shop.example", "no@shop.example"], MAIL)
    assert refused == {"no@shop.example": (550, b"5.1.1 No such user")}
    assert [mail.recipients for mail in smtp_sink.received] == [("a@shop.example",)]
