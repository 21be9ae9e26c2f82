"""Organization numbers of Norway, Denmark, Finland and Sweden, by label and check digit (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.checksums import is_cvr, is_norwegian_organization, is_swedish_organization, is_y_tunnus
from triage.fields.labels import hits, places
from triage.fields.parts import Part, closing
from triage.fields.terms import Terms

_LABELLED = re.compile(
    r"(?:(?:NO|DK|SE|FI)[ -]?)?(?:\d{3}[ .]?\d{3}[ .]?\d{3}|\d{2} \d{2} \d{2} \d{2}|\d{7}-\d|\d{6}-\d{4}|\d{7,12})(?:[ ]?MVA)?(?![\w-])",
    re.IGNORECASE,
)
_VAT = re.compile(r"(?P<number>\d{3} ?\d{3} ?\d{3}) ?mva(?!\w)")
_SWEDISH = re.compile(r"\d(?<![\w-].)\d{5}-\d{4}(?![\w-])")
_PREFIXED = re.compile(r"(?:fi|dk)(?=\d)(?<!\w..)\d{8}(?!\w)")
_GAP = re.compile(r"[^\d\n;?!:]{1,40}?[ ](?:is|er|ar|on|:)[ ]{1,2}(?=\w)")
_FINNISH = re.compile(r"-(?<=(?<![\w-])\d{7}-)\d(?![\w-])")  # sought by its hyphen: digits are many in a log


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Organization numbers of a mail; one whose check digit is wrong carries the note `invalid`."""
    numbered = [part for part in parts if part.has_digits]
    found = [finding for part in numbered for finding in _in_part(part, terms)]
    found += [finding for part in closing(parts) if part.has_digits for finding in _swedish(part)]
    return sorted(found, key=lambda finding: finding.note == "invalid")


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.labels["organization_number"], _LABELLED):
        yield _finding(part, hit.value, hit.start)
    yield from _said(part, terms)
    for match in _VAT.finditer(part.folded) if "mva" in part.folded else ():
        yield _finding(part, match["number"], match.start("number"))
    for match in _PREFIXED.finditer(part.folded):
        if (is_y_tunnus if match.group().startswith("fi") else is_cvr)(match.group()[2:]):
            yield _finding(part, match.group().upper(), match.start())
    for match in _FINNISH.finditer(part.text):
        number = part.text[match.start() - 7 : match.end()]
        if is_y_tunnus(number.replace("-", "")):
            yield _finding(part, number, match.start() - 7)


def _said(part: Part, terms: Terms) -> Iterator[Finding]:
    """`the customer's org.nr is 918 713 867`: some words behind the label; then the check digit must be right."""
    for _, end in places(part, terms.labels["organization_number"]):
        gap = _GAP.match(part.folded, end)
        number = _LABELLED.match(part.text, gap.end()) if gap else None
        if number and not (finding := _finding(part, number.group(), number.start())).note:
            yield finding


def _finding(part: Part, value: str, start: int) -> Finding:
    digits = re.sub(r"\D", "", value)
    if len(digits) == 12 and digits.endswith("01"):  # Swedish VAT number: the organization number and 01
        digits = digits[:10]
    checks = (is_norwegian_organization, is_cvr, is_y_tunnus, is_swedish_organization)
    note = "" if any(check(digits) for check in checks) else "invalid"
    return Finding("organization_number", _written(digits, value), part.where, 0.5 if note else 1.0, note, start)


def _swedish(part: Part) -> Iterator[Finding]:
    """In a signature a number that passes every check needs no label."""
    for match in _SWEDISH.finditer(part.text):
        if is_swedish_organization(match.group().replace("-", "")):
            yield _finding(part, match.group(), match.start())


def _written(digits: str, value: str) -> str:
    """As its country writes it: `1234567-8` in Finland, `123456-7890` in Sweden, digits alone elsewhere."""
    if len(digits) == 10:
        return f"{digits[:6]}-{digits[6:]}"
    if len(digits) == 8 and (value.upper().startswith("FI") or re.search(r"\d{7}-\d", value)):
        return f"{digits[:7]}-{digits[7]}"
    return digits
