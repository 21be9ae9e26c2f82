"""The order id, its names and what may stand for it: agreement, charge, PSP and QR ids (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.labels import Hit, hits
from triage.fields.parts import Part, fold
from triage.fields.terms import Terms

_MOST_URLS = 100
SUBSTITUTES = ("agreement_id", "charge_id", "psp_reference", "qr_id")

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,63}(?<![.]))?(?![\w@/])")
_ORDER = re.compile(r"(?=[A-Za-z._-]{0,40}\d)[A-Za-z0-9][A-Za-z0-9_-]{2,63}(?![\w@])")
_URL = re.compile(
    r"/(?:(?P<agreement>agreements)|payments|sessions?|receipts|categories|charges|merchant-redirect|"
    r"order-management/v\d/(?:ecom|recurring)(?:/(?:receipts|categories))?)/(?P<id>[a-z0-9][\w.-]{0,63})"
)
_SHAPES = {
    "agreement_id": re.compile(
        r"agr(?<![\w-]agr)[_-](?=[A-Za-z]{0,13}\d|[A-Za-z0-9]{5,14}(?![\w-]))[A-Za-z0-9]{4,20}(?![\w-])"
    ),
    "charge_id": re.compile(
        r"ch[rg](?<![\w-]ch[rg])[_-](?=[A-Za-z]{0,13}\d|[A-Za-z0-9]{5,14}(?![\w-]))[A-Za-z0-9]{4,20}(?![\w-])"
    ),
}
_PARTS_OF_PATHS = frozenset(
    {"receipts", "categories", "capture", "refund", "cancel", "details", "initiate", "status", "v1", "v2", "v3"}
)
_DATE = re.compile(r"(?:\d{4}-\d\d-\d\d(?:T.*)?|\d{1,2}[.]\d{1,2}[.]\d{2,4}|\d{1,2}-\d{1,2}-\d{4})$")
_UNFILLED = re.compile(r"(?:\$?\{|%7b|<|\[|:)", re.IGNORECASE)
_UNIT = re.compile(r"[ \t]{0,2}(?:,[ \t-]{1,2})?([^\W\d_]{1,16}|%)")
_VSD = re.compile(r"vsd-?\d", re.IGNORECASE)


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Every order id of a mail, the one that failed first; then the ids that may stand for one."""
    return [finding for part in parts for finding in _in_part(part, terms)]


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.labels["order_id"], _ID):
        if _is_id(hit, terms) and not _counts(part, hit, terms):
            yield _finding(part, hit.value, hit.start, terms)
    for hit in hits(part, terms.labels["reference"], _ID):
        if _is_id(hit, terms) and (hit.key or _has_letters_and_digits(hit) or (hit.explicit and hit.value.isdigit())):
            yield _finding(part, hit.value, hit.start, terms)
    yield from _orders(part, terms)
    yield from _urls(part, terms)
    for name in SUBSTITUTES:
        yield from _substitutes(part, name, terms)


def _orders(part: Part, terms: Terms) -> Iterator[Finding]:
    """Ids behind a mere `order`: letters and digits mixed, or five digits and more that count nothing."""
    for hit in hits(part, terms.labels["order"], _ORDER):
        mixed = _has_letters_and_digits(hit) and len(hit.value) >= 5
        numbered = hit.value.isdigit() and len(hit.value) >= 5 and not hit.label.startswith(("pay", "beta", "maks"))
        if not hit.apart and _is_id(hit, terms) and (mixed or numbered) and not _counts(part, hit, terms):
            yield _finding(part, hit.value, hit.start, terms, confidence=0.8)


def _urls(part: Part, terms: Terms) -> Iterator[Finding]:
    known: set[str] = set()
    for match in _URL.finditer(part.folded):
        value = part.text[match.start("id") : match.end("id")].rstrip(".-")
        if value in known or fold(value) in _PARTS_OF_PATHS or not any(sign.isdigit() for sign in value):
            continue
        if len(known) == _MOST_URLS:
            return
        known.add(value)
        note = (
            "agreement_id"
            if match["agreement"] or value[:3] == "agr"
            else "charge_id"
            if value[:3] in ("chr", "chg")
            else ""
        )
        yield _finding(part, value, match.start("id"), terms, note=note)


def _substitutes(part: Part, name: str, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.labels[name], _ID):
        if _is_id(hit, terms):
            yield _finding(part, hit.value, hit.start, terms, note=name)
    if name in _SHAPES:
        for match in _SHAPES[name].finditer(part.text):
            yield _finding(part, match.group(), match.start(), terms, note=name)


def _is_id(hit: Hit, terms: Terms) -> bool:
    value = hit.value
    if _DATE.match(value) or _VSD.match(value) or fold(value) in terms.no_value or len(value) > 64:
        return False
    if hit.key:
        return True
    if any(sign.isdigit() for sign in value):
        return hit.explicit or len(value) >= 4
    return hit.explicit and not hit.apart and ("-" in value or "_" in value or value.isupper()) and len(value) >= 5


def _has_letters_and_digits(hit: Hit) -> bool:
    return any(sign.isdigit() for sign in hit.value) and any(sign.isalpha() or sign in "-_" for sign in hit.value)


def _counts(part: Part, hit: Hit, terms: Terms) -> bool:
    """Whether a number counts or costs something: `order 20000 kr`."""
    unit = _UNIT.match(part.folded, hit.start + len(hit.value))
    return hit.value.isdigit() and not hit.key and bool(unit and unit.group(1) in terms.units)


def _finding(part: Part, value: str, start: int, terms: Terms, *, note: str = "", confidence: float = 1.0) -> Finding:
    if terms.is_placeholder(value):
        return Finding("order_id", value, part.where, 0.0, "placeholder", start)
    note = note or ("failed" if terms.failed(part, start) else "")
    return Finding("order_id", value, part.where, confidence, note, start)
