"""The mail that goes out: threading intact, marked as a machine's, and never with a header that was smuggled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage.domain import Address, Language, Reply
from triage.transport.outgoing import Envelope, compose, recipients

ENVELOPE = Envelope(Address("desk@psp.example", "Integration"), "psp.example")
DATE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
JSON = '{"orderId": "acme-1", "amount": 100}\n\tcurl -X POST "https://api.psp.example/v2?a=b=c"  \n'


def a_reply(**changes: object) -> Reply:
    fields: dict[str, object] = {
        "template": "request_info",
        "language": Language.NO,
        "to": (Address("kari@shop.example", "Kari Nordmann"),),
        "subject": "[VSD-10001] Betaling feiler på blåbær.example",
        "text": "Hei!\n\nVi mangler ordreId.\n\n> " + JSON,
        "html": "<p>Hei! Vi mangler <b>ordreId</b> på æøå.</p>",
        "message_id": "vsd.10001.1.abc@psp.example",
        "in_reply_to": "m1@shop.example",
        "references": ("m0@shop.example", "m1@shop.example"),
    }
    return Reply(**(fields | changes))  # type: ignore[arg-type]


def parsed(reply: Reply) -> EmailMessage:
    raw = compose(reply, ENVELOPE, DATE)
    return cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def test_a_reply_carries_every_header_that_threads_and_marks_it() -> None:
    """F14: the whole set of headers that keeps machines from answering."""
    mail = parsed(a_reply())
    assert {name: str(mail[name]) for name in mail if not name.startswith("Content-")} == {
        "From": "Integration <desk@psp.example>",
        "To": "Kari Nordmann <kari@shop.example>",
        "Subject": "[VSD-10001] Betaling feiler på blåbær.example",
        "Date": "Fri, 20 Nov 2026 09:30:00 +0000",
        "Message-ID": "<vsd.10001.1.abc@psp.example>",
        "In-Reply-To": "<m1@shop.example>",
        "References": "<m0@shop.example> <m1@shop.example>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "auto_reply",
        "X-Triage-Desk": "psp.example",
        "MIME-Version": "1.0",
    }


def test_text_and_html_are_alternatives_and_come_through_letter_for_letter() -> None:
    reply = a_reply()
    mail = parsed(reply)
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert cast(EmailMessage, text).get_content().replace("\r\n", "\n") == reply.text
    assert cast(EmailMessage, html).get_content().rstrip("\r\n") == reply.html


def test_a_reply_without_html_is_plain_text() -> None:
    assert parsed(a_reply(html="")).get_content_type() == "text/plain"


def test_the_bytes_are_ascii_with_crlf_and_no_overlong_line() -> None:
    raw = compose(a_reply(text="æøå " * 2_000, references=("r" * 300 + "@shop.example",) * 3), ENVELOPE, DATE)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("count", [1, 2, 10, 60])
def test_ids_as_long_as_outlooks_stay_intact(count: int) -> None:
    ids = tuple(f"AM0PR0{'7MB' * 38}{number:04d}@AM0PR07MB.eurprd07.prod.shop.example" for number in range(count))
    raw = compose(a_reply(in_reply_to=ids[-1], references=ids), ENVELOPE, DATE)
    headers = message_from_bytes(raw)
    assert headers["In-Reply-To"] == f"<{ids[-1]}>"
    kept = headers["References"].split()
    assert kept[0] == f"<{ids[0]}>"
    assert kept[-1] == f"<{ids[-1]}>"
    assert all(each.strip("<>") in ids for each in kept)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_long_subject_is_written_in_encoded_words_of_legal_length() -> None:
    subject = "[VSD-10001] " + "Får ikke til å gjøre refusjon på ordre " * 6
    raw = compose(a_reply(subject=subject.strip()), ENVELOPE, DATE)
    words = [word for word in raw.partition(b"\r\n\r\n")[0].split() if word.startswith(b"=?")]
    assert words
    assert max(map(len, words)) <= 75
    assert str(message_from_bytes(raw, policy=policy.default)["Subject"]) == subject.strip()


@pytest.mark.parametrize("id_", ["a b@x", "x\r\nBcc: all@shop.example", "<nested>@x", "æ@x", "", "y" * 2_000])
def test_an_id_that_cannot_stand_in_a_header_is_left_out(id_: str) -> None:
    mail = parsed(a_reply(in_reply_to=id_, references=("ok@shop.example", id_)))
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<ok@shop.example>"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "hello\r\nBcc: all@shop.example"},
        {"subject": "hello\nX: y"},
        {"message_id": "a@b>\r\nBcc: <all@shop.example"},
        {"to": (Address("a@shop.example\r\nBcc: all@shop.example"),)},
        {"to": (Address("a@shop.example, b@shop.example"),)},
        {"to": (Address("not an address"),)},
        {"cc": (Address("((((((@shop.example"),)},
        {"to": (Address(""),)},
    ],
)
def test_a_header_that_would_break_out_of_its_line_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        compose(a_reply(**change), ENVELOPE, DATE)


def test_a_hostile_display_name_becomes_harmless() -> None:
    name = 'Kari\r\nBcc: all@shop.example\x00 "x" <y@shop.example>'
    mail = parsed(a_reply(to=(Address("kari@shop.example", name),)))
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["kari@shop.example"]


def test_addresses_beyond_ascii_are_written_as_mail_servers_want_them() -> None:
    assert b"<kari@xn--blbr-roah.example>" in compose(
        a_reply(to=(Address("kari@blåbær.example", "K"),)), ENVELOPE, DATE
    )
    raw = compose(a_reply(to=(Address("kåre@shop.example", "K"),)), ENVELOPE, DATE)
    assert "<kåre@shop.example>".encode() in raw


@given(
    subject=st.text(max_size=120).map(lambda text: " ".join(text.split())),
    name=st.text(max_size=60),
    text=st.text(max_size=400),
    ids=st.lists(st.text(min_size=1, max_size=120), max_size=30),
)
@example(subject="=?utf-8?q?x?=", name='a"b\\c, d@e', text="...\n.\n\t \nFrom x\n=_", ids=["a"])
def test_whatever_is_written_the_mail_is_sound(subject: str, name: str, text: str, ids: list[str]) -> None:
    reply = a_reply(subject=subject, to=(Address("k@shop.example", name),), text=text, references=tuple(ids))
    try:
        raw = compose(reply, ENVELOPE, DATE)
    except UnicodeEncodeError:
        assert any("\ud800" <= each <= "\udfff" for each in text)
        return
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
    assert [name for name in mail if name in ("Bcc", "To", "Subject")] == ["To", "Subject"]
    assert not mail.defects
    plain, html = mail.iter_parts()
    written = cast(EmailMessage, plain).get_content().replace("\r\n", "\n")
    assert written.rstrip("\n") == text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    assert cast(EmailMessage, html).get_content().rstrip("\r\n") == reply.html


def test_the_same_reply_is_the_same_bytes() -> None:
    assert compose(a_reply(), ENVELOPE, DATE) == compose(a_reply(), ENVELOPE, DATE)


def test_a_reply_to_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        compose(a_reply(to=()), ENVELOPE, DATE)


def test_an_endless_subject_is_cut() -> None:
    raw = compose(a_reply(subject="x" * 5_000), ENVELOPE, DATE)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_everybody_is_a_recipient_once() -> None:
    both = Address("a@shop.example")
    assert recipients(a_reply(to=(both,), cc=(Address("b@shop.example"), both))) == ("a@shop.example", "b@shop.example")
