"""What is left of a log that repeats itself: its beginning, its end, and every line that says something else."""

from __future__ import annotations

import pytest

from tests.cpu import seconds
from triage.mail.repetition import without_repeats


def line(number: int, *, status: int = 200) -> str:
    took = 100 + number * 7 % 400
    return f'2026-11-16T{number % 24:02}:{number % 60:02} {number * 7919:08x} POST /payments "{status}" {took} ms'


def log(*lines: str, at: int = 1_000, count: int = 2_000) -> str:
    """Many calls that went well, and some lines of another kind among them."""
    every = [line(number) for number in range(count)]
    every[at:at] = lines
    return "\n".join(every)


def test_a_short_log_is_read_whole() -> None:
    text = log(count=70)
    assert without_repeats(text) == text


def test_lines_that_are_all_unlike_are_read_whole() -> None:
    text = "\n".join("x" * length for length in range(500))
    assert without_repeats(text) == text


def test_of_a_thousand_calls_the_first_and_the_last_stay() -> None:
    left = without_repeats(log())
    assert left.startswith(log(count=15))
    assert left.endswith(line(1_999))
    assert left.count("\n") < 100


def test_where_lines_were_left_out_stands_an_empty_one() -> None:
    above, below = without_repeats(log()).split("\n\n")
    assert log().startswith(above)
    assert log().endswith(below)


@pytest.mark.parametrize(
    "lone",
    ["java.net.SocketTimeoutException: connect timed out", line(5, status=500), line(6, status=409)],
)
def test_a_line_of_its_own_kind_stays_with_what_stands_around_it(lone: str) -> None:
    left = without_repeats(log(lone)).split("\n")
    at = left.index(lone)
    assert left[at - 20 : at + 21] == [*map(line, range(980, 1_000)), lone, *map(line, range(1_000, 1_020))]


def test_numbers_that_count_or_measure_tell_no_lines_apart() -> None:
    measured = "\n".join(f"request took {100 + number * 37 % 400} ms" for number in range(2_000))
    assert without_repeats(measured).count("\n") < 100


def test_ids_tell_no_lines_apart() -> None:
    named = "\n".join(f"saved order {number * 2_654_435_761 % 2**32:08x}" for number in range(2_000))
    assert without_repeats(named).count("\n") < 100


def test_a_log_of_two_calls_in_turn_keeps_both() -> None:
    left = without_repeats("\n".join(f"GET /{'ab'[number % 2]}x/{number}" for number in range(3_000)))
    assert {row[:7] for row in left.split("\n")} - {""} == {"GET /ax", "GET /bx"}


@pytest.mark.parametrize("piece", ["\n", "1\n", "500 \n", "500 500 500 500\n", "x500 ", "\ud800\n", "404\n405\n"])
def test_time_grows_with_the_length_only(piece: str) -> None:
    def cpu(copies: int) -> float:
        without_repeats.cache_clear()
        return seconds(lambda: without_repeats(piece * copies))

    assert cpu(200_000) < 12 * max(cpu(50_000), 0.02)
