"""Mail written for the reader, with what must be read from it beside; and promises that hold for any bytes."""

from __future__ import annotations

import base64
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mail.fuzz_reader import complaint, mutant, seeds
from triage.domain import Attachment, InboundMail, Language
from triage.mail.reader import parse
from triage.yamlfile import Field, Model, read

CASES = sorted((Path(__file__).parent / "cases" / "reader").glob("*.eml"))
HEAD = b"From: a@shop.example\r\nTo: b@desk.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


class File(Model):
    """An attachment as the case expects it; what is not given is not compared."""

    name: str = ""
    content_type: str = ""
    size: int = 0
    text: str = ""  # empty: not read
    inline: bool = False


class Expected(Model):
    """What must be read from a case; what is not given is not compared."""

    subject: str = ""
    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    new: str = ""
    quoted: str = ""
    signature: str = ""
    contains: tuple[str, ...] = ()
    contains_quoted: tuple[str, ...] = ()
    contains_signature: tuple[str, ...] = ()
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: str = ""  # empty: none
    language: str = ""
    forwarded: bool = False
    attachments: tuple[File, ...] = ()
    content_types: tuple[str, ...] = ()
    headers: dict[str, str] = Field(default_factory=dict)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_mail_is_read_as_written_beside_it(path: Path):
    mail = parse(path.read_bytes())
    expected = read(path.with_suffix(".yaml"), Expected).value
    for field in expected.model_fields_set - {"attachments", "headers"}:
        wanted = getattr(expected, field)
        if field.startswith("contains"):
            text = getattr(mail, field.partition("_")[2] or "new")
            assert [part for part in wanted if part not in text] == [], field
        else:
            assert _seen(mail, field) == wanted, field
    if "attachments" in expected.model_fields_set:
        assert len(mail.attachments) == len(expected.attachments)
    for found, file in zip(mail.attachments, expected.attachments, strict=False):
        assert {
            name: "" if (value := getattr(found, name)) is None else value for name in file.model_fields_set
        } == file.model_dump(exclude_unset=True)
    assert {name: mail.header(name) for name in expected.headers} == expected.headers


def _seen(mail: InboundMail, field: str) -> object:
    if field in ("sender", "sender_name"):
        return mail.sender.email if field == "sender" else mail.sender.name
    if field in ("to", "cc", "reply_to"):
        return tuple(address.email for address in getattr(mail, field))
    if field == "date":
        return mail.date.isoformat() if mail.date else ""
    if field == "language":
        return mail.language or ""
    return getattr(mail, field)


def test_there_are_enough_cases_in_every_language():
    languages = [read(path.with_suffix(".yaml"), Expected).value.language for path in CASES]
    assert len(CASES) >= 120
    assert all(languages.count(language.value) >= 2 for language in Language)


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_become_a_mail_that_can_be_stored(raw: bytes):
    assert complaint(parse(raw)) is None


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [b"text/plain", b"text/html", b"multipart/mixed; boundary=a", b"message/rfc822", b"application/ms-tnef"]
    ),
    st.sampled_from([b"7bit", b"base64", b"quoted-printable"]),
)
def test_any_bytes_in_any_wrapping_become_a_mail_that_can_be_stored(body: bytes, kind: bytes, encoding: bytes):
    raw = HEAD + b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    assert complaint(parse(raw)) is None


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0))
def test_a_damaged_mail_becomes_a_mail_that_can_be_stored(seed: int):
    assert complaint(parse(mutant(random.Random(seed), MAILS))) is None


MAILS = seeds()


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeffÃÂâ√‚"), max_size=60))
def test_a_subject_comes_through_its_encoded_words(subject: str):
    words = " ".join(subject.split())
    encoded = base64.b64encode(words.encode()).decode()
    assert parse(f"Subject: =?utf-8?B?{encoded}?=\r\n\r\nx".encode()).subject == words


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable", "base64"])
@settings(deadline=None)
@given(payload=st.text(st.sampled_from("{}[]\":,\\/=?&<>-_.+ abcABC123æøå'%$#"), min_size=1, max_size=200))
def test_payload_comes_through_every_transfer_encoding_byte_for_byte(encoding: str, payload: str):
    """F48."""
    line = f"x {payload} x"
    body = {"base64": base64.encodebytes, "quoted-printable": _quoted_printable}.get(encoding, bytes)(line.encode())
    head = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    assert line in _whole(parse(HEAD + head + body))


