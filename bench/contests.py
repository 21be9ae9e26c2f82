"""End to end on real servers, beside the bare bot of bench/floor.py in the same run: throughput, latency, old mail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median, quantiles

from servers.process import own

from bench.arena import PATIENCE, Contestant, Cost, Scene, cpu_of, desk, floor, run, scenes, start
from bench.figures import ROUNDS, Row
from bench.helpdesk import helpdesk, python
from bench.mailbox import Mail, mailbox

MAILS = 1000
OLD = (0, 10_000, 100_000)
LATE = 60  # mails whose answers are awaited one by one
FEW = 12  # the same where each takes the server seconds
_PAUSE = 0.15
_IDLE = 60  # seconds: a clock tick in them is 0.6 s an hour
CONTESTANTS: dict[str, Contestant] = {"desk": desk, "bare bot": floor}


def throughput(profile: str = "light") -> Iterator[Row]:
    """Each empties the same mailbox in turn."""
    contestants = CONTESTANTS | ({"django-helpdesk": helpdesk} if python() else {})
    mails, costs = mailbox(MAILS, profile), {name: [] for name in contestants}
    with scenes() as new:
        for _ in range(ROUNDS):
            for name, contestant in contestants.items():
                costs[name].append(_contest(contestant, new(), mails))
    of = f"{MAILS:,} {profile} mails, IMAP to SMTP and trays; median of {ROUNDS}"
    for name, found in costs.items():
        yield Row(f"{name}: speed", MAILS / median(c.seconds for c in found), "mails/s", of, "Throughput")
    for name, found in costs.items():
        yield Row(f"{name}: CPU", 1000 * median(c.cpu for c in found) / MAILS, "ms a mail", of, "CPU, start included")
    for name, found in costs.items():
        yield Row(f"{name}: memory", max(c.peak for c in found), "MB", "the most that was ever held", "Memory")
    for name in (name for name in contestants if name != "desk"):
        shares = [other.seconds / ours.seconds for ours, other in zip(costs["desk"], costs[name], strict=True)]
        yield Row(f"speed of the desk against {name}", median(shares), "times", of)
    yield Row("people without their one reply", sum(c.missing + c.doubled for c in costs["desk"]), "people", "the desk")


def _contest(contestant: Contestant, scene: Scene, mails: Sequence[Mail]) -> Cost:
    scene.fill(mails)
    scene.left()  # the server gives every mail its UID: nobody shall pay for that
    return run(contestant, scene, mails)


def latency() -> Iterator[Row]:
    """From delivery to the reply's acceptance, under IDLE; Dovecot itself tells of new mail after half a second."""
    mails = [mail for mail in mailbox(3 * LATE) if mail.human][: LATE + 1]
    with scenes() as new:
        for name, contestant in CONTESTANTS.items():
            waits, idle = _waits(contestant, new(), mails, _IDLE)
            yield Row(f"{name}: half of the replies", 1000 * median(waits), "ms", f"{LATE} mails", "Latency")
            yield Row(f"{name}: 99 of 100", 1000 * quantiles(waits, n=100)[98], "ms", f"{LATE} mails", "Latency")
            yield Row(f"{name}: idle", 3600 * idle, "s", "CPU an hour")


def _waits(contestant: Contestant, scene: Scene, mails: Sequence[Mail], idle: float) -> tuple[list[float], float]:
    """Seconds from each mail's delivery to its reply, and CPU a second of so many seconds without mail."""
    process = start(contestant(scene, "idle"))
    try:
        _answered(scene, mails[:1], 1)
        time.sleep(1)
        spent, since = cpu_of(process.pid), time.monotonic()
        time.sleep(idle)
        spent = (cpu_of(process.pid) - spent) / (time.monotonic() - since)
        return [_answered(scene, [mail], number) for number, mail in enumerate(mails[1:], 2)], spent
    finally:
        process.terminate()
        process.wait()


def _answered(scene: Scene, mails: Sequence[Mail], count: int) -> float:
    time.sleep(_PAUSE)
    scene.fill(mails)
    delivered = time.monotonic()
    while len(replies := scene.replies()) < count:
        if time.monotonic() - delivered > PATIENCE:
            raise RuntimeError("no reply came")
        time.sleep(0.002)
    return replies[-1][0] - delivered


def old_mail() -> Iterator[Row]:
    """How long a reply takes under IDLE in an inbox that holds more and more old, read mail."""
    mails = [mail for mail in mailbox(3 * FEW) if mail.human][: FEW + 1]
    with scenes() as new:
        for count in OLD:
            half: dict[str, float] = {}
            for name, contestant in CONTESTANTS.items():
                scene = new()
                _rest(scene, count)
                half[name] = median(_waits(contestant, scene, mails, idle=0)[0])
                yield Row(f"{name}, {count:,} old mails", 1000 * half[name], "ms", f"half of {FEW} replies", "Old mail")
            yield Row(f"desk against bare bot, {count:,} old mails", half["desk"] / half["bare bot"], "times", "")


def _rest(scene: Scene, count: int) -> None:
    """Old, read mail in the inbox, without copies: names for one file."""
    folder, kept = scene.dovecot.maildir(scene.user) / "cur", scene.folder / "old.eml"
    kept.write_bytes(mailbox(1)[0].raw)
    own(kept)
    for number in range(count):
        (folder / f"16{number:08d}.M1P1.localhost:2,S").hardlink_to(kept)
    scene.left()  # the server gives every mail its UID
