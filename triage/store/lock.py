"""One desk at a time with a SQLite database: a lock of the operating system beside the file.

The lock ends with its process, however that ends, so that a crash never keeps the next start waiting.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from triage.domain import OperatorError
from triage.store.database import DatabaseRefused


class InUse(OperatorError):  # noqa: N818 - the operator's word for it
    """Another desk is at work with this database."""

    exit_code = 7


@contextmanager
def sole(url: str) -> Iterator[None]:
    """Be the only desk at a SQLite database; with PostgreSQL many may be (store/leases.py). Raises InUse."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        yield
        return
    path = Path(f"{parsed.database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise DatabaseRefused(f"the lock {path} cannot be made: {error.strerror}") from None
    try:
        _take(held, path)
        yield
    finally:
        os.close(held)


def _take(held: int, path: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        who = os.read(held, 20).decode("ascii", "replace").strip() or "?"
        raise InUse(
            f"another triage is at work with this database (process {who} holds {path}); "
            "SQLite serves one desk at a time, PostgreSQL serves many"
        ) from None
    try:
        os.ftruncate(held, 0)
        os.write(held, f"{os.getpid()}\n".encode())
    except OSError:
        return  # a full disk: the number is for the eye only, the lock holds without it
