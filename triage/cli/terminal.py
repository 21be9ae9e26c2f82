"""Where tables and mails are shown: as wide as the terminal, or as COLUMNS says, else 100 columns."""

from __future__ import annotations

import os
import sys

from rich.console import Console

_ELSEWHERE = 100  # columns where nobody says how many there are, as in a file or a pipe


def console() -> Console:
    """Standard output for tables; colours only on a terminal."""
    told = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return Console(highlight=False, width=None if told else _ELSEWHERE)
