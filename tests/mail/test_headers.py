"""Header values as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.domain import Address
from triage.mail import headers


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a_b=C3=B8?=", "a bø"),
        ("=?UTF-8?B?w6Y=?= =?UTF-8?B?w7g=?=", "æø"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8*en?q?a?=", "a"),
        ("=?iso-8859-1?q?=E5?==?utf-8?q?=C3=B8?=", "åø"),
        ("=?utf-8?q?what?_now?=", "what? now"),
        ("=?utf-8?b?w6Y?=", "æ"),
        ("a\r\n b\r\n\tc", "a b c"),
        ("x=?utf-8?q?y?=z", "xyz"),
        ("=?utf-8?x?y?=", "=?utf-8?x?y?="),
    ],
)
def test_encoded_words_and_folds_are_undone(raw: str, shown: str):
    assert headers.text(raw) == shown


@pytest.mark.parametrize(
    ("raw", "main", "values"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('a/b; name="x; \\"y\\".txt"', "a/b", {"name": 'x; "y".txt'}),
        ("a/b;\r\n name=x y.txt;z=1", "a/b", {"name": "x y.txt", "z": "1"}),
        ("a/b; name*=utf-8''%C3%B8.txt", "a/b", {"name": "ø.txt"}),
        ("a/b; name*0*=iso-8859-1'no'%F8; name*1=.txt", "a/b", {"name": "ø.txt"}),
        ("a/b; name*1=c; name*0=ab", "a/b", {"name": "abc"}),
        ("a/b; name=plain.txt; name*=utf-8''%C3%B8.txt", "a/b", {"name": "ø.txt"}),
        ('a/b; name="never closed', "a/b", {"name": "never closed"}),
        (";;; = ;=", "", {}),
    ],
)
def test_parameters_are_read_in_every_spelling(raw: str, main: str, values: dict[str, str]):
    assert headers.parameters(raw) == (main, values)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("a@shop.example", [Address("a@shop.example")]),
        ("A B <A@Shop.example>", [Address("a@shop.example", "A B")]),
        ('"B, A" <a@shop.example>', [Address("a@shop.example", "B, A")]),
        ("a@shop.example (Kari (IT))", [Address("a@shop.example", "Kari  IT")]),
        ("=?utf-8?q?K=C3=A5re?= <k@shop.example>", [Address("k@shop.example", "Kåre")]),
        ("x@shop.example; y@shop.example", [Address("x@shop.example"), Address("y@shop.example")]),
        ("Team: x@shop.example, y@shop.example;", [Address("x@shop.example"), Address("y@shop.example")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.example,@b.example:a@shop.example>", [Address("a@shop.example")]),
        ("<mailto:a@shop.example>", [Address("a@shop.example")]),
        ("Kari a@shop.example", [Address("a@shop.example")]),
        ('"never closed <a@shop.example>', [Address("a@shop.example", "never closed")]),
        ("kåre@blåbær.example", [Address("kåre@blåbær.example")]),
        ("", []),
        ("<>", []),
    ],
)
def test_addresses_are_found_in_every_spelling(raw: str, found: list[Address]):
    got = [Address(address.email, " ".join(address.name.split())) for address in headers.addresses(raw)]
    assert got == [Address(address.email, " ".join(address.name.split())) for address in found]


def test_ids_lose_their_brackets_their_folds_and_their_doubles():
    assert headers.message_ids("<a@b>\r\n <c\r\n d@e> <a@b>") == ("a@b", "cd@e")
    assert headers.message_ids("a@b c") == ("a@b",)
    assert len(headers.message_ids("".join(f"<{i}@b>" for i in range(1_000)))) == headers.MAX_IDS


def test_an_id_too_long_for_an_index_is_told_by_its_digest_wherever_it_stands():
    long = "".join(chr(0x4E00 + number) for number in range(1_000))
    (one,) = headers.message_ids(f"<{long}@b>")
    assert len(one) < 100
    assert headers.message_ids(f"<a@b> <{long[:500]}\r\n {long[500:]}@b>") == ("a@b", one)
    assert headers.message_ids(f"<{long}@c>") != (one,)
    assert headers.message_ids("<" + "x" * 900 + ">") == ("x" * 900,)
    assert headers.message_ids(f"<{one}>") != (one,)  # nobody can write what stands for another id


def test_an_address_too_long_to_be_one_is_none_and_the_others_stay():
    assert headers.addresses(f"{'a' * 310}@shop.example, Kari <b@shop.example>") == (Address("b@shop.example", "Kari"),)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "soon",
        "Tue, 99 Mar 2024 09:00:00 +0100",
        "Mon, 1 Jan 99999999999 00:00:00 +0000",
    ],
)
def test_a_date_that_is_none_is_none(raw: str):
    assert headers.date(raw) is None


def test_a_date_without_a_zone_is_utc():
    found = headers.date("Tue, 12 Mar 2024 09:15:00")
    assert found is not None
    assert found.isoformat() == "2024-03-12T09:15:00+00:00"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_value_raises(value: str):
    headers.text(value)
    headers.parameters(value)
    headers.addresses(value)
    headers.message_ids(value)
    headers.date(value)
