"""The split of a body: own cases of every client and language, dumps that are no history, and hostile text."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cpu import seconds
from tests.mail.quote_cases import Case, cases
from triage.mail.quote_headers import beginnings, find, forwards, marks
from triage.mail.quotes import Split, new_text, split

CASES = cases()


def filled(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_line_ends_in_the_part_it_belongs_to(case: Case) -> None:
    parts = split(case.text.replace(SHARED, SHARED.replace("\n", " ")), forwarded=case.forwarded)
    assert filled(parts.new) == case.part("n")
    assert [line.strip() for line in filled(parts.quoted)] == [line.strip() for line in case.part("q")]
    assert filled(parts.signature) == case.part("s")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_line_is_passed_over_at_which_history_or_a_forward_begins(case: Case) -> None:
    lines = case.text.split("\n")
    begun = {
        at
        for at, line in enumerate(lines)
        if line.strip() and (line.startswith(">") or find(lines, at) or forwards(lines, at))
    }
    begun -= {at + 1 for at, two in enumerate(pairwise(lines)) if all(line.startswith(">") for line in two)}  # in a run
    assert begun <= set(beginnings(lines, marks(lines)))


def test_the_lines_of_a_call_are_not_looked_at_as_history() -> None:
    call = 'Hi, capture fails:\n\nPOST /epayment/v1/payments\nHost: api.shop.example\n{"amount": 1200}\nHTTP 400'
    lines = call.split("\n")
    assert beginnings(lines, marks(lines)) == [0]


# In this case the client wrote both on one line; the case file shows them apart.
SHARED = "It is 654321\nOn Mon, Nov 16, 2026 at 9:12 AM, integration@desk.example wrote:"


def test_the_cases_cover_enough_mail() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.name.startswith("dumps")], ids=lambda case: case.name)
def test_payload_comes_out_byte_for_byte(case: Case) -> None:
    if not case.part("q"):
        assert new_text(case.text) == case.text.strip("\n")


def test_windows_line_ends_change_nothing() -> None:
    text = "Yes.\n\nOn Mon, Nov 16, 2026 at 9:12 AM Vipps <integration@desk.example> wrote:\n> Really?\n"
    assert split(text.replace("\n", "\r\n")) == split(text) == Split("Yes.", text.strip().partition("\n\n")[2])


def test_an_empty_body_is_three_empty_parts() -> None:
    assert split("") == split(" \n\n") == Split("")


def test_indentation_of_the_first_line_is_kept() -> None:
    assert new_text('\n    {"a": 1}\n') == '    {"a": 1}'


PIECES = st.sampled_from(
    [
        *(line for case in CASES for _, line in case.lines),
        "",
        " ",
        "> ",
        ">",
        "--",
        "-- ",
        "____",
        "From: a",
        "Mvh",
        "On ",
        "wrote:",
        "\x00",
        "​",
    ]
)
BODIES = st.one_of(st.lists(PIECES, max_size=40).map("\n".join), st.text(max_size=400))


@given(BODIES, st.booleans())
def test_no_line_is_lost_or_made_up(text: str, forwarded: bool) -> None:
    parts = split(text, forwarded=forwarded)
    # A shared line may be broken in two, so words are counted rather than lines.
    assert Counter(text.split()) == Counter(f"{parts.new} {parts.quoted} {parts.signature}".split())


@given(BODIES)
def test_a_body_with_words_of_its_own_is_never_emptied(text: str) -> None:
    parts = split(text)
    if text.strip() and not parts.new.strip():
        assert ">" in parts.quoted or parts.signature


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_new_text_has_nothing_more_to_take_off(case: Case) -> None:
    once = split(case.text, forwarded=case.forwarded).new
    assert split(once, forwarded=case.forwarded).new == once


HOSTILE = {
    "on": "On ",
    "on lines": "On Monday, somebody <a@shop.example>\n",
    "wrapped attributions": "On Monday at 10:00\nsomebody\n<\n",
    "marks": "> ",
    "marked lines": "> a\nb\n",
    "header blocks": "From: a\nSent: b\nTo: c\n",
    "rules": "____\n",
    "dashes": "-",
    "blanks": " ",
    "empty lines": "\n",
    "sign-offs": "Mvh\nKari\n",
    "devices": "Sent from my phone\n",
    "log": '2026-11-16T09:12:00Z POST /epayment/v1/payments 400 {"a": "On x wrote"}\n',
    "brackets": "On <",
    "colons": "On :",
    "shared": "a On On On On On On On On On On On On:\n> b\n",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_with_the_length_only(piece: str) -> None:
    def cpu(copies: int) -> float:
        text = f"a{piece * copies}b"
        return seconds(lambda: split(text))

    copies = max(2_000, 60_000 // len(piece))
    assert cpu(4 * copies) < 12 * max(cpu(copies), 0.02)
