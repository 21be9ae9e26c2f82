"""The Merchant Serial Number (MSN): four to seven digits behind one of its names (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.clauses import Said
from triage.fields.labels import WRAPPED, ahead, hits, places
from triage.fields.parts import Part
from triage.fields.terms import Terms

_LEAST_WEAK = 5  # digits behind a mere `sale unit` or `merchant`; fewer may count something
_END = r"(?![\w%@])(?![.,:]\d)(?!-\d)(?! \d{3}(?!\d))"
_NUMBER = re.compile(rf"(?:\d{{2,3}} \d{{3}}|\d{{4,7}}){_END}")
_TRIED = re.compile(r"\d{1,12}(?![\w.,:-])")  # what somebody gave as an MSN although it cannot be one
_NEXT = re.compile(rf"[ \t]{{0,3}}(?:,|/|;|&|\+|og|and|och|ja|samt|or|eller|tai)[ \t]{{0,3}}(?P<value>\d{{4,7}}{_END})")
_ABBREVIATED = r"(?:(?<=no)|(?<=nr)|(?<=nro)|(?<=num)|(?<=butikk)|(?<=msn))\.(?: (?:is|er|on|ar))?"
_SMALL = r"\d{1,2}[^\d\n;.?!]{0,24}(?:is|er|ar|on|:)[ \t]{1,3}"  # `MSN for shop no. 2 is 81924`
_GAP = re.compile(rf"[^\d\n;.?!]{{0,44}}(?:{_ABBREVIATED}[^\d\n;.?!]{{0,3}})?(?:{_SMALL})?(?=\d)")
_LEADER = re.compile(r"[ \t]?\.{2,60}[ \t]?:?[ \t]?(?=\d)")  # `MSN ....... 81924`
_DUMP = re.compile(r"[\"'\]]{1,3}\s{0,10}=>\s{1,40}(?:string\(\d{1,3}\) \"|int\()")
_TIGHT = re.compile(r"[ \t:=#|*_()\"'`\\>\]-]{0,30}$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_NAMED = re.compile(r"(?P<gap>[^\d\n;?!|]{1,70}?[ .(])(?P<value>\d{5,7})" + _END)
_MOST_WORDS = 12
_OTHER = re.compile(rf"(?:[,;(]|(?<!\w)(?:and|but|while|og|men|mens|och|medan|ja|mutta)) ?(?P<value>\d{{5,7}}){_END}")
_SENTENCE = re.compile(r"[.;,](?!\w)|\n")
_WORDS = re.compile(r"[^\W\d_]+")
_OWN_REACH = 60  # characters before a number in which the sender calls it their own
_FROM = frozenset({"from", "fra", "fran", "från"})  # `we change our sale unit from 51002 to 91877`
_BRACKET = re.compile(r"[\d ]{4,8}[ \t]?\(([^()\n]{1,40})\)")
_FILE = re.compile(r"-(\d{4,7})-20\d\d-\d\d-\d\d")
_PATH = re.compile(r"/(?:sales?-units?|merchants?|msn)/(\d{4,7})(?![\w-])")
_UNIT = re.compile(r"[ \t]{0,2}([^\W\d_]{1,14}|%)")


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Every MSN of a mail; the one that failed first."""
    numbered = [part for part in parts if part.has_digits]
    found = [finding for part in numbered for finding in _in_part(part, terms)]
    return found or list(_tried(numbered, terms))


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    named = places(part, terms.labels["msn"])
    for start, end in named:
        behind = list(_behind_label(part, start, end, terms))
        yield from behind
        if not behind and (hit := ahead(part, start, end, _NUMBER, terms)):
            yield _finding(part, hit.value, hit.start, terms)
    if named:
        for hit in hits(part, terms.labels["msn"], _NUMBER):
            if hit.apart:
                yield _finding(part, hit.value, hit.start, terms, code=_is_code(hit.label, terms))
    if part.labels[terms.labels["sale_unit"]]:
        yield from _sale_units(part, terms)
    if named:
        yield from _others(part, terms)
    for hint, pattern in (("settlement", _FILE), ("sale", _PATH), ("merchant", _PATH), ("/msn/", _PATH)):
        for match in pattern.finditer(part.folded) if hint in part.folded else ():
            yield _finding(part, match.group(1), match.start(1), terms)


def _others(part: Part, terms: Terms) -> Iterator[Finding]:
    """Numbers without a label beside one with it: `MSN 81920 works, 81921 fails`."""
    for _, end in places(part, terms.labels["msn"]):
        first = _NUMBER.match(part.text, end + 1)
        line_end = part.line(end)[1]
        if first is None:
            continue
        for other in _OTHER.finditer(part.text, first.end(), line_end):
            told = terms.outcomes.said(part, other.start("value"))
            if told is not Said.NOTHING and len(other["value"]) == len(first.group()):
                yield _finding(part, other["value"], other.start("value"), terms, confidence=0.8)


