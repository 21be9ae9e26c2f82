"""`make bench`: what a mail costs and how cost grows. Speed lives here, never in a test.

python -m bench [stages growth commands throughput full latency old]; all but `full` and `old` when none is named.
Figures of one run compare; those of two machines, or of a busy one, do not. The chart is written to var/bench.svg.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))  # its real servers

from bench.arena import ROOT
from bench.commands import commands
from bench.contests import latency, old_mail, throughput
from bench.figures import Row, chart, table
from bench.stages import growth, stages
from triage.reports.drawing import ChartsMissing, svg

SELECTIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "stages": stages,
    "growth": growth,
    "commands": commands,
    "throughput": throughput,
    "latency": latency,
    "full": lambda: throughput("full"),
    "old": old_mail,
}
LONG = {"full", "old"}


def main(names: list[str]) -> None:
    if unknown := set(names) - SELECTIONS.keys():
        sys.exit(f"no such selection: {', '.join(sorted(unknown))}; there are {', '.join(SELECTIONS)}")
    chosen = names or [name for name in SELECTIONS if name not in LONG]
    rows = [row for name in chosen for row in SELECTIONS[name]()]
    table(rows)
    try:
        (ROOT / "var" / "bench.svg").write_text(svg(chart(rows)), encoding="utf-8")
    except ChartsMissing as error:
        sys.stderr.write(f"{error}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
