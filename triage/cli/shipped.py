"""Where the rules, templates and sample mails that come with the program are: a checkout, or the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """`rules` or `templates`: beside the package in a checkout, inside it when installed."""
    beside = _PACKAGE.parent / name
    return beside if beside.is_dir() else _PACKAGE / "_data" / name


def samples() -> Path:
    """The folder of sample mails for `triage demo`."""
    return _PACKAGE / "samples"
