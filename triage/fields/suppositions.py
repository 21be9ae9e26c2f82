"""Sentences that speak of trouble without reporting any: `what happens if a payment fails?` The words are rules/profiles.yaml.

Trouble is supposed only where the sender asks or wonders, and where no word says that it happened.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Self

from triage.rulebook.words import Seen, WordIndex
from triage.yamlfile import Model

_SENTENCE = re.compile(r"[^.!?\n]{1,2000}(?:[.!?](?!\s|\Z)[^.!?\n]{0,2000}){0,40}[.!?\n]*|[.!?\n]+")
_ASKED = re.compile(r"\?[\"')»!?.\s]*\Z")


class SuppositionWords(Model):
    """Words of sentences that suppose trouble, and words that make it real after all."""

    supposed: tuple[str, ...]
    wondering: tuple[str, ...]
    """Such a sentence asks without a question mark."""
    documents: tuple[str, ...]
    """Trouble in such a sentence is that of a document; an answer in it is still one."""
    links: tuple[str, ...]
    """An answer in a sentence of `documents` with such a word is that of a page."""
    reported: tuple[str, ...]
    """In the same sentence, and not part of words that suppose (`if we get`): the trouble is real."""
    real: tuple[str, ...]
    """Anywhere in the mail: the trouble is real."""


@dataclass(frozen=True)
class Split:
    """A text in two: what only supposes trouble, and the rest."""

    supposed: str
    rest: str


@dataclass(frozen=True)
class Suppositions:
    """Takes the sentences out of a text that only suppose trouble, or tell what a document lacks."""

    index: WordIndex[str]

    @classmethod
    def of(cls, words: SuppositionWords) -> Self:
        return cls(WordIndex({name: getattr(words, name) for name in SuppositionWords.model_fields}))

    def split(self, subject: str, body: str) -> Split | None:
        """The body in two, or None where nothing is merely supposed."""
        found = self.index.scan(body)
        if not found or "real" in found or "real" in self.index.scan(subject):
            return None
        starts = {kind: sorted(one.start for one in seen) for kind, seen in _apart(found).items()}
        rest = supposed = ""
        for sentence in _SENTENCE.finditer(body):
            begin, end = sentence.span()
            kinds = {kind for kind, at in starts.items() if bisect_left(at, begin) < bisect_left(at, end)}
            only = "supposed" in kinds and ("wondering" in kinds or bool(_ASKED.search(sentence.group())))
            only |= {"documents", "links"} <= kinds
            if "reported" in kinds or not (only or "documents" in kinds):
                rest += sentence.group()
            else:
                rest += "\n"
                supposed += sentence.group() if only else ""
        return Split(supposed, rest) if rest != body else None


def _apart(found: dict[str, list[Seen]]) -> dict[str, list[Seen]]:
    """Words of a report that are no part of words that suppose: `we get`, but not that of `if we get`."""
    covered = {token for seen in found.get("supposed", ()) for token in range(seen.first, seen.last + 1)}
    reported = [seen for seen in found.get("reported", ()) if seen.first not in covered and seen.last not in covered]
    return {**found, "reported": reported}
