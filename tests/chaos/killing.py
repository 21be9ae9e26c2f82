"""Kill a desk at one crossing, start it again, and count."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.chaos.scene import Ground, Outcome

KILLED = -9


@dataclass(frozen=True)
class Death:
    """Where the desk is to die: at a crossing, or so many seconds after its start."""

    database: str
    batch: int
    place: str
    order: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.database}, batches of {self.batch}, {self.order}"


@dataclass
class Count:
    """What was seen over all kills."""

    kills: int = 0
    doubtful: int = 0  # kills inside the window that SMTP leaves open
    resent: int = 0  # replies that left twice, under the same Message-ID
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        self.kills += other.kills
        self.doubtful += other.doubtful
        self.resent += other.resent
        self.wrong += other.wrong


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed: its outcome, how long it took, and every crossing on its way."""

    outcome: Outcome
    seconds: float
    deaths: tuple[Death, ...]


def undisturbed(ground: Ground, database: str, batch: int) -> Undisturbed:
    case = ground.case(database, batch=batch)
    began = time.monotonic()
    status, crossed = ground.run(case)
    seconds = time.monotonic() - began
    assert status == 0, f"status {status}: {case.log.read_text()}"
    found = ground.outcome(case)
    assert max(ground.received().values()) == 1
    ground.close(case)
    places = ((place, nth) for place in sorted(crossed) for nth in range(1, crossed[place] + 1))
    deaths = (Death(database, batch, place, {"at": place, "nth": nth}) for place, nth in places)
    return Undisturbed(found, seconds, tuple(deaths))


def kill(ground: Ground, death: Death, expected: Outcome, count: Count) -> None:
    """One death, one restart; what is not as it must be is written down."""
    case = ground.case(death.database, batch=death.batch)
    status, _ = ground.run(case, **death.order)
    doubtful = ground.doubtful(case)
    ground.recover(case)
    count.kills += status == KILLED
    count.doubtful += bool(doubtful)
    received = ground.received()
    twice = {name for name, times in received.items() if times > 1}
    count.resent += len(twice)
    wrong = list(_wrong(ground, doubtful, twice, received.total() - len(received), ground.outcome(case), expected))
    if status != KILLED and "at" in death.order:
        wrong.append(f"the desk did not die there (status {status})")
    count.wrong += [f"{death}: {each}" for each in wrong]
    ground.close(case)


def _wrong(
    ground: Ground, doubtful: set[str], twice: set[str], surplus: int, found: Outcome, expected: Outcome
) -> Iterator[str]:
    if found.tickets != expected.tickets:
        yield f"{found.tickets} tickets, not {expected.tickets}"
    if found.mails != expected.mails:
        yield f"mails {found.mails - expected.mails} instead of {expected.mails - found.mails}"
    if found.trays != expected.trays:
        yield f"trays: {sum((found.trays - expected.trays).values())} too many, "
        yield f"{sum((expected.trays - found.trays).values())} missing"
    if found.replies != expected.replies:
        yield f"replies {found.replies - expected.replies} instead of {expected.replies - found.replies}"
    if len(ground.received()) != expected.replies.total():
        yield f"the relay got {len(ground.received())} replies, not {expected.replies.total()}"
    if twice - doubtful or surplus > len(doubtful):
        yield f"sent twice outside the window: {twice - doubtful}"
    if ground.differing():
        yield f"another mail under the same Message-ID: {ground.differing()}"
