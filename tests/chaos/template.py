"""Starts desks quickly: one process reads rules and model once, and forks a child for every desk that is to run.

A child is the real command line (`triage run --once`) from its first line; only the reading of rules and model is
done beforehand. One JSON object a line: {"config": ..., "log": ...} in, {"status": ..., "crossed": ...} out. With "at" and
"nth" the child kills itself at that crossing; with "after" it is left as it is and killed from outside after so many
seconds. The status is -9 when it died so.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import select
import signal
import sys
import tempfile
import traceback
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.acceptance.desk_process import ROOT
from tests.chaos.boundaries import Crossings
from tests.chaos.mails import MAILS
from triage import mind
from triage.cli.main import main
from triage.config import Settings, load
from triage.fields import terms
from triage.store.database import engine_for

LOCAL = """\
desk: {{name: Sample Desk, address: integration@desk.example}}
mailboxes: [{{name: warm, maildir: {{path: mail}}}}]
outgoing: {{folder: out}}
database: sqlite:///warm.sqlite
state: {state}
rules: {root}/rules
templates: {root}/templates
"""


def serve(config: Path) -> None:
    """Answer orders from standard input until it ends."""
    loaded = mind.load(load(config))
    mind.load = lambda settings, progress=None: _fitted(loaded, settings)
    terms.load = cache(terms.load)
    _warm(config.parent / "warm")
    engine_for("postgresql://desk@127.0.0.1/none")  # loads the driver
    gc.freeze()  # a collection in a child would copy every page it looks at
    _answer({"ready": True})
    for line in sys.stdin:
        _answer(_desk(json.loads(line)))


def _answer(told: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


def _warm(folder: Path) -> None:
    """Handle the mails once, so that all that is loaded when first used is loaded before the first fork."""
    for part in ("new", "cur", "tmp"):
        (folder / "mail" / part).mkdir(parents=True)
    for number, raw in enumerate(MAILS):
        (folder / "mail" / "new" / f"17000000{number}.warm").write_bytes(raw)
    (folder / "config.yaml").write_text(LOCAL.format(state=ROOT / "var", root=ROOT), encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        main(["run", "--once", "-c", str(folder / "config.yaml")], standalone_mode=False)


def _fitted(loaded: mind.Mind, settings: Settings) -> mind.Mind:
    return replace(loaded, settings=settings)


def _desk(order: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as told, Path(order["log"]).open("ab") as log:
        child = os.fork()
        if child == 0:
            _live(order, told.fileno(), log.fileno())
        if "after" in order:
            _kill_after(child, order["after"])
        _, status = os.waitpid(child, 0)
        told.seek(0)
        return {"status": os.waitstatus_to_exitcode(status), "crossed": json.loads(told.read() or b"{}")}


def _kill_after(child: int, seconds: float) -> None:
    """SIGKILL from outside, unless the child has ended by then."""
    watched = os.pidfd_open(child)
    with contextlib.suppress(ProcessLookupError), select.epoll() as ended:
        ended.register(watched, select.EPOLLIN)
        if not ended.poll(seconds):
            os.kill(child, signal.SIGKILL)
    os.close(watched)


def _live(order: dict[str, Any], told: int, log: int) -> None:
    """The child: a desk from start to end, or to its death."""
    os.dup2(log, 1)
    os.dup2(log, 2)
    crossings = Crossings(order.get("at", ""), order.get("nth", 0))
    if "after" not in order:
        crossings.watch()
    code = 70
    try:
        main(["run", "--once", "-c", order["config"]], standalone_mode=False)
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - whatever ended it is told in its log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os.write(told, json.dumps(crossings.counted).encode())
        os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