def _quoted_printable(data: bytes) -> bytes:
    return b"=\r\n".join(b"".join(b"=%02X" % byte for byte in data[at : at + 20]) for at in range(0, len(data), 20))


def _whole(mail: InboundMail) -> str:
    return "\n".join((mail.new, mail.quoted, mail.signature))


def _nested(depth: int) -> bytes:
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(depth))
    return HEAD + opened + b"Content-Type: text/plain\r\n\r\nhi\r\n"


HOSTILE = {
    "nesting": _nested(5_000),
    "mails in mails": HEAD + (b"Content-Type: message/rfc822\r\n\r\n" + HEAD) * 2_000 + b"\r\nhi",
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50_000,
    "headers": HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nhi",
    "a long subject": HEAD.replace(b"x", b"a" * 5_000_000, 1) + b"\r\nhi",
    "encoded words": b"Subject: " + b"=?utf-8?Q?=C3=B8?=\r\n " * 50_000 + b"\r\n\r\nhi",
    "begun encoded words": b"Subject: " + b"=?u?q?" * 100_000 + b"\r\n\r\nhi",
    "begun encoded words in many headers": b"X-A: " + (b"=?u?q?a" * 2_800 + b"\r\nX-A: ") * 26 + b"\r\n\r\nhi",
    "blanks": b"To: a" + b" " * 60_000 + b"b\r\nSubject:\t" + b" " * 60_000 + b"x\r\n\r\nhi",
    "escaped quotes": b"To: " + b'"\\' * 30_000 + b"\r\n\r\nhi",
    "recipients": b"To: " + b'"N, N" <n@shop.example>,\r\n ' * 50_000 + b"\r\n\r\nhi",
    "brackets": b"From: " + b"(" * 200_000 + b"<" * 200_000 + b'"' * 200_001 + b"\r\n\r\nhi",
    "parameters": HEAD + b"Content-Type: text/plain" + b"; a*0*=b" * 100_000 + b"\r\n\r\nhi",
    "references": b"References: " + b"<a@b> " * 100_000 + b"<" * 100_000 + b"\r\n\r\nhi",
    "html elements": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 80_000,
    "html attributes": HEAD + b"Content-Type: text/html\r\n\r\n<a " + b"b c=1 " * 60_000 + b">hi",
    "html lists": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<ul><li>" * 9_000,
    "html rules": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<hr>" * 19_000,
    "html quotes": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>" * 19_000 + b"x",
    "soft breaks": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"= " * 500_000,
    "a broken winmail.dat": HEAD + b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22" + b"\x01" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_takes_no_two_seconds(name: str):
    """F35."""
    parse(HEAD + b"\r\nHei, hva er dette?")  # the language model is loaded with the first mail
    began = time.process_time()
    mail = parse(HOSTILE[name])
    assert time.process_time() - began < 2
    assert complaint(mail) is None


def test_what_a_mail_may_hold_is_capped():
    many = parse(b"To: " + b"n@shop.example, " * 5_000 + b"\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\nhi")
    assert len(many.to) == 500
    assert len(many.headers) == 400
    assert len(parse(HOSTILE["parts"]).content_types) <= 401
    assert len(parse(HEAD + b"\r\n" + b"line of it\r\n" * 100_000).new) <= 400_000


@pytest.mark.parametrize("form", ["<{}>", "{}", "<{}@shop.example>", "{}@shop.example"])
def test_every_id_fits_an_index_and_two_long_ones_stay_two(form: str):
    one, two = (
        parse(f"Message-ID: {form.format(letter * 3_000)}\nReferences: <{letter * 3_000}@x>\n\nHei".encode())
        for letter in "æø"
    )
    assert one.message_id != two.message_id
    assert all(len(each.encode()) <= 900 for each in (one.message_id, *one.references))


def test_what_lies_beyond_the_caps_is_no_text():
    assert "--b" not in _whole(parse(HOSTILE["parts"]))
    assert "--b" not in _whole(parse(HOSTILE["nesting"]))


def test_files_beyond_their_caps_are_named_only():
    part = (
        b"--b\r\nContent-Type: text/plain; name=a.log\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + b"x" * 300_000
        + b"\r\n"
    )
    mail = parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 6 + b"--b--")
    read_ones = [file for file in mail.attachments if file.text]
    assert {file.size for file in mail.attachments} == {300_000}
    assert sum(len(file.text or "") for file in read_ones) <= 1024 * 1024
    assert isinstance(mail.attachments[5], Attachment)
    assert mail.attachments[5].text is None
