"""Plain text parts, line by line."""

from __future__ import annotations

from triage.mail import mime
from triage.mail.plain import text_of


def _text(kind: str, body: str) -> str:
    return text_of(mime.parse(f"Content-Type: text/plain; charset=utf-8{kind}\n\n{body}".encode()))


def test_all_line_endings_become_one():
    assert _text("", "a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_soft_breaks_are_joined_only_when_declared():
    assert _text("; format=flowed", "a \nb \nc\nd") == "a b c\nd"
    assert _text("", "a \nb") == "a \nb"


def test_soft_breaks_end_where_the_quote_depth_changes():
    assert _text("; format=flowed", "> a \n> b \nc \n>> d") == "> a b \nc \n>> d"


def test_a_signature_line_is_never_joined():
    assert _text("; format=flowed", "a \n-- \nKari \nNordmann") == "a \n-- \nKari Nordmann"


def test_stuffed_blanks_are_taken_out():
    assert _text("; format=flowed", " From here\n  > curl") == "From here\n > curl"