def _sale_units(part: Part, terms: Terms) -> Iterator[Finding]:
    """Numbers behind weaker words: at once (`sale unit 81924`), or behind `has no.` and in brackets."""
    for hit in hits(part, terms.labels["sale_unit"], _NUMBER):
        if terms.other_numbers.issuperset(_WORDS.findall(part.folded, max(0, hit.start - 30), hit.start)[-1:]):
            continue  # `kundenummer` begins with a word for a sale unit
        if len(hit.value) >= _LEAST_WEAK and not _counts_something(part, hit.start + len(hit.value), terms):
            yield _finding(part, hit.value, hit.start, terms)
    strong = {start for start, _ in places(part, terms.labels["msn"])}
    for start, end in places(part, terms.labels["sale_unit"]):
        if (
            start not in strong
            and not terms.other_numbers.issuperset(_WORDS.findall(part.folded, start, end + 12)[:1])
            and (match := _NAMED.match(part.text, end))
            and _gives_number(match["gap"], part.text[match.end() : match.end() + 1], terms)
        ):
            yield _finding(part, match["value"], match.start("value"), terms, confidence=0.8)


def _behind_label(part: Part, start: int, end: int, terms: Terms) -> Iterator[Finding]:
    """The number behind a label, and those that follow it in the same list."""
    gap = (
        _DUMP.match(part.folded, end)
        or WRAPPED.match(part.text, end)
        or _LEADER.match(part.text, end)
        or _GAP.match(part.folded, end)
    )
    number = _NUMBER.match(part.text, gap.end()) if gap else None
    if gap is None or number is None or _taken(gap.group(), terms):
        return
    tight = bool(_TIGHT.match(gap.group()))
    if _counts_something(part, number.end(), terms) or (not tight and _YEAR.match(number.group())):
        return
    code = _is_code(part.folded[start:end], terms)
    yield _finding(part, number.group(), number.start(), terms, code=code)
    for _ in range(20):
        following = _NEXT.match(part.text, number.end())
        if following is None or _counts_something(part, following.end(), terms):
            return
        yield _finding(part, following["value"], following.start("value"), terms, code=code)
        number = following


def _gives_number(gap: str, behind: str, terms: Terms) -> bool:
    """Whether the words between a sale unit and a number end in one for `number`, or in a bracket around it."""
    words = _WORDS.findall(gap.lower())
    if len(words) > _MOST_WORDS or _taken(gap, terms):
        return False
    if gap.startswith(":") and gap.endswith(", ") and behind in ("", ".", ",", ")", "\n"):
        return True  # `Sale unit: Fjord & Fell, 81924.`
    if gap.endswith(("(", ", ")):
        return len(words) <= 3 and behind == {"(": ")", " ": ","}[gap[-1]]
    return bool(set(words[-2:]) & terms.number_words) or (len(words) == 1 and words[0] in _FROM)


def _taken(gap: str, terms: Terms) -> bool:
    """Whether the words between label and number give the number to something else."""
    words = set(_WORDS.findall(gap.lower()))
    others = ("order_id", "order", "organization_number", "reference", "phone", "transaction_id")
    return bool(words & terms.other_numbers) or any(words & terms.labels[name].every for name in others)


def _counts_something(part: Part, end: int, terms: Terms) -> bool:
    unit = _UNIT.match(part.folded, end)
    return bool(unit) and unit is not None and unit.group(1) in terms.units


def _is_code(label: str, terms: Terms) -> bool:
    return " " not in label and label.replace("-", "").replace("_", "") in terms.code_labels["msn"]


def _finding(
    part: Part, value: str, start: int, terms: Terms, *, code: bool = False, confidence: float = 1.0
) -> Finding:
    number = value.replace(" ", "")
    note = "placeholder" if code and number in terms.ambiguous else ""
    note = note or ("failed" if terms.failed(part, start) else "own" if _is_own(part, start, terms) else "")
    return Finding("msn", number, part.where, 0.4 if note == "placeholder" else confidence, note, start)


def _is_own(part: Part, start: int, terms: Terms) -> bool:
    """`our own sale unit is MSN 120077`, `MSN 120077 (our own)`: a partner's own number counts last (DOMAIN section 3, partner profile)."""
    before = _SENTENCE.split(part.folded[max(0, start - _OWN_REACH) : start])[-1]
    bracket = _BRACKET.match(part.folded, start)
    return any(map((f"{before}\n{bracket[1]}" if bracket else before).__contains__, terms.own))


def _tried(parts: Sequence[Part], terms: Terms) -> Iterator[Finding]:
    """A number given as MSN that has the wrong length: worth asking to check, never a value."""
    for part in parts:
        for hit in hits(part, terms.labels["msn"], _TRIED):
            if hit.explicit and not hit.apart and not 4 <= len(hit.value) <= 7:
                yield Finding("msn", hit.value, part.where, 0.3, "invalid", hit.start)
