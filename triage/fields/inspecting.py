"""Which fields a mail gives, which secrets it holds, and the mail without them. Start reading this room here.

    parts of the mail -> finders (one file a family) -> findings, the one that counts first -> masked mail

Everything is extracted before anything is masked, so no field is lost to redaction (DOMAIN section 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    msn,
    order_id,
    orders,
    org_number,
    product,
    terms,
)
from triage.fields.checklists import Checklists, ChecklistsFile
from triage.fields.masking import mask
from triage.fields.parts import Part, parts_of
from triage.fields.terms import Terms
from triage.yamlfile import read

_IDS = ("msn", "order_id")
_MOST_MENTIONS = 10
NO_VALUES = frozenset({"placeholder", "invalid"})  # notes of findings that are shown, but satisfy nothing


@dataclass(frozen=True)
class Inspector:
    """Reads fields and secrets out of a mail; built once, then pure."""

    terms: Terms
    checklists: Checklists

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Build the inspector from the rules folder. Raises yamlfile.Problems."""
        checklists = Checklists.of(read(folder / "checklists.yaml", ChecklistsFile).value)
        return cls(terms.load(folder / "fields.yaml"), checklists)

    def inspect(self, mail: InboundMail) -> Inspection:
        """Findings in the order in which they count for each field, secrets, and the masked mail."""
        parts = parts_of(mail, self.terms.index)
        findings = self._findings(parts, mail)
        masked = mask(mail, findings, self.terms)
        return Inspection(findings, masked.secrets, self.checklists.read(mail, parts, findings), masked.mail)

    def _findings(self, parts: Sequence[Part], mail: InboundMail) -> tuple[Finding, ...]:
        words = self.terms
        found = [
            *msn.find(parts, words),
            *org_number.find(parts, words),
            *environment.find(parts, words),
            *dates.find(parts, mail, words),
            *order_id.find(parts, words),
            *ids.find(parts, words),
            *product.find(parts, words),
            *calls.find(parts, words),
            *answers.find(parts, words),
            *app.find(parts, words),
            *contact.find(parts, words, mail),
            *orders.find(parts, words),
        ]
        return _ordered(_judged(found, parts, words))


def counted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The finding that counts for each field: the first one that is a value."""
    chosen: dict[str, Finding] = {}
    for finding in findings:
        if finding.note not in NO_VALUES:
            chosen.setdefault(finding.field, finding)
    return tuple(chosen.values())


def _judged(found: Sequence[Finding], parts: Sequence[Part], words: Terms) -> list[Finding]:
    """Of several ids, those that are said to fail anywhere in the sender's own words."""
    several = {name for name in _IDS if len({finding.value for finding in found if finding.field == name}) > 1}
    prose = [part for part in parts if part.where in (Where.SUBJECT, Where.BODY)]
    return [
        replace(finding, note="failed")
        if finding.field in several and finding.note == "" and _fails(finding.value, prose, words)
        else finding
        for finding in found
    ]


def _fails(value: str, prose: Sequence[Part], words: Terms) -> bool:
    for part in prose:
        start = part.text.find(value)
        for _ in range(_MOST_MENTIONS):
            if start < 0:
                break
            if words.failed(part, start):
                return True
            start = part.text.find(value, start + 1)
    return False


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each value once; ids that failed before others, real order ids before what may stand for one."""
    once: dict[tuple[str, str], Finding] = {}
    for finding in found:
        known = once.get((finding.field, finding.value))
        if known is None or (_rank(finding) < _rank(known)):
            once[(finding.field, finding.value)] = finding
    return tuple(sorted(once.values(), key=_rank))


def _rank(finding: Finding) -> int:
    if finding.note in NO_VALUES:
        return 3
    if finding.field in ("msn", "order_id", "app_platform"):
        return {"failed": 0, "": 1}.get(finding.note, 2)
    return 0
