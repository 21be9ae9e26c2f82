"""What systemd hears, over the real kind of socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage.health.supervisor import Supervisor


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(tmp_path / "notify"))
        link.settimeout(5)
        yield link


def test_every_word_is_one_datagram(listener: socket.socket):
    supervisor = Supervisor({"NOTIFY_SOCKET": listener.getsockname()})
    supervisor.ready()
    supervisor.status("red: two\nlines")
    supervisor.alive()
    supervisor.stopping()
    said = [listener.recv(1000).decode() for _ in range(4)]
    assert said == ["READY=1", "STATUS=red: two lines", "WATCHDOG=1", "STOPPING=1"]


def test_a_socket_without_a_file_is_reached(tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(f"\0triage-test-{os.getpid()}")
        link.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": f"@triage-test-{os.getpid()}"}).ready()
        assert link.recv(100) == b"READY=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_without_systemd_nothing_happens(environment: dict[str, str]):
    Supervisor(environment).ready()


@pytest.mark.parametrize(
    ("environment", "patience"),
    [
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": str(os.getpid())}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_only_when_it_watches_this_process(environment: dict[str, str], patience: float | None):
    assert Supervisor(environment).patience == patience
