"""A real browser without a screen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")


def find_chromium() -> str | None:
    """The program, where it is installed (Debian package chromium)."""
    return shutil.which("chromium")


def rendered_page(program: str, page: Path, profile: Path) -> str:
    """A local page's document after its scripts have run, as HTML. Raises CalledProcessError."""
    command = [program, *_QUIET, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
