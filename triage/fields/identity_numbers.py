"""National identity numbers and payment cards: by check digits, or by label and plausible date (DOMAIN section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from triage.fields.checksums import has_birth_date, is_fodselsnummer, is_hetu, is_personnummer, luhn
from triage.fields.parts import Part
from triage.fields.spans import Span
from triage.fields.terms import Terms

_RIGHT = r"(?![\w%=-]|[.,]\d)"
_START = re.compile(
    r"[0-9][0-9](?:[0-9][0-9](?<![\w.,+/%-]....)(?:\d\d|[ -]\d{4,6})|[ .]\d\d[ .]\d\d(?<![\w.,+/%-].{8}))"
)  # of an identity or card number; what stands before it is looked at only where enough digits follow
_ELEVEN = re.compile(rf"(?P<d>\d\d[ .]?\d\d[ .]?\d\d)[ .-]{{0,2}}(?P<n>\d{{5}}){_RIGHT}")
# With its century a Swedish number is a grown person's: `20231107-0433` is somebody's order.
_TEN = re.compile(rf"(?:19|20(?=0|1[0-5]))?(?P<d>\d{{6}})(?P<j>[ ]?[-+][ ]?|)(?P<n>\d{{4}}){_RIGHT}")
_FINNISH = re.compile(rf"(?i)(?P<d>\d{{6}})[-+A-FU-Y](?P<n>\d{{3}})(?P<c>[0-9A-Y]){_RIGHT}")
_CARD = re.compile(
    rf"(?:\d{{4}}(?P<j>[ -])\d{{4}}(?P=j)\d{{4}}(?P=j)\d{{1,7}}|\d{{4}}[ -]\d{{6}}[ -]\d{{4,5}}|\d{{13,19}}){_RIGHT}"
)
_ISSUERS = re.compile(r"4|5[0-8]|2[2-7]|3[0-9]|6[0-9]|9\d{15}")
_LABELLED_NUMBER = re.compile(
    r"[ \t:=#|*.\"'`\\\](>-]{0,16}(?:(?:is|er|ar|on|nr|no)[.: \t]{1,3})?(?P<value>\d[\d -]{4,21}[\dA-Za-z](?:[-+A-F]?\d{3}[0-9A-Y])?)"
)


def find(part: Part, terms: Terms) -> Iterator[Span]:
    """National identity numbers and cards: by check digits, or by label and plausible date."""
    for match in _START.finditer(part.text):
        start = match.start()
        for kind, ends in (("national_id", _identity_end), ("card_number", _card_end)):
            if (end := ends(part.text, start)) > start:
                yield Span(start, end, kind)
                break
    yield from _labelled_numbers(part, terms)


def _identity_end(text: str, start: int) -> int:
    """Where a Norwegian, Danish, Swedish or Finnish identity number that begins here ends; 0 when none does."""
    if (match := _ELEVEN.match(text, start)) and is_fodselsnummer(re.sub(r"\D", "", match.group())):
        return match.end()
    if (match := _TEN.match(text, start)) and match["j"].strip():
        danish = match["j"] == "-" and match.start("d") == start and has_birth_date(match["d"])
        if danish or is_personnummer(match["d"] + match["n"]):
            return match.end()
    if (match := _FINNISH.match(text, start)) and is_hetu(match["d"], match["n"], match["c"]):
        return match.end()
    return 0


def _card_end(text: str, start: int) -> int:
    match = _CARD.match(text, start)
    digits = re.sub(r"\D", "", match.group()) if match else ""
    fits = 13 <= len(digits) <= 19 and bool(_ISSUERS.match(digits)) and luhn(digits)
    return match.end() if match and fits else 0


def _labelled_numbers(part: Part, terms: Terms) -> Iterator[Span]:
    for kind, fits in (("national_id", _is_identity), ("card_number", _is_card)):
        for _, end in part.labels[terms.secret_labels[kind]]:
            match = _LABELLED_NUMBER.match(part.text, end)
            if match and fits(re.sub(r"[ ]", "", match["value"])):
                yield Span(match.start("value"), match.end("value"), kind)


def _is_identity(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return (10 <= len(digits) <= 12 and (len(digits) != 11 or has_birth_date(digits))) or bool(
        re.match(r"\d{6}[-+A-FU-Y]\d{3}\w$", text, re.IGNORECASE)
    )


def _is_card(text: str) -> bool:
    return 13 <= len(re.sub(r"\D", "", text)) <= 19
