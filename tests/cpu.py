"""CPU time for tests of linearity: the best of three, with the garbage collector out of the way."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def seconds(action: Callable[[], object]) -> float:
    """CPU seconds of the quickest of three runs; what else the machine does hardly shows in it."""
    gc.collect()
    gc.disable()
    try:
        return min(_once(action) for _ in range(3))
    finally:
        gc.enable()


def _once(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start
