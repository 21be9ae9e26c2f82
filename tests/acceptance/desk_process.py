"""The real `triage` command against real servers, as an operator runs it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120.0  # seconds until something that must happen is given up; no test asserts on speed

CONFIG = """\
desk: {{name: Sample Desk, address: integration@desk.example, also_ours: [old-desk@desk.example]}}
mailboxes:
  - name: integration
    imap: {{host: localhost, port: {imap_port}, tls: {tls}, ca_file: {ca_file}, user: {user}, password: {{env: SAMPLE_PW}}}}
outgoing:
  smtp: {{host: 127.0.0.1, port: {smtp_port}, tls: none}}
database: {database}
state: {state}
rules: {root}/rules
templates: {root}/templates
poll: {{seconds: 20, retry_from: 0.2, retry_to: 2}}
"""


TRAYS = ("Triage/Ready", "Triage/Answered", "Triage/Review", "Triage/Silent", "Triage/Trouble")


def environment(password: str) -> dict[str, str]:
    """In which `triage` finds the mailbox's password, and the tests' own modules are found."""
    return {**os.environ, "SAMPLE_PW": password, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}


@dataclass(frozen=True)
class Desk:
    """A configured desk: `triage` commands run with its config."""

    config: Path
    password: str

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "triage", *words, "-c", str(self.config)]

    def environment(self) -> dict[str, str]:
        return environment(self.password)

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=check,
            timeout=PATIENCE * 3,
        )

    @contextlib.contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """The daemon, ended by SIGTERM; it must end in peace."""
        process = subprocess.Popen(self.command("run"), env=self.environment(), stderr=subprocess.PIPE)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, said.decode()
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"this never came true: {what}")
        time.sleep(0.05)
