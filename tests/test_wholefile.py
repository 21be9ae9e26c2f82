"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage import wholefile
from triage.wholefile import write_whole


def test_a_file_takes_the_place_of_the_one_before_and_only_its_owner_reads_it(tmp_path: Path):
    write_whole(tmp_path / "new" / "model.bin", b"old")
    write_whole(tmp_path / "new" / "model.bin", b"new")
    (found,) = (tmp_path / "new").iterdir()
    assert (found.read_bytes(), found.stat().st_mode & 0o777) == (b"new", 0o600)


def test_a_full_disk_leaves_the_file_before_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_whole(tmp_path / "model.bin", b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(wholefile.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "model.bin", b"new")
    (found,) = tmp_path.iterdir()
    assert found.read_bytes() == b"old"
