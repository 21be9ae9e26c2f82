"""The servers of every test, and the process that starts desks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.dovecot import Dovecot
from servers.postgres import Postgres
from servers.smtp_sink import SmtpSink

from tests.chaos.scene import Ground


@pytest.fixture
def ground(dovecot: Dovecot, postgres: Postgres, smtp_sink: SmtpSink, tmp_path: Path) -> Iterator[Ground]:
    made = Ground(dovecot, smtp_sink, postgres, tmp_path)
    yield made
    made.stop()
