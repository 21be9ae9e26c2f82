"""What is read at the start stays: meanwhile nobody need look for what is no longer used."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Python's collector rests while code, rules and templates are read; it would take a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
