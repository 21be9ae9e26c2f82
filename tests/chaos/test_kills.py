"""The short form of `make chaos`: a desk dies at every boundary, on both databases, and nothing is lost or doubled.

F17, F20, F31, F32 of docs/failure-stories.md: whatever the moment, each mail has one ticket, one reply and one tray.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.killing import Count, Death, kill, undisturbed
from tests.chaos.scene import BATCH, Ground

pytestmark = pytest.mark.timeout(600)


PLACES = (
    "after fetch",
    "before commit",
    "after commit",
    "before move",
    "after claim",
    "within dot",
    "after dot",
    "after reply",
    "after note",
)


def telling(deaths: tuple[Death, ...]) -> Iterator[Death]:
    """The boundaries that tell most, each at a crossing in the middle of the run; `make chaos` takes them all."""
    for place in PLACES:
        there = [death for death in deaths if death.place == place]
        yield there[len(there) // 2]


@pytest.mark.dovecot
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_desk_that_dies_at_any_boundary_loses_and_doubles_nothing(ground: Ground, database: str):
    calm = undisturbed(ground, database, BATCH)
    assert calm.outcome.tickets == 4
    assert calm.outcome.replies.total() == 5
    assert calm.outcome.trays.total() == 7
    count = Count()
    for death in telling(calm.deaths):
        kill(ground, death, calm.outcome, count)
    assert count.wrong == []
    assert count.kills == len(PLACES)
    assert count.resent == count.doubtful > 0
