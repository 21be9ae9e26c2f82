"""`make chaos`: kill a desk at every crossing of every boundary, and at random moments; count what is lost or doubled.

python -m tests.chaos [--lanes 2] [--random 60] [--every 1]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.chaos import two_desks
from tests.chaos.killing import Count, Death, Undisturbed, kill, undisturbed
from tests.chaos.scene import BATCH, ground

RUNS = (
    ("sqlite", BATCH, 1),
    ("postgresql", BATCH, 2),
    ("sqlite", 1, 4),
    ("postgresql", 50, 4),
)  # every so-many-th crossing


@dataclass
class Table:
    """What was seen at each boundary."""

    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))

    def show(self) -> str:
        whole = Count()
        lines = [f"{'died':16}{'kills':>8}{'in the window':>15}{'resent':>8}{'wrong':>7}"]
        for place, count in sorted(self.counts.items()):
            lines.append(_line(place, count))
            whole.add(count)
        return "\n".join([*lines, _line("in all", whole), *whole.wrong])

    @property
    def wrong(self) -> bool:
        return any(count.wrong for count in self.counts.values())


def _line(place: str, count: Count) -> str:
    return f"{place:16}{count.kills:>8}{count.doubtful:>15}{count.resent:>8}{len(count.wrong):>7}"


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def lane(number: int, lanes: int, options: argparse.Namespace, table: Table) -> None:
    """One of several that share the deaths; each has servers of its own."""
    chance = random.Random(options.seed)
    with ground() as made:
        for database, batch, every in RUNS:
            calm = undisturbed(made, database, batch)
            for position, death in enumerate(deaths(calm, every, options, chance)):
                if position % lanes == number:
                    kill(made, death, calm.outcome, table.counts[death.place])
                    say(f"\r{sum(count.kills for count in table.counts.values())} kills")


def deaths(calm: Undisturbed, every: int, options: argparse.Namespace, chance: random.Random) -> Sequence[Death]:
    """Crossings one after the other, and random moments from outside."""
    first = calm.deaths[0]
    moments = [chance.uniform(0, 1.1 * calm.seconds) for _ in range(options.random // len(RUNS))]
    outside = (Death(first.database, first.batch, "at random", {"after": moment}) for moment in moments)
    return [*calm.deaths[:: every * options.every], *outside]


def kills(options: argparse.Namespace) -> bool:
    """Whether no kill left anything wrong."""
    table, began = Table(), time.monotonic()
    with ThreadPoolExecutor(options.lanes) as pool:
        lanes = [pool.submit(lane, number, options.lanes, options, table) for number in range(options.lanes)]
        for each in lanes:
            each.result()
    say(f"\r{time.monotonic() - began:.0f} s       \n{table.show()}\n")
    return not table.wrong


def desks(options: argparse.Namespace) -> bool:
    """Whether two desks, struck again and again, did what one does undisturbed."""
    mails = two_desks.different_mails(options.mails)
    with ground() as made:
        alone = made.case("postgresql", mails, batch=50)
        made.recover(alone, patience=3600)
        expected = made.outcome(alone)
        case = made.case("postgresql", mails, batch=10, takeover=two_desks.TAKEOVER)
        seen = two_desks.storm(made, case, made.folder, every=options.strike, blows=10_000, seed=options.seed)
        found, (doubtful, doubled) = made.outcome(case), two_desks.sent_twice(made, case)
        received, differing = made.received(), made.differing()
    times = sorted(seen.takeovers) or [0.0]
    say(
        f"two desks, {len(mails)} mails: {seen.killed} killed, {seen.frozen} frozen; leases of {two_desks.TAKEOVER:.0f} s\n"
        f"taken over after {times[0]:.1f} / {statistics.median(times):.1f} / {times[-1]:.1f} s (least, median, most)\n"
        f"{found.tickets} tickets of {expected.tickets}; {len(received)} replies of {expected.replies.total()}; "
        f"{len(doubtful)} resent under the same Message-ID after a doubtful try, {len(doubled)} doubled otherwise\n"
        f"what they left is {'' if found == expected else 'NOT '}what one desk leaves\n"
    )
    return found == expected and not doubled and not differing and len(received) == expected.replies.total()


PARTS = {"kills": kills, "desks": desks}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--only", choices=PARTS, help="one part instead of both")
    parser.add_argument("--lanes", type=int, default=2, help="desks that die at the same time")
    parser.add_argument("--random", type=int, default=80, help="kills from outside at random moments")
    parser.add_argument("--every", type=int, default=1, help="only every so-many-th crossing")
    parser.add_argument("--mails", type=int, default=2000, help="for the two desks")
    parser.add_argument("--strike", type=float, default=4, help="most seconds between two blows")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    options = parser.parse_args()
    sound = [PARTS[name](options) for name in ([options.only] if options.only else PARTS)]
    sys.exit(not all(sound))


if __name__ == "__main__":
    main()
