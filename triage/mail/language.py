"""Which of the five languages the prose is in."""

from __future__ import annotations

from triage.domain import Language

__all__ = ["language_of"]


def language_of(text: str) -> Language | None:
    """To be."""
    return None
