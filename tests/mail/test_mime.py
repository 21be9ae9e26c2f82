"""The tree of parts, as offsets into the mail."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.mail.mime import MAX_DEPTH, MAX_PARTS, Part, parse


def _types(part: Part) -> object:
    return [part.content_type, [_types(child) for child in part.children]] if part.children else part.content_type


def test_parts_stand_where_the_boundaries_put_them():
    raw = b'Content-Type: multipart/mixed; boundary="a b"\n\npre\n--a b\n\none\n--a b  \nContent-Type: text/html\n\ntwo\n--a b--\npost\n--a b\n\nx'
    root = parse(raw)
    assert _types(root) == ["multipart/mixed", ["text/plain", "text/html"]]
    assert [child.body() for child in root.children] == [b"one", b"two"]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_line_break_before_a_boundary_is_no_content(end: bytes):
    raw = end.join([b"Content-Type: multipart/mixed; boundary=b", b"", b"--b", b"", b"text", b"", b"--b--"])
    assert parse(raw).children[0].body() == b"text" + end


def test_a_part_inside_never_reaches_over_the_outer_boundary():
    raw = b"Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nin\n--o\n\nout\n--o--"
    root = parse(raw)
    assert [child.body() for child in root.children[0].children] == [b"in"]
    assert root.children[1].body() == b"out"


def test_depth_and_number_of_parts_are_capped():
    deep = parse(b"Content-Type: message/rfc822\n\n" * 500 + b"x")
    depth = 0
    while deep.children:
        deep, depth = deep.children[0], depth + 1
    assert depth < MAX_DEPTH
    wide = parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000)
    assert len(wide.children) <= MAX_PARTS


def test_a_mail_sent_in_base64_is_opened():
    inner = base64.encodebytes(b"Subject: inside\n\nx")
    root = parse(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + inner)
    assert root.children[0].header("subject") == "inside"


@settings(deadline=None)
@given(st.binary(max_size=500), st.sampled_from([1, 2, 3]))
def test_the_size_of_a_base64_part_is_known_without_decoding(data: bytes, width: int):
    lines = base64.encodebytes(data) if width < 3 else base64.b64encode(data)
    body = lines.replace(b"\n", b"\r\n") if width == 2 else lines
    root = parse(b"Content-Transfer-Encoding: base64\n\n" + body)
    assert root.size() == len(data)
    assert root.content(10_000) == data


@pytest.mark.parametrize("body", [b"QUJD\nREVGR0hJ\nSg==\n", b"QUJDREVG\r\nR0g=\r\n\r\n", b"\r\nQUJD", b"QUJD", b""])
def test_the_size_is_right_though_lines_differ_in_length(body: bytes):
    root = parse(b"Content-Transfer-Encoding: base64\n\n" + body)
    assert root.size() == len(root.content(100))


def test_content_is_decoded_up_to_its_limit_only():
    for encoding, body in (
        (b"base64", base64.encodebytes(b"x" * 9_000)),
        (b"quoted-printable", b"x" * 9_000),
        (b"", b"x" * 9_000),
    ):
        root = parse(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body)
        assert len(root.content(1_000)) <= 1_000
        assert root.content(1_000).startswith(b"x" * 900)


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        (b"", "text/plain"),
        (b"text", "text/plain"),
        (b"html", "text/html"),
        (b"multipart", "multipart/mixed"),
        (b"; x", "text/plain"),
        (b"TEXT/HTML ; a=b", "text/html"),
    ],
)
def test_a_crippled_type_is_taken_for_the_likely_one(declared: bytes, kind: str):
    assert parse(b"Content-Type: " + declared + b"\n\nx").content_type == kind
