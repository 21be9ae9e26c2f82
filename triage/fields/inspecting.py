"""Which fields a mail gives, which secrets it holds, and the mail without them. Start reading this room here.

    escaped JSON made plain -> parts of the mail -> finders (one file a family) -> findings, the one that counts first -> masked mail

Everything is extracted before anything is masked, so no field is lost to redaction (DOMAIN section 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from triage.domain import Finding, InboundMail, Inspection, Where
from triage.fields import (
    answers,
    app,
    calls,
    contact,
    dates,
    environment,
    ids,
    logged,
    msn,
    order_id,
    orders,
    org_number,
    product,
    terms,
)
from triage.fields.checklists import Checklists, ChecklistsFile
from triage.fields.clauses import Said
from triage.fields.escapes import unescaped
from triage.fields.masking import mask
from triage.fields.parts import Part, parts_of
from triage.fields.terms import Terms
from triage.fields.vocabulary import Vocabulary
from triage.yamlfile import read

_IDS = ("msn", "order_id")
_MOST_MENTIONS = 10
_LAST = 5
_PLAIN = 0.85  # confidence of a value behind its own label
_JOINED = re.compile(r"[\w-]")
_GOES_ON = re.compile(r"\w|[-./]\w")
NO_VALUES = frozenset({"placeholder", "invalid"})  # notes of findings that are shown, but satisfy nothing


@dataclass(frozen=True)
class Inspector:
    """Reads fields and secrets out of a mail; built once, then pure."""

    terms: Terms
    checklists: Checklists
    vocabulary: Vocabulary

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Build the inspector from the rules folder. Raises yamlfile.Problems."""
        checklists = Checklists.of(read(folder / "checklists.yaml", ChecklistsFile).value)
        words = terms.load(folder / "fields.yaml")
        return cls(words, checklists, words.vocabulary((*answers.LABELS, *calls.LABELS, *dates.LABELS)))

    def inspect(self, mail: InboundMail) -> Inspection:
        """Findings in the order in which they count for each field, secrets, and the masked mail."""
        plain = unescaped(mail)
        parts = parts_of(plain, self.vocabulary, self.terms.index)
        findings = self._findings(parts, plain)
        masked = mask(plain, findings, self.terms, parts)
        if plain is not mail and masked.mail == plain:  # nothing to mask: it is kept as it was sent
            masked = mask(mail, findings, self.terms, parts)
        return Inspection(findings, masked.secrets, self.checklists.read(plain, parts, findings), masked.mail)

    def _findings(self, parts: Sequence[Part], mail: InboundMail) -> tuple[Finding, ...]:
        words = self.terms
        answered = answers.find(parts, words)
        found = [
            *msn.find(parts, words),
            *org_number.find(parts, words),
            *environment.find(parts, words),
            *dates.find(parts, mail, words),
            *order_id.find(parts, words),
            *ids.find(parts, words),
            *product.find(parts, words),
            *calls.find(parts, words),
            *answers.failures_first(answered),
            *app.find(parts, words),
            *contact.find(parts, words, mail),
            *orders.find(parts, words),
        ]
        judged = _judged(found, parts, words)
        return _ordered(_shown_failing(judged, list(zip(parts, answered, strict=True))))


def counted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The finding that counts for each field: the first one that is a value."""
    chosen: dict[str, Finding] = {}
    for finding in findings:
        if finding.note not in NO_VALUES:
            chosen.setdefault(finding.field, finding)
    return tuple(chosen.values())


def _judged(found: Sequence[Finding], parts: Sequence[Part], words: Terms) -> list[Finding]:
    """Of several ids, those that are said to fail anywhere in the sender's own words, and those said to work."""
    several = {name for name in _IDS if len({finding.value for finding in found if finding.field == name}) > 1}
    prose = [part for part in parts if part.where is not Where.ATTACHMENT]
    return [
        replace(finding, note=f"{finding.note} {_outcome(finding.value, prose, words)}".strip())
        if finding.field in several and finding.note in ("", *order_id.SUBSTITUTES)
        else finding
        for finding in found
    ]


def _shown_failing(found: Sequence[Finding], answered: Sequence[tuple[Part, Sequence[Finding]]]) -> Sequence[Finding]:
    """Of several order ids of which the sender says nothing, those that a log shows failing."""
    orders_found = [finding for finding in found if finding.field == "order_id" and finding.note not in NO_VALUES]
    if any(finding.note.endswith("failed") for finding in orders_found):
        return found
    values = frozenset(finding.value for finding in orders_found)
    failing = logged.failing(values, answered) if len(values) > 1 else frozenset()
    return [
        replace(finding, note=f"{finding.note} failed".strip())
        if finding.value in failing and finding.field == "order_id" and finding.note in ("", *order_id.SUBSTITUTES)
        else finding
        for finding in found
    ]


def _outcome(value: str, prose: Sequence[Part], words: Terms) -> str:
    """`failed` when one mention of a value says so, `works` when one does and none of a failure; else nothing."""
    said = {words.outcomes.said(part, start) for part in prose for start in _mentions(part.text, value)}
    return "failed" if Said.FAILED in said else "works" if Said.WORKED in said else ""


def _mentions(text: str, value: str) -> Iterator[int]:
    """Where a value stands by itself; `A-1` is not mentioned by `A-1-2`."""
    start = text.find(value)
    for _ in range(_MOST_MENTIONS):
        if start < 0:
            return
        end = start + len(value)
        if not (_JOINED.match(text[start - 1 : start]) or _GOES_ON.match(text, end)):
            yield start
        start = text.find(value, end)


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each value once; the one that counts first."""
    once: dict[tuple[str, str], Finding] = {}
    for finding in found:
        known = once.get((finding.field, finding.value))
        if known is None or (_rank(finding) < _rank(known)):
            once[(finding.field, finding.value)] = finding
    return tuple(sorted(once.values(), key=_rank))


def _rank(finding: Finding) -> tuple[int, bool]:
    """Where a finding stands among those of its field: what failed, what is said plainly, what stands for it, what works."""
    if finding.note in NO_VALUES:
        return _LAST, False
    if finding.field not in ("msn", "order_id", "app_platform"):
        return 0, False
    outcome = finding.note.rpartition(" ")[2]
    if outcome in ("works", "own"):
        return _LAST - 1, False
    substitutes = finding.note.startswith(order_id.SUBSTITUTES)
    return 2 * substitutes + (outcome != "failed"), finding.confidence < _PLAIN
