"""`make bench`: what a mail costs, in CPU time, and how cost grows. Speed lives here, never in a test.

CPU seconds of this process, best of five; the machine's other work hardly shows, but compare figures of one run only.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from triage.cli.shipped import samples
from triage.config import load
from triage.decision import judge
from triage.domain import Reading
from triage.mail.guard import reason_for_silence
from triage.mail.reader import parse
from triage.mind import Mind
from triage.mind import load as load_mind
from triage.rulebook.conditions import Condition, Matcher
from triage.threads import Belonging
from triage.understanding import text_for_model

ROOT = Path(__file__).parent.parent
LINE = "2026-03-02 10:00:{0:02d},{1:03d} INFO client POST /epayment/v1/payments/acme-{0}{1}/capture -> 200 in {1} ms\n"


def main() -> None:
    mind = load_mind(load(ROOT / "config.yaml"))
    table = Table("what", "figure", "of", title="Cost", title_justify="left")
    for row in (*_stages(mind), *_growth(mind), *_commands()):
        table.add_row(*row)
    Console(highlight=False).print(table)


def _stages(mind: Mind) -> Iterator[tuple[str, str, str]]:
    """Each stage over the sample mails."""
    raws = [path.read_bytes() for path in sorted(samples().glob("*.eml"))]
    mails = [parse(raw) for raw in raws]
    thinking, policy = mind.understanding, mind.policy()
    readings = [item for item in thinking.read(raws) if isinstance(item, Reading)]
    each = f"a mail, {len(raws)} sample mails"
    texts = [text_for_model(mail) for mail in mails]
    stages: dict[str, Callable[[], object]] = {
        "parse": lambda: [parse(raw) for raw in raws],
        "guard": lambda: [reason_for_silence(mail, thinking.ours) for mail in mails],
        "route: rules": lambda: [thinking.rulebook.evidence(mail) for mail in mails],
        "route: model": lambda: thinking.classifier.guess(texts),
        "inspect": lambda: [thinking.inspector.inspect(mail) for mail in mails],
        "decide": lambda: [judge(reading, Belonging(), policy) for reading in readings],
    }
    for name, work in stages.items():
        yield name, f"{1000 * _cpu(work) / len(raws):.2f} ms", each


def _growth(mind: Mind) -> Iterator[tuple[str, str, str]]:
    log = "".join(LINE.format(number % 60, number % 1000) for number in range(2500))[:200_000]
    mail = replace(parse(b"From: a@shop.example\n\nsee log"), new=log)
    yield "inspect 200 KB of log", f"{1000 * _cpu(lambda: mind.understanding.inspector.inspect(mail)):.0f} ms", "a mail"
    few, many = (_cpu(_matching(count)) for count in (100, 1000))
    yield "1,000 rules against 100", f"{many / few:.2f} times", "the same mails"


def _matching(count: int) -> Callable[[], object]:
    """Word rules over a mail of 300 words that nobody has seen before."""
    matcher = Matcher([Condition(any_of=(f"word{number}", f"stem{number}*")) for number in range(count)])
    turns = iter(range(10**9))

    def work() -> object:
        turn = next(turns)
        return [
            list(matcher.match("Subject", f"{turn} {number} " + "we wonder about a word7 " * 60))
            for number in range(20)
        ]

    return work


def _commands() -> Iterator[tuple[str, str, str]]:
    mail = str(next(iter(sorted(samples().glob("*.eml")))))
    for words in (["--help"], ["check"], ["explain", mail]):
        spent = min(_process(words) for _ in range(5))
        yield f"triage {words[0]}", f"{1000 * spent:.0f} ms", "elapsed, a whole process"


def _process(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "triage", *words], cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own command
    return time.perf_counter() - start


def _cpu(work: Callable[[], object]) -> float:
    work()
    gc.disable()
    try:
        return min(_once(work) for _ in range(5))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
