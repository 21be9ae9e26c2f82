"""Where contestants meet: a private Dovecot, an SMTP sink, the same mail for each, and what each of them cost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.dovecot import PASSWORD, Dovecot
from servers.process import remove, server_folder

from bench.mailbox import Mail

ROOT = Path(__file__).parent.parent
PATIENCE = 600.0
_LOOK = 0.02  # seconds between two looks at a process

CONFIG = """\
desk: {{name: Sample Desk, address: integration@desk.example}}
mailboxes:
  - {{name: bench, imap: {{host: 127.0.0.1, port: {imap}, tls: none, user: {user}, password: {{env: BENCH_PW}}}}}}
outgoing: {{smtp: {{host: 127.0.0.1, port: {smtp}, tls: none}}}}
database: sqlite:///{folder}/desk.sqlite
state: {root}/var
rules: {root}/rules
templates: {root}/templates
limits: {{replies: {{total: [{{replies: 1000000, minutes: 60}}], per_content: [{{replies: 1000000, minutes: 60}}]}}}}
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One contestant's own mailbox, sink and folder."""

    dovecot: Dovecot
    user: str
    smtp_port: int
    log: Path
    folder: Path

    def fill(self, mails: Sequence[Mail]) -> None:
        for mail in mails:
            self.dovecot.deliver(self.user, mail.raw)

    def replies(self) -> list[tuple[float, str]]:
        """When each reply was accepted, and who got it."""
        lines = self.log.read_text(encoding="ascii").splitlines()
        return [(float(when), person) for when, _, person in (line.partition(" ") for line in lines)]

    def left(self) -> int:
        with self.dovecot.client(self.user) as client:
            return int(client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"])


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took. `doubled` are people who got more than one reply, `missing` those who got none."""

    seconds: float
    cpu: float
    peak: float  # MB
    missing: int
    doubled: int
    left: int


Contestant = Callable[[Scene, str], list[str]]  # the scene, and "once" or "idle": a command


def desk(scene: Scene, how: str) -> list[str]:
    """`triage run`."""
    config = scene.folder / "config.yaml"
    names = {"imap": scene.dovecot.port, "user": scene.user, "smtp": scene.smtp_port}
    config.write_text(CONFIG.format(**names, folder=scene.folder, root=ROOT), encoding="utf-8")
    return [sys.executable, "-m", "triage", "run", *(["--once"] if how == "once" else []), "-c", str(config)]


def floor(scene: Scene, how: str) -> list[str]:
    """The bare bot."""
    arguments = [scene.dovecot.port, scene.user, PASSWORD, scene.smtp_port, scene.folder / "floor.sqlite"]
    return [sys.executable, "-m", "bench.floor", how, *map(str, arguments)]


@contextmanager
def scenes() -> Iterator[Callable[[], Scene]]:
    """Makes scenes on one Dovecot and one sink each; everything is gone afterwards."""
    dovecot, folder, sinks = Dovecot(), server_folder("bench"), []
    dovecot.start()

    def new() -> Scene:
        place = folder / str(len(sinks))
        place.mkdir()
        command = [sys.executable, "-m", "bench.sink", str(place / "sink.log")]
        sink = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
        sinks.append(sink)
        port = int(sink.stdout.readline()) if sink.stdout else 0
        return Scene(dovecot, dovecot.new_user(), port, place / "sink.log", place)

    try:
        yield new
    finally:
        for sink in sinks:
            sink.terminate()
            sink.communicate()
        dovecot.stop()
        remove(folder)


def environment() -> dict[str, str]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "BENCH_PW": PASSWORD, "PYTHONPATH": path}


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def run(contestant: Contestant, scene: Scene, mails: Sequence[Mail]) -> Cost:
    """One contestant empties a mailbox that was filled before, and ends."""
    command = contestant(scene, "once")
    began, process, peak = time.monotonic(), start(command), 0.0
    while True:
        peak = max(peak, peak_of(process.pid))
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - began > PATIENCE:
            process.send_signal(signal.SIGKILL)
        time.sleep(_LOOK)
    seconds, process.returncode = time.monotonic() - began, os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    got = Counter(person for _, people in scene.replies() for person in people.split())
    waiting = [mail.sender for mail in mails if mail.human]
    missing, doubled = sum(not got[each] for each in waiting), sum(got[each] > 1 for each in waiting)
    return Cost(seconds, used.ru_utime + used.ru_stime, peak, missing, doubled, scene.left())


def peak_of(pid: int) -> float:
    """The most memory a process ever held, in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    lines = (line.split() for line in status.splitlines() if line.startswith("VmHWM"))
    return next((int(line[1]) / 1024 for line in lines), 0.0)


def cpu_of(pid: int) -> float:
    """CPU seconds a running process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
