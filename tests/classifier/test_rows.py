"""Tables that are mostly zeros: what numpy makes of a few rows is what a whole matrix would say."""

from __future__ import annotations

import numpy as np
import pytest

from triage.classifier.model import Head, highest
from triage.classifier.rows import Rows
from triage.classifier.training import sparse

TABLE = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 4], [0, 0, 0, 0]], dtype=np.float32)
ROWS = Rows.of([(np.flatnonzero(row).astype(np.int32), row[np.flatnonzero(row)]) for row in TABLE], 4)
WEIGHTS = np.array([1, 10, 100, 1000], dtype=np.float32)


def test_rows_are_those_of_the_matrix() -> None:
    assert len(ROWS) == 4
    np.testing.assert_array_equal(sparse(ROWS).toarray(), TABLE)
    assert len(Rows.of([], 4)) == 0


@pytest.mark.parametrize("which", [[0], [1], [3], [2, 0], [1, 2, 3], [3, 1, 0, 1]])
def test_products_and_sums_are_those_of_the_matrix_with_or_without_empty_rows(which: list[int]) -> None:
    numbers = np.array(which)
    np.testing.assert_array_equal(ROWS.products(numbers, WEIGHTS), TABLE[numbers] @ WEIGHTS)
    times = np.arange(2, 2 + len(which), dtype=np.float32)
    np.testing.assert_array_equal(ROWS.weighted(numbers.astype(np.int32), times), times @ TABLE[numbers])


def test_no_rows_at_all_add_up_to_nothing() -> None:
    nothing = ROWS.weighted(np.array([], dtype=np.int32), np.array([], dtype=np.float32))
    np.testing.assert_array_equal(nothing, np.zeros(4))


def test_turned_rows_are_the_columns_that_are_kept() -> None:
    keep = np.array([True, False, True, True])
    np.testing.assert_array_equal(sparse(ROWS.turned(keep)).toarray(), np.where(keep, TABLE, 0).T)


@pytest.mark.parametrize("many", [1, 40, 5_000])
@pytest.mark.parametrize("alike", [False, True])
def test_the_highest_are_the_highest(many: int, *, alike: bool) -> None:
    values = np.random.default_rng(3).random(many).astype(np.float32)
    if alike:
        values[: many - 2] = 0
    count = min(many, 32)
    found = highest(values, count)
    assert len(set(found.tolist())) == count
    np.testing.assert_array_equal(np.sort(values[found]), np.sort(values)[-count:])


def test_weights_in_steps_are_as_near_as_half_a_step() -> None:
    weights = np.array([[0.5, -1.25], [0.00001, 3]], dtype=np.float32)
    head = Head.of(("a", "b"), ("a", "b"), weights, np.zeros(2, dtype=np.float32))
    np.testing.assert_allclose(head.weights * head.step, weights, atol=head.step / 2)
    rows = Rows.of([(np.array([0, 1], dtype=np.int32), np.array([2, 1], dtype=np.float32))], 2)
    np.testing.assert_allclose(head.scores(rows), [[1, 0.5]], atol=2 * head.step)
