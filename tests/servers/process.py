"""What every real server in the tests needs: a folder, a port, an unprivileged user and a sure end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

START_SECONDS = 15.0


def server_user() -> pwd.struct_passwd:
    """Whom servers run as: nobody when the tests run as root (both servers refuse root), else ourselves."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def own(*paths: Path) -> None:
    """Give paths to the servers' user; a no-op unless the tests run as root."""
    if os.getuid() == 0:
        user = server_user()
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


def server_folder(prefix: str) -> Path:
    """A new folder that the servers' user can reach (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix=f"triage-{prefix}-", dir="/tmp"))
    folder.chmod(0o755)
    own(folder)
    return folder


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ones: a port that was let go is soon given out again."""
    with ExitStack() as probes:
        held = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in held:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in held]


class Server:
    """A running server in its own process group. When the tests themselves are killed, so is it, and its folder goes.

    The guard is a shell that reads from a pipe of ours: the pipe ends when this process does, however it ends.
    """

    def __init__(self, command: Sequence[str | Path], log: Path, folder: Path) -> None:
        self._log = log
        self._process = spawn(command, log)
        last_will = f"read gone; kill -KILL -{self._process.pid}; sleep 1; rm -rf '{folder}'"
        self._guard = subprocess.Popen(
            ["sh", "-c", last_will], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until the server answers; its log is the error when it dies or stays silent."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"server did not start: {self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL the server and all its children, as a power cut would."""
        self._guard.kill()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)
        self._guard.communicate(timeout=10)


def spawn(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Start a program in its own process group, as the servers' user, with its words in `log`."""
    user = server_user()
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}),
        )


def run_as_server(command: Sequence[str | Path], log: Path) -> None:
    """Run a command to its end as the servers' user; its words are the error."""
    if spawn(command, log).wait(timeout=60) != 0:
        raise RuntimeError(f"{command[0]} failed: {log.read_text(errors='replace')[-2000:]}")


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
