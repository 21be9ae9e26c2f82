"""SQLite serves one desk at a time: the second is told so, and a crash leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from triage.store.database import DatabaseRefused
from triage.store.lock import InUse, sole

HOLD = """\
import sys, time
from triage.store.lock import sole
with sole(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/var/desk.sqlite"


def test_a_second_desk_is_refused_and_told_which_process_is_at_work(url: str):
    with (
        subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE) as other,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InUse, match=f"process {other.pid} ") as refused, sole(url):
            pass
        assert "\n" not in str(refused.value)
        other.kill()
    with sole(url):  # F46: what died left nothing that somebody must clear away
        pass


def test_the_place_is_free_again_when_the_work_is_done_or_failed(url: str):
    with pytest.raises(ZeroDivisionError), sole(url):
        raise ZeroDivisionError
    with sole(url):
        pass


def test_other_databases_have_other_places(url: str):
    with sole(url), sole(url.replace("desk", "other")), sole("postgresql://desk@db.example/desk"), sole("sqlite://"):
        pass


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseRefused, match="cannot be made"), sole(f"sqlite:///{tmp_path}/file/desk.sqlite"):
        pass
