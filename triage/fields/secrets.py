"""Keys and personal numbers in a text: where they stand and what they are (DOMAIN section 4).

Nothing is judged by entropy alone: a value is secret because of its label, its shape (JWT, PEM, `Basic`,
credentials in an address) or its check digits. Samples of the documentation, variables nobody filled in and
truncated values are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from triage.fields.checksums import has_birth_date, is_fodselsnummer, is_hetu, is_personnummer, luhn
from triage.fields.labels import places
from triage.fields.parts import Part, fold
from triage.fields.terms import Terms


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) to be masked; `kept` of them, counted from the end, stay readable."""

    start: int
    end: int
    kind: str
    kept: int = 4


_KEY = r"[A-Za-z0-9+/=_.~!#%^&-]"
_LINK = re.compile(
    r"[^\W\d_]{0,5}[\"'`\\*_\])]{0,4}[ \t]{0,8}"
    r"(?:(?P<sign>=>\s{0,40}(?:string\(\d{1,6}\)[ \t]?)?|:=|[:=|]{1,2}|,\s{0,40}\\?\"(?:value|initialvalue|currentvalue|defaultvalue)\\?\"\s{0,8}:)"
    r"|(?P<word>[ \t](?:is|was|er|var|ar|on|oli)(?=[ \t:]))[ \t:]?|(?P<space>[ \t]{1,12}|(?=\r?\n)))"
    r"(?P<gap>[ \t]{0,24}(?:\r?\n[ \t>]{0,40})?)[\"'`\\(\[*]{0,3}"
)
_VALUE = re.compile(rf"{_KEY}{{8,4096}}")
_PASSWORD = re.compile(r"[^\s\"'`<>{}|,;]{4,128}")
_CUT = re.compile(
    r"[ \t]?(?:\.{2,3}|…|<(?:snip|trunc|cut|redacted)|\[(?:snip|trunc|cut|\.\.\.|redacted)|\*{3,}|x{4,})", re.IGNORECASE
)
_NOT_MEANT = re.compile(
    r"(?:your|replace|insert|my-|my_|din-|dit-|example|placeholder|process\.env|os\.environ|getenv|config[.(]|env[.(]|x{4,}|\*|\.{3}|-{4,}|={4,}|_{4,}|redacted|masked|hidden|secret$|null$|string$|none$|https?:)|[^*]{0,60}\*{3}",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?i)(?<!\w)bearer[ \t:]{1,3}[\"']?(?P<value>[A-Za-z0-9._~+/=-]{16,8192})")
_JWT = re.compile(
    r"(?<![\w-])(?P<value>eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{4,8192}(?:\.[A-Za-z0-9_-]{0,8192}){0,3})"
)
_BASIC = re.compile(r"(?i)(?<!\w)basic[ \t]{1,3}[\"']?(?P<value>[A-Za-z0-9+/_-]{8,2048}={0,2})")
_USER = re.compile(r"(?<!\S)(?:-u|--user|--proxy-user)[ =]{1,3}[\"']?(?P<value>[^\s\"':]{1,200}:[^\s\"']{1,400})")
_ADDRESS = re.compile(r"://(?P<value>[^\s/@:\"'<>]{1,120}:[^\s/@\"'<>]{1,200})@")
_TOKEN = re.compile(r"(?i)(?:[?&;]|%3f|%26)token(?:=|%3d)(?P<value>[\w.~%-]{16,8192})")
_HEX = re.compile(r"(?<![\w-])[0-9a-f]{32}(?![\w-])")
_PEM = "-----begin "
_RIGHT = r"(?![\w%-]|[.,]\d)"
_START = re.compile(r"\d{6}|\d{4}[ -]\d{4,6}")  # where an identity or card number may begin
_ELEVEN = re.compile(rf"(?P<d>\d{{6}})[ .-]{{0,2}}(?P<n>\d{{5}}){_RIGHT}")
_TEN = re.compile(rf"(?:19|20)?(?P<d>\d{{6}})(?P<j>[ ]?[-+][ ]?|)(?P<n>\d{{4}}){_RIGHT}")
_FINNISH = re.compile(rf"(?i)(?P<d>\d{{6}})[-+A-FU-Y](?P<n>\d{{3}})(?P<c>[0-9A-Y]){_RIGHT}")
_CARD = re.compile(
    rf"(?:\d{{4}}(?P<j>[ -])\d{{4}}(?P=j)\d{{4}}(?P=j)\d{{1,7}}|\d{{4}}[ -]\d{{6}}[ -]\d{{4,5}}|\d{{13,19}}){_RIGHT}"
)
_ISSUERS = re.compile(r"4|5[0-8]|2[2-7]|3[0-9]|6[0-9]|9\d{15}")
_LABELLED_NUMBER = re.compile(
    r"[ \t:=#|*\"'`\\\](>-]{0,16}(?:(?:is|er|ar|on|nr|no)[.: \t]{1,3})?(?P<value>\d[\d -]{4,21}[\dA-Za-z](?:[-+A-F]?\d{3}[0-9A-Y])?)"
)
_PERSON = re.compile(r"\\?[\"'\]]{1,2}\s{0,8}(?:=>|:)\s{0,8}\\?\"?(?P<value>[^\"\\\n,}]{3,120})")


