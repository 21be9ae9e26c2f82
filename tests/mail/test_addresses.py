"""An address that mail can be sent to is told from one that only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.mail.addresses import deliverable, on_the_wire


@pytest.mark.parametrize(
    "email",
    [
        "kari@shop.example",
        "kari.nordmann+vipps@post.shop.example",
        "o'hara/1=2@shop.example",
        "kåre@shop.example",
        "kari@blåbær.example",
        "kari@my_host.shop.example",
        "root@localhost",
        f"{'a' * 64}@shop.example",
    ],
)
def test_mail_can_be_sent_to(email: str) -> None:
    assert deliverable(email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "kari",
        "@shop.example",
        "kari@",
        "a@b@shop.example",
        "ola@[10.0.0.1]",
        "ola@10.0.0.1",
        "x@-shop.example",
        "x@shop-.example",
        "x@shop..example",
        "x@.example",
        "x@shop.example.",
        f"{'a' * 65}@shop.example",
        f"x@{'a' * 64}.example",
        f"{'a' * 60}@{'a.' * 100}example",
        f"{'å' * 60}@{'a.' * 70}example",
        f"x@{'å' * 60}.example",
        "x@xn--\u00e5.\u2024.example",
        "x@sh\u037ap.example",
        "x@a\uff0cb\uff20evil.example",
        "x@shop\ud800.example",
        "x\ud800@shop.example",
        "x\u202e@shop.example",
        "x y@shop.example",
        "x\r\nBcc: y@shop.example",
        '"kari"@shop.example',
        "kari@shop.example>",
    ],
)
def test_mail_cannot_be_sent_to(email: str) -> None:
    assert not deliverable(email)


def test_a_mail_server_is_told_the_ascii_form_of_a_domain() -> None:
    assert on_the_wire("kåre@blåbær.example") == "kåre@xn--blbr-roah.example"


@given(st.text(max_size=400) | st.from_regex(r"[^@]{1,20}@[\w.-]{1,40}", fullmatch=True))
def test_what_passes_stands_in_a_header_as_one_address(email: str) -> None:
    wire = on_the_wire(email)
    if wire is not None:
        assert len(wire.encode()) <= 254
        assert not set(wire) & set(' \t\r\n<>(),;:"[]\\')
        assert wire.count("@") == 1
