"""Whom to call back: the sender's name and phone number; the signature counts (seed 000)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding, InboundMail, Where
from triage.fields.labels import hits, places
from triage.fields.parts import Part, closing
from triage.fields.terms import Terms

_PHONE = re.compile(r"(?:(?:\+|00)\d{2,3}[ .-]?)?(?:\(0\)[ ]?)?\d(?:[ .-]?\d){6,11}(?![\w-]|[.,]\d)")
# What has no label is sought by its first sign, as a search from a look behind would stop at every character.
_ALONE = re.compile(
    r"[(+0](?<![\w.,+/-].)(?:(?<=\()(?:\+|00)|(?<=\+)|(?<=0)0)(?:45|46|47|358|44|49)\)?[ .-]?(?:\(0\)[ ]?)?\d(?:[ .-]?\d){6,10}(?![\w-]|[.,]\d)"
)
_LOCAL = re.compile(r"\d(?<![\w.,+/-].)\d{1,2}[ ]\d{2,3}[ ]\d{2,3}(?:[ ]\d{2})?(?![\w-]|[.,]\d| \d)")
_SAID = re.compile(r"[^\d\n.!?]{0,30}[ \t](?:is|er|ar|on):?[ \t]{1,2}")  # `my phone at work is`
_FEWEST = 8  # digits of a number without its country; fewer only behind a leading zero
_LETTER = re.compile(r"[ptmPTM](?<!\w.)[.:][ ]{0,2}(?P<number>\(?\+?\d[\d ()-]{6,18}\d)(?!\w)")
_NAME = re.compile(r"[^\W\d_][\w'.-]{1,20}(?: [^\W\d_][\w'.-]{0,20}){1,3}")
_PERSON = re.compile(r"[ \t]*(?P<name>[A-ZÆØÅÄÖ][\w'-]{1,20}(?: [A-ZÆØÅÄÖ][\w'.-]{0,20}){1,3})[ \t]*(?:\n|\Z|[,|])")


def find(parts: Sequence[Part], terms: Terms, mail: InboundMail) -> list[Finding]:
    """Names and phone numbers of the sender, most trustworthy first."""
    found = [finding for part in parts if part.where is not Where.ATTACHMENT for finding in _in_part(part, terms)]
    found += [finding for part in parts if part.where is Where.ATTACHMENT for finding in _in_form(part, terms)]
    found += [finding for part in closing(parts) for finding in _in_signature(part, terms)]
    if mail.sender.name.strip() and "@" not in mail.sender.name:
        found.append(Finding("contact_name", mail.sender.name.strip(), Where.HEADER, 0.9))
    return found


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    if part.where is Where.FORWARDED:
        return
    if part.has_digits:
        yield from _phones(part, terms)
    for hit in hits(part, terms.labels["contact_name"], _NAME):
        if hit.explicit and hit.value[0].isupper():
            yield Finding("contact_name", hit.value, part.where, 1.0, "", hit.start)


def _phones(part: Part, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.labels["phone"], _PHONE):
        if not hit.key:  # a key of JSON holds a customer's number, not the sender's
            yield Finding("contact_phone", _digits(hit.value), part.where, 1.0, "", hit.start)
    for _, end in places(part, terms.labels["phone"]):
        said = _SAID.match(part.folded, end)
        if said and (number := _PHONE.match(part.text, said.end())):
            yield Finding("contact_phone", _digits(number.group()), part.where, 0.9, "", number.start())


def _in_form(part: Part, terms: Terms) -> Iterator[Finding]:
    """A number with its country code on a line of an attached form that begins with `Contact` or `Phone`."""
    for start, end in (*places(part, terms.labels["contact_name"]), *places(part, terms.labels["phone"])):
        begin, stop = part.line(start)
        if part.text[begin:start].strip(" \t*-") == "" and (match := _ALONE.search(part.text, end, stop)):
            yield Finding("contact_phone", _digits(match.group()), part.where, 0.8, "", match.start())


def _in_signature(part: Part, terms: Terms) -> Iterator[Finding]:
    if part.has_digits:
        yield from _unnamed_numbers(part, terms)
    for match in _PERSON.finditer(part.text[:2000]) if part.where is Where.SIGNATURE else ():
        if not set(match["name"].lower().split()) & terms.company_words:
            yield Finding("contact_name", match["name"], part.where, 0.8, "", match.start("name"))
            return


def _unnamed_numbers(part: Part, terms: Terms) -> Iterator[Finding]:
    for match in _LETTER.finditer(part.text[:2000]):
        yield Finding("contact_phone", _digits(match["number"]), part.where, 0.9, "", match.start("number"))
    for match in _ALONE.finditer(part.text[:2000]):
        yield Finding("contact_phone", _digits(match.group()), part.where, 0.9, "", match.start())
    for match in _LOCAL.finditer(part.text[:2000]):
        line = part.folded[slice(*part.line(match.start()))]
        number = _digits(match.group())
        plausible = len(number) >= _FEWEST - number.startswith("0")
        if plausible and not any(word in line for word in terms.other_particulars):
            yield Finding("contact_phone", number, part.where, 0.9, "", match.start())


def _digits(value: str) -> str:
    return ("+" if value.lstrip("(").startswith("+") else "") + re.sub(r"\D", "", value.replace("(0)", ""))