@dataclass(frozen=True, slots=True)
class Kept:
    """Values of fields, which stay as they are."""

    values: frozenset[str] = frozenset()
    numbers: str = ""

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        given = frozenset(values)
        return cls(given, " | ".join(re.sub(r"[ -]", "", value) for value in sorted(given)))

    def holds(self, text: str) -> bool:
        """Whether a text is a kept value, or its digits stand in one."""
        digits = re.sub(r"\D", "", text)
        return text in self.values or (len(digits) >= 6 and digits in self.numbers)


def spans(part: Part, terms: Terms, kept: Kept) -> list[Span]:
    """What must be masked in a text, in order, never overlapping."""
    labelled = [span for finder in _FINDERS for span in finder(part, terms)]
    found = [span for span in labelled if part.text[span.start : span.end] not in kept.values]
    found += [span for span in _numbers(part, terms) if not kept.holds(part.text[span.start : span.end])]
    return apart(found)


def people(part: Part, terms: Terms, kept: Kept) -> list[Span]:
    """Particulars of customers in pasted JSON; the sender's own stay (DOMAIN section 4)."""
    found = []
    for _, end in places(part, terms.person_keys):
        match = _PERSON.match(part.text, end)
        if match and match["value"].strip() and "*" not in match["value"] and not kept.holds(match["value"]):
            found.append(Span(match.start("value"), match.end("value"), "personal_data", 2))
    return apart(found)


def apart(found: Iterable[Span]) -> list[Span]:
    """Spans in order of place; those that overlap become one."""
    chosen: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if not chosen or span.start >= chosen[-1].end:
            chosen.append(span)
        elif span.end > chosen[-1].end:
            last = chosen[-1]
            chosen[-1] = Span(last.start, span.end, last.kind, min(last.kept, span.kept))
    return chosen


def _labelled(part: Part, terms: Terms) -> Iterator[Span]:
    for kind, labels in terms.secret_labels.items():
        if kind in ("card_number", "national_id"):
            continue
        pattern = _PASSWORD if kind == "password" else _VALUE
        for _, end in places(part, labels):
            link = _LINK.match(part.folded, end)
            value = pattern.match(part.text, link.end()) if link else None
            if link and value and _is_secret(part, terms, link, value, kind):
                yield Span(value.start(), _end(part, value), kind)


def _end(part: Part, value: re.Match[str]) -> int:
    """The end of a value without the punctuation of the sentence around it."""
    return value.start() + len(value.group().rstrip(".,;:!)"))


def _is_secret(part: Part, terms: Terms, link: re.Match[str], value: re.Match[str], kind: str) -> bool:
    text = value.group().rstrip(".,;:!)")
    if len(text) < 4 or _NOT_MEANT.match(text) or _is_cut(part, value) or fold(text) in terms.no_secret:
        return False
    signed = bool(link["sign"]) and "\n" not in link["gap"]
    if kind == "password":
        return signed or (bool(link["word"]) and not text.isalpha()) or (_is_strong(text) and len(text) >= 8)
    if kind == "access_token":
        return _is_strong(text) and len(text) >= 16
    return (signed and (kind != "webhook_secret" or len(text) >= 12 or not text.isalpha())) or _is_strong(text)


