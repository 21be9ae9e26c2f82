"""Mail out: one kept link, an exact account for each recipient, and doubt only where there is doubt."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.certificates import Certificates
from servers.process import free_port
from servers.smtp_sink import PASSWORD, USER, SmtpSink

from triage.transport.accounts import SmtpRoute
from triage.transport.eml_folder import FolderSender
from triage.transport.smtp import Delivery, Fate, RelayLost, RelayRefused, SmtpSender

DESK = "desk@psp.example"
MAIL = b"Subject: reply\r\nMessage-ID: <vsd.1@psp.example>\r\n\r\nHello\r\n.dot\r\n..two\r\n"


def route(sink: SmtpSink) -> SmtpRoute:
    return SmtpRoute("127.0.0.1", sink.port, "none", timeout=5, hello="desk.psp.example")


@pytest.fixture(params=[False, True], ids=["one by one", "all at once"])
def smtp_sink(request: pytest.FixtureRequest, make_sink: Callable[..., SmtpSink]) -> SmtpSink:
    """A relay that is told one command after the other, and one that takes them all at once."""
    return make_sink(pipelining=request.param)


@pytest.fixture
def sender(smtp_sink: SmtpSink) -> Iterator[SmtpSender]:
    sender = SmtpSender(route(smtp_sink))
    yield sender
    sender.close()


@pytest.fixture
def make_sink() -> Iterator[Callable[..., SmtpSink]]:
    made: list[SmtpSink] = []

    def make(*args: object, **options: object) -> SmtpSink:
        made.append(SmtpSink(*args, **options))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield make
    for sink in made:
        sink.stop()


def fates(delivery: Delivery) -> dict[str, Fate]:
    return {answer.address: answer.fate for answer in delivery.answers}


def test_a_mail_arrives_byte_for_byte_with_its_envelope(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    delivery = sender.send(MAIL, DESK, ["a@shop.example", "b@shop.example"])
    assert delivery.accepted
    assert delivery.unsettled == ()
    (received,) = smtp_sink.received
    assert received.raw == MAIL
    assert received.sender == DESK
    assert received.recipients == ("a@shop.example", "b@shop.example")


def test_bare_line_ends_are_mended_before_they_can_smuggle_a_second_mail(
    smtp_sink: SmtpSink, sender: SmtpSender
) -> None:
    sender.send(b"Subject: x\n\nHello\n.\nMAIL FROM:<evil@shop.example>\r.\r\n", DESK, ["a@shop.example"])
    (received,) = smtp_sink.received
    assert received.raw == b"Subject: x\r\n\r\nHello\r\n.\r\nMAIL FROM:<evil@shop.example>\r\n.\r\n"


def test_many_mails_share_one_link(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    for _ in range(20):
        sender.send(MAIL, DESK, ["a@shop.example"])
    assert len(smtp_sink.received) == 20
    assert smtp_sink.connections == 1


def test_each_recipient_has_a_fate_of_its_own(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    smtp_sink.script.recipients = {"no@shop.example": "550 5.1.1 No such user", "later@shop.example": "451 4.7.1 Later"}
    delivery = sender.send(MAIL, DESK, ["a@shop.example", "no@shop.example", "later@shop.example"])
    assert fates(delivery) == {
        "a@shop.example": Fate.ACCEPTED,
        "no@shop.example": Fate.REFUSED,
        "later@shop.example": Fate.DEFERRED,
    }
    assert (delivery.accepted, delivery.refused, delivery.uncertain) == (True, False, False)
    assert delivery.unsettled == ("later@shop.example",)
    assert "550 5.1.1 No such user" in delivery.words


def test_a_mail_nobody_takes_is_refused_and_the_next_one_still_goes(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    smtp_sink.script.recipients = {"no@shop.example": "550 5.1.1 No such user"}
    assert sender.send(MAIL, DESK, ["no@shop.example"]).refused
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
    assert smtp_sink.connections == 1


def test_a_relay_that_goes_on_though_nobody_is_willing_gets_an_empty_mail_and_then_the_next_one() -> None:
    said = [
        *(b"250-relay\r\n250 PIPELINING", b"250 OK\r\n550 no\r\n354 go on", b"554 nobody", b"250 OK"),
        *(b"250 OK\r\n250 OK\r\n354 go on", b"250 kept"),
    ]
    heard: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        link, _ = listening.accept()
        with link:
            link.sendall(b"220 relay\r\n")
            for line in said:
                heard.append(link.recv(10_000))
                link.sendall(line + b"\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay = threading.Thread(target=serve, args=(listening,))
        relay.start()
        sender = SmtpSender(SmtpRoute("127.0.0.1", listening.getsockname()[1], "none", timeout=5, hello="desk"))
        assert sender.send(MAIL, DESK, ["no@shop.example"]).refused
        assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
        relay.join(5)
        sender.close()
    assert heard[2:4] == [b".\r\n", b"rset\r\n"]
    assert heard[4].splitlines()[1:] == [b"RCPT TO:<a@shop.example>", b"DATA"]


@pytest.mark.parametrize(("line", "fate"), [("451 4.3.0 Try later", Fate.DEFERRED), ("554 5.7.1 Spam", Fate.REFUSED)])
def test_the_answer_to_the_mail_itself_holds_for_all_who_were_taken(
    smtp_sink: SmtpSink, sender: SmtpSender, line: str, fate: Fate
) -> None:
    smtp_sink.script.data = lambda seen: line if seen == 0 else None
    assert set(fates(sender.send(MAIL, DESK, ["a@shop.example", "b@shop.example"])).values()) == {fate}
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted


def test_a_relay_that_vanishes_after_the_whole_mail_leaves_its_fate_uncertain(
    smtp_sink: SmtpSink, sender: SmtpSender
) -> None:
    smtp_sink.script.drop_after_data = True
    delivery = sender.send(MAIL, DESK, ["a@shop.example"])
    assert (delivery.uncertain, delivery.accepted, delivery.refused) == (True, False, False)
    assert delivery.unsettled == ("a@shop.example",)
    assert len(smtp_sink.received) == 1, "the relay has it: blindly sending again would be a second answer"
    smtp_sink.script.drop_after_data = False
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted


def test_an_answer_that_comes_too_late_is_never_taken_for_the_next_mails(smtp_sink: SmtpSink) -> None:
    sender = SmtpSender(replace(route(smtp_sink), timeout=0.3))
    smtp_sink.script.late_after_data = 0.6
    assert sender.send(MAIL, DESK, ["a@shop.example"]).uncertain
    smtp_sink.script.late_after_data = 0.0
    smtp_sink.script.recipients = {"no@shop.example": "550 5.1.1 No such user"}
    assert sender.send(MAIL, DESK, ["no@shop.example"]).refused
    assert smtp_sink.connections == 2
    sender.close()


def test_a_relay_that_vanishes_earlier_has_nothing_and_says_so_by_an_exception(
    smtp_sink: SmtpSink, sender: SmtpSender
) -> None:
    smtp_sink.script.drop_at_mail = True
    with pytest.raises(RelayLost, match="connection lost while sending") as caught:
        sender.send(MAIL, DESK, ["a@shop.example"])
    assert (smtp_sink.received, caught.value.in_hand) == ([], True)


def test_a_link_that_the_relay_closed_meanwhile_is_opened_anew(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    sender.send(MAIL, DESK, ["a@shop.example"])
    smtp_sink.stop()
    smtp_sink.start()
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
    assert len(smtp_sink.received) == 2


def test_a_mail_the_relay_finds_too_large_is_refused_and_others_go_on(make_sink: Callable[..., SmtpSink]) -> None:
    sender = SmtpSender(route(make_sink(size_limit=10_000)))
    delivery = sender.send(MAIL * 200, DESK, ["a@shop.example"])
    assert delivery.refused
    assert delivery.answers[0].code == 552
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
    sender.close()


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nRCPT TO:<x@y>", "a b@shop.example", "<a@b>", "a@" + "x" * 300]
)
def test_what_is_no_address_is_refused_without_asking_the_relay(
    smtp_sink: SmtpSink, sender: SmtpSender, address: str
) -> None:
    delivery = sender.send(MAIL, DESK, [address, "a@shop.example"])
    assert fates(delivery) == {address: Fate.REFUSED, "a@shop.example": Fate.ACCEPTED}
    assert smtp_sink.received[0].recipients == ("a@shop.example",)


def test_addresses_beyond_ascii_reach_a_relay_that_takes_them(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    assert sender.send(MAIL, DESK, ["kåre@shop.example", "kari@blåbær.example"]).unsettled == ()
    assert smtp_sink.received[0].recipients == ("kåre@shop.example", "kari@xn--blbr-roah.example")


def test_tls_is_checked_against_the_given_authority(
    make_sink: Callable[..., SmtpSink], certificates: Certificates
) -> None:
    for options, tls in (({}, "starttls"), ({"implicit_tls": True}, "ssl")):
        sink = make_sink(certificates, **options)
        trusted = replace(route(sink), host="localhost", tls=tls, ca_file=certificates.authority)
        sender = SmtpSender(trusted)
        assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
        sender.close()
        with pytest.raises(RelayRefused, match=r"certificate of localhost:\d+ is not valid .*'ca_file'"):
            SmtpSender(replace(trusted, ca_file=certificates.stranger)).send(MAIL, DESK, ["a@shop.example"])


def test_a_wrong_password_is_one_clear_line_and_a_right_one_sends(
    make_sink: Callable[..., SmtpSink], certificates: Certificates
) -> None:
    login = {"tls": "starttls", "ca_file": certificates.authority, "user": USER, "password": PASSWORD}
    right = replace(route(make_sink(certificates, login=True)), **login)
    sender = SmtpSender(right)
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
    assert f"logged in as {USER}" in sender.examine(DESK).facts[0]
    sender.close()
    with pytest.raises(RelayRefused, match=r"refuses the login .*correct 'user' or 'password'") as caught:
        SmtpSender(replace(right, password="SAMPLE-wrong")).send(MAIL, DESK, ["a@shop.example"])
    assert "SAMPLE-wrong" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error", "line"),
    [
        ({"tls": "starttls"}, RelayRefused, "does not offer what is asked for .*STARTTLS"),
        ({"tls": "ssl"}, RelayRefused, "does not speak TLS"),
        ({"host": "no-such-host.invalid"}, (RelayRefused, RelayLost), "no-such-host.invalid"),
        ({"host": "relay.example", "password": PASSWORD, "user": USER}, RelayRefused, "password in clear"),
        ({"user": USER, "password": PASSWORD}, RelayRefused, "AUTH"),
    ],
)
def test_every_wrong_setting_is_one_clear_line(
    smtp_sink: SmtpSink, change: dict[str, object], error: type[Exception], line: str
) -> None:
    wrong = SmtpSender(replace(route(smtp_sink), **change))  # type: ignore[arg-type]
    with pytest.raises(error, match=line) as caught:
        wrong.send(MAIL, DESK, ["a@shop.example"])
    assert "\n" not in str(caught.value)


def test_a_relay_that_is_down_is_lost_not_refused() -> None:
    with pytest.raises(RelayLost, match=r"nothing answers at 127\.0\.0\.1") as caught:
        SmtpSender(SmtpRoute("127.0.0.1", free_port(), "none", timeout=2)).send(MAIL, DESK, ["a@shop.example"])
    assert not caught.value.in_hand


def test_an_examination_sends_nothing(smtp_sink: SmtpSink, sender: SmtpSender) -> None:
    assert sender.examine(DESK).facts == (
        f"SMTP 127.0.0.1:{smtp_sink.port} (none), without a login, takes up to 40,000,000 bytes",
    )
    assert smtp_sink.received == []
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted


# ── the folder ──────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_becomes_a_file_and_a_resend_replaces_it(tmp_path: Path) -> None:
    sender = FolderSender(tmp_path / "replies")
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
    assert sender.send(MAIL, DESK, ["a@shop.example"]).accepted
    assert [path.name for path in (tmp_path / "replies").iterdir()] == ["vsd.1.eml"]
    assert (tmp_path / "replies" / "vsd.1.eml").read_bytes() == MAIL


def test_a_message_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    sender = FolderSender(tmp_path / "replies")
    sender.send(b"Message-ID: <../../etc/x@y>\r\n\r\n", DESK, ["a@shop.example"])
    sender.send(b"\r\nno id", DESK, ["a@shop.example"])
    assert sorted(path.name for path in (tmp_path / "replies").iterdir()) == ["etc-x.eml", "reply.eml"]


def test_a_folder_that_cannot_be_written_costs_no_reply_a_try(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RelayLost) as lost:
        FolderSender(tmp_path / "file" / "out").send(MAIL, DESK, ["kari@shop.example"])
    assert not lost.value.in_hand


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    sender = FolderSender(tmp_path / "file")
    with pytest.raises(RelayRefused, match=r"cannot write to .*'outgoing\.folder'"):
        sender.examine(DESK)
    with pytest.raises(RelayLost):
        sender.send(MAIL, DESK, ["a@shop.example"])
