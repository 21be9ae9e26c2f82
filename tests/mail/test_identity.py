"""One mail, one key."""

from __future__ import annotations

import pytest

from triage.mail.reader import parse

MAIL = b"From: a@shop.example\r\nTo: b@desk.example\r\nMessage-ID: <1@shop.example>\r\nSubject: Hei\r\n\r\nVi har et sp\xc3\xb8rsm\xc3\xa5l.\r\n"


@pytest.mark.parametrize(
    "delivered",
    [
        b"Received: from x by y; Tue, 12 Mar 2024 09:15:00 +0100\r\n" + MAIL,
        b"Return-Path: <a@shop.example>\r\nDelivered-To: b@desk.example\r\n" + MAIL,
        b"DKIM-Signature: v=1; b=abc\r\nAuthentication-Results: mx; spf=pass\r\nX-Spam-Score: 1\r\n" + MAIL,
        MAIL.replace(b"\r\n", b"\n"),
        MAIL + b"\r\n\r\n",
        MAIL.replace(b"Subject: Hei", b"Subject:\r\n Hei"),
        b"From a@shop.example Tue Mar 12 09:15:00 2024\r\n" + MAIL,
    ],
)
def test_the_way_a_mail_came_does_not_change_its_key(delivered: bytes):
    """F21: the same on every day and by every way."""
    assert parse(delivered).key == parse(MAIL).key


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Vi har", b"Vi hadde"),
        MAIL.replace(b"Subject: Hei", b"Subject: Hallo"),
        MAIL.replace(b"a@shop.example\r\nTo", b"z@shop.example\r\nTo"),
        MAIL.replace(b"<1@", b"<2@"),
        MAIL.replace(b"Message-ID: <1@shop.example>\r\n", b""),
    ],
)
def test_another_content_or_id_is_another_key(other: bytes):
    assert parse(other).key != parse(MAIL).key


def test_a_mail_without_id_is_known_by_its_content():
    nameless = MAIL.replace(b"Message-ID: <1@shop.example>\r\n", b"")
    assert parse(b"Received: again\r\n" + nameless).key == parse(nameless).key
    assert len(parse(b"").key) == 64
