"""`make soak`: a daemon at work for long; does its memory grow, does it keep descriptors open?

python -m tests.chaos.soak [--minutes 60] [--rate 2] [--database sqlite|postgresql]
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.mails import SETTLEMENT, TECHNICAL, mail
from tests.chaos.scene import Case, Ground, ground
from tests.chaos.two_desks import Daemon, wait_until
from triage.store import schema

_MANY = "[{replies: 1000000, minutes: 1}]"
_ALL_ANSWERED = (
    "{batch_mails: 50, breaker: {replies: 1000000, minutes: 1}, "
    f"replies: {{per_address: {_MANY}, per_domain: {_MANY}, per_content: {_MANY}, total: {_MANY}}}}}"
)
_VOCABULARY = 400  # words beside the usual ones: what the desk remembers of words is full after some minutes


def endless_mails(seed: int = 1) -> Iterator[bytes]:
    """Mails that differ, in words that come again, as people's do."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abdefgiklmnoprstuv", k=7)) for _ in range(_VOCABULARY)]
    for number in itertools.count():
        sender, *some = chance.sample(words, 5)
        text = f"{chance.choice((SETTLEMENT, TECHNICAL))} Dette gjelder {' '.join(some)}, sak {number}."
        yield mail(f"kari@{sender}.example", f"Sak om {some[0]}", text, Message_ID=f"<{number}@{sender}.example>")


@dataclass
class Curve:
    """What was seen of the process, once a second or less often."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def look(self, seconds: float, process: int) -> None:
        self.seconds.append(seconds)
        self.megabytes.append(resident(process))
        self.descriptors.append(sum(1 for _ in Path(f"/proc/{process}/fd").iterdir()))

    def later(self, share: float = 0.5) -> Curve:
        """The last part, when everything that is loaded once has been loaded."""
        start = int(len(self.seconds) * (1 - share))
        return Curve(self.seconds[start:], self.megabytes[start:], self.descriptors[start:])

    @property
    def slope(self) -> float:
        """Megabytes an hour, by least squares."""
        return statistics.linear_regression(self.seconds, self.megabytes).slope * 3600


def resident(process: int) -> float:
    """The memory of a process that is in use, in megabytes."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def soak(made: Ground, database: str, *, seconds: float, rate: float) -> tuple[Curve, Case, int]:
    """Deliver mail at a steady rate and watch the daemon; returns what was seen, and how many mails there were."""
    case = made.case(database, (), batch=50)
    case.config.write_text(case.config.read_text().replace("{batch_mails: 50}", _ALL_ANSWERED), encoding="utf-8")
    daemon, curve, mails = Daemon(case, case.log), Curve(), endless_mails()
    daemon.start()
    assert daemon.process is not None
    process = daemon.process.pid
    try:
        made.dovecot.deliver(case.user, next(mails))
        wait_until(lambda: len(made.sink.received) > 0, "the first mail is answered")
        began, sent = time.monotonic(), 1
        every = max(0.25, seconds / 1000)
        for moment in itertools.count():
            passed = time.monotonic() - began
            due = int(passed * rate) + 1 - sent
            for raw in itertools.islice(mails, max(due, 0)):
                made.dovecot.deliver(case.user, raw)
                sent += 1
            if passed > seconds:
                break
            curve.look(passed, process)
            time.sleep(max(0.0, (moment + 1) * every - passed))
        wait_until(lambda: len(case.rows(schema.mail)) == sent and _settled(case), "all mail is handled and answered")
    finally:
        daemon.kill()
    return curve, case, sent


def _settled(case: Case) -> bool:
    return all(row.state == "sent" for row in case.rows(schema.outbox))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=2, help="mails a second")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    with ground() as made:
        curve, case, sent = soak(made, options.database, seconds=options.minutes * 60, rate=options.rate)
        answered = len(made.received())
        made.close(case)
    later = curve.later()
    sys.stdout.write(
        f"{sent} mails in {options.minutes:g} minutes, {answered} replies\n"
        f"memory: {curve.megabytes[0]:.0f} MB after the first mail, {later.megabytes[0]:.0f} MB at half time, "
        f"{later.megabytes[-1]:.0f} MB at the end; slope of the second half {later.slope:+.1f} MB an hour, "
        f"{later.slope / (3.6 * options.rate):+.2f} MB a thousand mails\n"
        f"descriptors: {min(later.descriptors)} to {max(later.descriptors)} in the second half\n"
    )


if __name__ == "__main__":
    main()
