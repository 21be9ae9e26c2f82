"""The key that signs our Message-IDs: configured, or made at first start."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from triage.config import Settings
from triage.credentials import reveal
from triage.threads import Signer


def signer_for(settings: Settings, *, make_key: bool = True) -> Signer:
    """Signs our Message-IDs with the configured key, or with one made at first start.

    Without `make_key` nothing is written: a signer that recognises no id stands in for a missing key.
    """
    path = settings.state / "signing.key"
    if settings.threads.key:
        key = reveal(settings.threads.key).encode()
    elif make_key or path.exists():
        key = _own_key(path)
    else:
        key = secrets.token_bytes(32)
    return Signer(key, settings.desk.domain)


def _own_key(path: Path) -> bytes:
    """A key in the state folder, readable by us alone; two first starts at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="utf-8")
        with contextlib.suppress(FileExistsError):  # another first start was quicker: its key counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_bytes()
