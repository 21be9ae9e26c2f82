"""`python -m bench.backtest [MAILS]`: how long a back-test of many recorded mails takes, and how much room they take.

The sample mails are read once and recorded again and again under new keys; then the shipped rules judge them all, in as
many processes as there are processors, once with the same field finders and once with others, which look at every mail anew.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from triage.cli.shipped import samples
from triage.config import load
from triage.decision import judge
from triage.domain import Reading
from triage.mind import Mind, model_path
from triage.mind import load as load_mind
from triage.store import recorded
from triage.store.database import engine_for, migrate
from triage.store.ledger import Handled
from triage.store.store import Store
from triage.threads import Belonging
from triage.tuning.backtest import Wanted, backtest

ROOT = Path(__file__).parent.parent
MAILS = 10_000
_BATCH = 500  # mails a transaction


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else MAILS
    mind = load_mind(load(ROOT / "config.yaml"))
    wanted = Wanted(mind.settings, model_path(mind.settings))
    table = Table("what", "figure", "of", title="Back-test", title_justify="left")
    with tempfile.TemporaryDirectory() as folder:
        for name, finders in (("the same finders", mind.finders), ("other finders", "others")):
            store = _recorded(Path(folder) / f"{name}.sqlite", mind, mails, finders)
            started, used = time.perf_counter(), _processor_time()
            found = backtest(store, wanted, None, lambda _done, _all: None)
            spent, used = time.perf_counter() - started, _processor_time() - used
            store.close()
            of = f"{found.mails:,} mails on {len(os.sched_getaffinity(0))} processors, {len(found.changed)} changed"
            table.add_row(f"back-test, {name}", f"{spent:.1f} s, {used:.1f} s of processor time", of)
    sizes = sorted(len(recorded.pack(each)) for each in _kept(mind, mind.finders))
    median, mean = sizes[len(sizes) // 2], sum(sizes) / len(sizes)
    table.add_row("a recorded mail", f"{median:,} bytes, mean {mean:,.0f}", f"{len(sizes)} sample mails")
    Console(highlight=False).print(table)


def _processor_time() -> float:
    """Seconds of this process and of those that have ended under it: what counts on a busy machine."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _kept(mind: Mind, finders: str) -> list[recorded.Recorded]:
    """Every sample mail as it is recorded."""
    found = mind.understanding.read([path.read_bytes() for path in sorted(samples().glob("*.eml"))])
    readings = [each for each in found if isinstance(each, Reading)]
    verdicts = [judge(each, Belonging(), mind.policy()) for each in readings]
    return [
        recorded.record(each.mail, each.inspection, Belonging(), verdict, finders)
        for each, verdict in zip(readings, verdicts, strict=True)
    ]


def _recorded(path: Path, mind: Mind, mails: int, finders: str) -> Store:
    """A database with many recorded mails."""
    engine = engine_for(f"sqlite:///{path}")
    migrate(engine, 10_000)
    store = Store(engine)
    numbered = enumerate(islice(cycle(_kept(mind, finders)), mails))
    while batch := list(islice(numbered, _BATCH)):
        with store.ledger() as ledger:
            for number, kept in batch:
                mail = replace(kept.mail, key=f"{number}", message_id=f"{number}@bench.example")
                handled = Handled(Reading(mail), kept.verdict, "bench", f"{number}", "", "")
                recorded.write(ledger.db, ledger.record(handled, None, first=False), replace(kept, mail=mail))
    return store


if __name__ == "__main__":
    main()
