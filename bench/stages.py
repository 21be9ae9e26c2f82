"""What each stage costs a mail, and how that grows. CPU seconds of this process, best of five."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from bench.arena import ROOT
from bench.figures import Row
from bench.mailbox import mailbox
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

MAILS = 180
LINE = "2026-03-02 10:00:{0:02d},{1:03d} INFO client POST /epayment/v1/payments/acme-{0}{1}/capture -> 200 in {1} ms\n"


def stages() -> Iterator[Row]:
    """Each stage over the same mails, whose texts were seen before."""
    mind = load_mind(load(ROOT / "config.yaml"))
    raws = [mail.raw for mail in mailbox(MAILS)]
    mails = [parse(raw) for raw in raws]
    thinking, policy = mind.understanding, mind.policy()
    readings = [item for item in thinking.read(raws) if isinstance(item, Reading)]
    texts = [text_for_model(mail) for mail in mails]
    work: dict[str, Callable[[], object]] = {
        "parse": lambda: [parse(raw) for raw in raws],
        "guard": lambda: [reason_for_silence(mail, thinking.ours) for mail in mails],
        "route: rules": lambda: [thinking.rulebook.evidence(mail) for mail in mails],
        "route: model": lambda: thinking.classifier.guess(texts),
        "inspect": lambda: [thinking.inspector.inspect(mail) for mail in mails],
        "decide": lambda: [judge(reading, Belonging(), policy) for reading in readings],
    }
    for name, one in work.items():
        yield Row(name, 1000 * cpu(one) / len(raws), "ms", f"CPU a mail, {len(raws)} light mails", "Stages")


def growth() -> Iterator[Row]:
    """What must not grow: the cost of a mail with the number of rules and the length of its thread."""
    mind = load_mind(load(ROOT / "config.yaml"))
    yield from _log(mind)
    few, many = (cpu(_matching(count)) for count in (100, 1000))
    yield Row("1,000 rules against 100", many / few, "times", "CPU of word rules over the same new mails")
    short, long = (cpu(_reading(mind, length)) for length in (0, 200))
    yield Row("200 mails of history against none", long / short, "times", "CPU of parse to opinion")


def _log(mind: Mind) -> Iterator[Row]:
    log = "".join(LINE.format(number % 60, number % 1000) for number in range(2500))[:200_000]
    mail = replace(parse(b"From: a@shop.example\n\nsee log"), new=log)
    yield Row("inspect 200 KB of log", 1000 * cpu(lambda: mind.understanding.inspector.inspect(mail)), "ms", "CPU")


def _matching(count: int) -> Callable[[], object]:
    """Word rules as staff write them, over mails of 300 words that nobody has seen before."""
    matcher = Matcher(
        [
            Condition(any_of=(f"word{number}", f"stem{number}*", f"two words{number}"), none_of=(f"never{number}",))
            for number in range(count)
        ]
    )
    turns = iter(range(10**9))

    def work() -> object:
        turn = next(turns)
        bodies = (
            f"{count} {turn} {number} " + f"we wonder about a word7 of{count}x{turn}x{number} " * 50
            for number in range(20)
        )
        return [list(matcher.match("Subject", body)) for body in bodies]

    return work


def _reading(mind: Mind, length: int) -> Callable[[], object]:
    """A first mail, or one with a history of so many mails below."""
    marks = (">" * min(depth, 60) for depth in range(1, length + 1))
    history = "".join(
        f"{mark} On 2 March 2026 at 10:00 Kari wrote:\n{mark} We tried again.\n{mark}\n" for mark in marks
    )
    text = "We get HTTP 500 from POST /epayment/v1/payments, order acme-17, MSN 654321, in test.\n" * 10
    raw = f"From: a@shop.example\nSubject: Re: Capture\nContent-Type: text/plain; charset=utf-8\n\n{text}\n{history}"
    turns = iter(range(10**9))
    return lambda: mind.understanding.read(
        [f"Message-ID: <{next(turns)}@a.example>\n{raw}".encode() for _ in range(10)]
    )


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of five runs, after one that warms up."""
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
