"""A bounce says which addresses are given up; a delay gives up none."""

from __future__ import annotations

import pytest

from triage.mail.bounces import read


def report(*blocks: str, header: str = "") -> bytes:
    status = "\n\n".join(("Reporting-MTA: dns; mx.shop.example", *blocks))
    return (
        f"From: MAILER-DAEMON@mx.shop.example\nSubject: Undelivered\n{header}"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        f"--b\nContent-Type: message/delivery-status\n\n{status}\n"
        "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <vsd-1.a.b@desk.example>\n\n--b--\n"
    ).encode()


def test_every_recipient_that_failed_for_good_is_named_with_the_servers_words():
    bounce = read(
        report(
            "Final-Recipient: rfc822; Kari@Shop.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1\n <kari@shop.example>: User unknown",
            "Final-Recipient: RFC822;<per@shop.example>\nAction: Failed\nStatus: 5.2.2",
            "Final-Recipient: rfc822; ola@shop.example\nAction: delivered\nStatus: 2.0.0",
        )
    )
    assert bounce.failed == ("kari@shop.example", "per@shop.example")
    assert "User unknown" in bounce.said
    assert "vsd-1.a.b@desk.example" in bounce.text


@pytest.mark.parametrize(
    "lines", ["Action: delayed\nStatus: 4.4.1", "Action: failed\nStatus: 4.4.7", "Action: relayed", ""]
)
def test_a_delay_gives_up_nobody(lines: str):
    raw = report(
        f"Final-Recipient: rfc822; kari@shop.example\n{lines}", header="X-Failed-Recipients: kari@shop.example\n"
    )
    assert read(raw).failed == ()


def test_the_address_we_wrote_to_is_named_beside_the_one_it_was_passed_on_to():
    block = "Original-Recipient: rfc822;kari@shop.example\nFinal-Recipient: rfc822;k@inner.example\nAction: failed\nStatus: 5.0.0"
    assert set(read(report(block)).failed) == {"kari@shop.example", "k@inner.example"}


def test_a_bounce_without_a_report_names_them_in_a_header():
    raw = b"X-Failed-Recipients: kari@shop.example,\n per@shop.example\nSubject: Mail delivery failed\n\nSorry.\n"
    assert read(raw).failed == ("kari@shop.example", "per@shop.example")


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"Content-Type: message/delivery-status\n\n:::\n" * 50, report("Action: failed\n" * 9)]
)
def test_whatever_comes_is_no_error(raw: bytes):
    assert read(raw).failed == ()


def test_an_id_that_a_line_break_tore_is_whole_again():
    assert "vsd-1.abc@desk" in read(b"Subject: x\n\nvsd-1.a=\nbc@desk").text
