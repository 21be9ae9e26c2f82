"""How long a person waits for a command: whole processes, from start to end."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.arena import ROOT, environment
from bench.figures import Row, middle
from triage.cli.shipped import samples

COMMANDS = {"--help": ["--help"], "check": ["check"], "explain": ["explain", str(sorted(samples().glob("*.eml"))[0])]}


def commands() -> Iterator[Row]:
    """Seconds on the clock and of the processor, warm."""
    for name, words in COMMANDS.items():
        _elapsed(words)
        yield Row(f"triage {name}", 1000 * middle(lambda words=words: _elapsed(words)), "ms", "elapsed", "Commands")
        yield Row(f"triage {name}, CPU", 1000 * middle(lambda words=words: _spent(words)), "ms", "CPU", "Commands")


def _elapsed(words: list[str]) -> float:
    start = time.perf_counter()
    _run(words)
    return time.perf_counter() - start


def _spent(words: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(words: list[str]) -> None:
    command = [sys.executable, "-m", "triage", *words]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)  # noqa: S603 - our own command
