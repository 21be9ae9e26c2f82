"""Organization numbers of Norway, Denmark, Finland and Sweden, by label and check digit (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.checksums import is_cvr, is_norwegian_organization, is_swedish_organization, is_y_tunnus
from triage.fields.labels import hits
from triage.fields.parts import Part
from triage.fields.terms import Terms

_LABELLED = re.compile(
    r"(?:(?:NO|DK|SE|FI)[ -]?)?(?:\d{3}[ .]?\d{3}[ .]?\d{3}|\d{2} \d{2} \d{2} \d{2}|\d{7}-\d|\d{6}-\d{4}|\d{7,12})(?:[ ]?MVA)?(?![\w-])",
    re.IGNORECASE,
)
_VAT = re.compile(r"(?P<number>\d{3} ?\d{3} ?\d{3}) ?mva(?!\w)")
_FINNISH = re.compile(r"\d{7}-\d(?<![\w-]\d{7}-\d)(?![\w-])")


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Organization numbers of a mail; one whose check digit is wrong carries the note `invalid`."""
    found = [finding for part in parts for finding in _in_part(part, terms)]
    return sorted(found, key=lambda finding: finding.note == "invalid")


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.labels["organization_number"], _LABELLED):
        yield _finding(part, hit.value, hit.start)
    for match in _VAT.finditer(part.folded):
        yield _finding(part, match["number"], match.start("number"))
    for match in _FINNISH.finditer(part.text):
        if is_y_tunnus(match.group().replace("-", "")):
            yield _finding(part, match.group(), match.start())


def _finding(part: Part, value: str, start: int) -> Finding:
    digits = re.sub(r"\D", "", value)
    if len(digits) == 12 and digits.endswith("01"):  # Swedish VAT number: the organization number and 01
        digits = digits[:10]
    checks = (is_norwegian_organization, is_cvr, is_y_tunnus, is_swedish_organization)
    valid = any(check(digits) for check in checks)
    shown = f"{digits[:-1]}-{digits[-1]}" if re.search(r"\d{7}-\d", value) else digits
    return Finding("organization_number", shown, part.where, 1.0 if valid else 0.5, "" if valid else "invalid", start)
