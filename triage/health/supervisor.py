"""What systemd is told (sd_notify): ready, alive, in one line how it goes, and stopping. Silent anywhere else."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Supervisor:
    """Speaks to the socket in NOTIFY_SOCKET; see sd_notify(3). Never raises: work goes on unsupervised."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.get("WATCHDOG_USEC", "")
        self.patience = int(microseconds) / 1e6 if ours and microseconds.isdecimal() else None
        """Seconds without a sign of life after which systemd kills the process; None: it does not watch."""

    def ready(self) -> None:
        self._say("READY=1")

    def alive(self) -> None:
        self._say("WATCHDOG=1")

    def status(self, line: str) -> None:
        self._say(f"STATUS={' '.join(line.split())[:500]}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
                link.settimeout(1)
                link.sendto(words.encode(), address)
        except OSError as error:
            log.debug("systemd is not reached: %s", error)