def _is_strong(text: str) -> bool:
    """Letters and digits mixed, or both cases inside: no word of a sentence."""
    digits, letters = any(sign.isdigit() for sign in text), any(sign.isalpha() for sign in text)
    cases = text[1:] != text[1:].lower() and text[1:] != text[1:].upper()
    return len(text) >= 8 and ((digits and letters) or cases or text.endswith("=") or text.isdigit())


def _is_cut(part: Part, value: re.Match[str]) -> bool:
    return len(value.group()) <= 60 and bool(
        _CUT.match(part.text, value.end()) or value.group().endswith(("...", ".."))
    )


def _tokens(part: Part, _terms: Terms) -> Iterator[Span]:
    for pattern, hint in ((_BEARER, "bearer"), (_JWT, "eyj"), (_TOKEN, "token")):
        if hint not in part.folded:
            continue
        for match in pattern.finditer(part.text):
            text = match["value"]
            if not _NOT_MEANT.match(text) and not _cut_token(part, match) and _is_strong(text):
                yield Span(match.start("value"), match.start("value") + len(text.rstrip(".")), "access_token")


def _cut_token(part: Part, match: re.Match[str]) -> bool:
    return len(match["value"]) <= 60 and bool(
        _CUT.match(part.text, match.end("value")) or match["value"].endswith(("...", ".."))
    )


def _basic(part: Part, _terms: Terms) -> Iterator[Span]:
    for match in _BASIC.finditer(part.text) if "basic" in part.folded else ():
        text = match["value"]
        mixed = text.endswith("=") or any(sign.isdigit() for sign in text) or text[1:] != text[1:].lower()
        if mixed and not _NOT_MEANT.match(text) and not _cut_token(part, match):
            yield Span(match.start("value"), match.end("value"), "basic_auth", 0)
    for pattern in (_USER, _ADDRESS):
        for match in pattern.finditer(part.text):
            if not _NOT_MEANT.match(match["value"].partition(":")[2]) and "{{" not in match["value"]:
                yield Span(match.start("value"), match.end("value"), "basic_auth", 0)


def _pem(part: Part, _terms: Terms) -> Iterator[Span]:
    start = part.folded.find(_PEM)
    while start >= 0:
        head = part.folded.find("-----", start + len(_PEM), start + 80)
        if head >= 0 and "private key" in part.folded[start:head]:
            end = part.folded.find("-----end", head)
            stop = part.folded.find("-----", end + 8, end + 90) + 5 if end >= 0 else len(part.text)
            yield Span(start, max(stop, end + 8 if end >= 0 else stop), "private_key", 0)
            start = part.folded.find(_PEM, max(stop, head))
        else:
            start = part.folded.find(_PEM, start + 1)


def _bare_keys(part: Part, terms: Terms) -> Iterator[Span]:
    """32 hexadecimal digits on a line that speaks of a key."""
    if not any(word in part.folded for word in terms.key_words):
        return
    for match in _HEX.finditer(part.text):
        line = part.folded[part.line(match.start())[0] : match.start()]
        if any(word in line for word in terms.key_words) and not terms.is_placeholder(match.group()):
            yield Span(match.start(), match.end(), "subscription_key")


def _numbers(part: Part, terms: Terms) -> Iterator[Span]:
    """National identity numbers and cards: by check digits, or by label and plausible date."""
    for match in _START.finditer(part.text):
        start = match.start()
        if start and (part.text[start - 1].isalnum() or part.text[start - 1] in "_.,+/%-"):
            continue
        for kind, ends in (("national_id", _identity_end), ("card_number", _card_end)):
            if (end := ends(part.text, start)) > start:
                yield Span(start, end, kind)
                break
    yield from _labelled_numbers(part, terms)


def _identity_end(text: str, start: int) -> int:
    """Where a Norwegian, Danish, Swedish or Finnish identity number that begins here ends; 0 when none does."""
    if (match := _ELEVEN.match(text, start)) and is_fodselsnummer(match["d"] + match["n"]):
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
        for _, end in places(part, terms.secret_labels[kind]):
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


_FINDERS: tuple[Callable[[Part, Terms], Iterator[Span]], ...] = (_labelled, _tokens, _basic, _pem, _bare_keys)
