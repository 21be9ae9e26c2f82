"""The order id, its names and what may stand for it: agreement, charge, PSP and QR ids (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from string import ascii_letters, digits

from triage.domain import Finding, Where
from triage.fields.clauses import Said
from triage.fields.labels import Hit, ahead, hits, places
from triage.fields.parts import MOST_PROSE, Part, fold
from triage.fields.terms import Terms

_SAID = re.compile(
    r"[^\d\n.;?!:'\"{}=<>/\\|]{0,40}?(?:(?<!\w)(?:is|was|are|er|var|ar|heter|hette|hedder|hed|het|named|called|on|oli|nimelta|id|id:|tunnuksella|tunnus|with number|with the number|with no\.?|med nummer|med nr\.?|nr\.?|nro\.?|numerolla)[ \t]{1,2}|[:,][ \t]{1,2})"
    r"[\"'`(]{0,2}(?=\S*\d)"
)
_UNNAMED = re.compile(
    r"(?<![\w./@#\"'-])(?:[A-Za-z]{2,20}|[A-Za-z](?=[-_]\d{5}))\d{0,4}(?:[-_][A-Za-z]{1,20}){0,3}(?:[-_]\d{1,12}){1,4}(?:-[A-Za-z]\d?)?(?![\w/@-]|\.\w)"
)
_DIGITS = re.compile(r"[A-Za-z].*\d|\d.*[A-Za-z]|\d[-_]\d")
_RUNS = re.compile(r"\d{1,12}")
_MOST_MAKES = 5
_MOST_RUNS = 3  # of digits; what has more is a UUID or a hash, and nothing else is of its make
_NEXT = re.compile(
    r"(?:[ \t]?\([^()\n]{1,40}\))?[ \t]{0,3}(?:,|/|;|&|\+|og|and|och|ja|samt)[ \t]{1,3}(?:(?:og|and|och|ja)[ \t])?#?(?P<value>\d{3,20})(?![\w@/%-]|[.,:]\d)"
)
_MOST_IN_ROW = 20
_OTHER = re.compile(
    r"(?:[,;]|(?<!\w)(?:and|but|while|og|men|mens|och|medan|ja|mutta)) (?P<value>\d{4,12})(?![\w%@/-]|[.,:]\d)"
)
_SENTENCE = 120  # characters behind an id in which another may be named
_JOINED = re.compile(r"[-_](?<=[A-Za-z\d].)\d")
_JOINT = re.compile("[-_.]")
_OF_PIECES = f"{ascii_letters}{digits}_-"
_LONGEST_PIECES = 84  # characters
_SHARP = re.compile(r"#(?<![^\s(].)(?P<value>\d{3,12})(?![\w/#-]|[.,]\d)")
_PATH_ID = re.compile(r"\D{0,64}\d|(?:agr|chr|chg)[_-]")
_NUMBER_NAMES = ("nr", "no", "nummer", "number", "numero", "nro")
_IN_PATH = re.compile(r"s/")
_MARKED = re.compile(r"(?:#|(?<!\w)(?:nr|no|nro|nummer|number|numero|numeroltaan)\.?[ :]{0,3})\Z")
_LONGEST_MADE = 40
_MADE = re.compile(r"(?<![\w./@-])[A-Za-z][\w.-]{0,60}\w(?![\w@/-]|\.\w)")
_MOST_ALIKE = 200
_WORDS = re.compile(r"[^\W\d_]+")
_SUFFIX = re.compile(r"-(?:[A-Za-z]0?|0)")  # of another attempt, as it is left when numbers have become 0
_MOST_URLS = 40
SUBSTITUTES = ("agreement_id", "charge_id", "psp_reference", "qr_id")
_SAID_OF = {"order_id": "", "order": "", "reference": "", "psp_reference": "psp_reference"}  # labels, and notes
_NAMES = ("order_id", "reference", "order", "concerned", "failing", *SUBSTITUTES)  # labels of rules/fields.yaml
_SIGNS = ("/", "woo", "agr", "chr", "chg")  # of ids that need no label

_LETTERS = "A-Za-zÆØÅÄÖæøåäö"  # ids have none of the Nordic ones, but senders do give such
_ID = re.compile(
    r"(?<=[\"'`])(?=[^\d\"'`]{0,40}\d)[\w#.+*~-]{2,64}(?=[\"'`])|"  # whatever stands in quotes
    rf"[{_LETTERS}0-9](?:[{_LETTERS}0-9._-]{{0,63}}(?<![.]))?(?![\w@/])"
)
_ORDER = re.compile(rf"(?=[{_LETTERS}._-]{{0,40}}\d)[{_LETTERS}0-9][{_LETTERS}0-9_-]{{2,63}}(?![\w@]|/\d{{1,4}}(?!\w))")
_DOTTED = r"[A-Za-z][A-Za-z0-9_-]{1,20}\.(?=[A-Za-z._-]{0,20}\d)[A-Za-z0-9._-]{1,40}(?<!\.)(?![\w@/])"
_WITH_DOTS = re.compile(rf"{_DOTTED}|{_ORDER.pattern}")
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
_YEARS = re.compile(r"(?:19|20)\d\d(?:-(?:19|20)?\d\d)?")
_SHOP = re.compile(r"(?<![\w./@-])woo[-_]?\d{3,12}(?![\w.@-])")  # as WooCommerce makes them
_CONCERNED = re.compile(
    r"(?<!\w)(?:gjelder|gaelder|galler|koskee|concerned|concerns|in question|affected|fail|feil|fejl)"
)
_ENDED = re.compile(r"[ \t\"'`*)]{0,4}(?:[.,;:!?](?!\d)|\r?\n|\Z)")
_NOTHING_BUT_DIGITS = 5  # behind a mere `order`; fewer are an order's number only in some sentences
_COST = ("pay", "beta", "maks", "capt", "ref")  # digits behind these may be an amount
_WORD = re.compile(r"[ \t]([^\W\d_]{1,16})")
_DATE = re.compile(
    r"(?:\d{4}-\d\d-\d\d(?:T.*)?|\d{1,2}[.]\d{1,2}[.]\d{2,4}|\d{1,2}-\d{1,2}-\d{4}|(?:19|20)\d\d-(?:19|20)\d\d)$"
)
_UNIT = re.compile(r"[ \t]{0,2}(?:,[ \t-]{1,2})?([^\W\d_]{1,16}(?![^\W\d_]|[ ]?\d)|%)")
_VSD = re.compile(r"vsd-?\d", re.IGNORECASE)


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Every order id of a mail, the one that failed first; then the ids that may stand for one."""
    found = [finding for part in parts for finding in sorted(_in_part(part, terms), key=lambda one: one.start)]
    found += [
        finding
        for part in parts
        for finding in (*_siblings(part, found, terms), *_row(part, found, terms), *_contrasted(part, found, terms))
    ]
    usable = any(finding.note != "placeholder" for finding in found)
    return [*found, *(finding for part in parts for finding in _unnamed(part, terms) if not usable)]


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    if any(part.labels[terms.labels[name]] for name in _NAMES):
        yield from _labelled(part, terms)
    if any(map(part.folded.__contains__, _SIGNS)):
        yield from _shaped(part, terms)


def _labelled(part: Part, terms: Terms) -> Iterator[Finding]:
    """Behind one of its names, or before it."""
    for hit in hits(part, terms.labels["order_id"], _ID):
        if _is_id(hit, terms) and not _counts(part, hit, terms) and not _is_bracketed(part, hit, terms):
            yield _finding(part, hit.value, hit.start, terms)
    for hit in hits(part, terms.labels["reference"], _ID):
        if _is_id(hit, terms) and (
            hit.key
            or _has_letters_and_digits(hit.value)
            or (hit.value.isdigit() and (hit.explicit or hit.label.endswith(_NUMBER_NAMES)))
        ):
            yield _finding(part, hit.value, hit.start, terms)
    yield from _orders(part, terms)
    if part.where is not Where.ATTACHMENT:
        for name, note in _SAID_OF.items():
            yield from _said(part, terms, name, note=note)
        yield from _ahead(part, terms)
    yield from _failing(part, terms)
    for name in SUBSTITUTES:
        for hit in hits(part, terms.labels[name], _ID):
            if _is_id(hit, terms):
                yield _finding(part, hit.value, hit.start, terms, note=name)


def _is_bracketed(part: Part, hit: Hit, terms: Terms) -> bool:
    """`X-1 (orderId) on 71200`: the label in brackets belongs to what stands before it."""
    label = part.spaced.rfind(hit.label, max(0, hit.start - 60), hit.start)
    if label < 1 or part.text[label - 1] != "(":
        return False
    return ahead(part, label, label + len(hit.label), _ORDER, terms) is not None


def _orders(part: Part, terms: Terms) -> Iterator[Finding]:
    """Ids behind a mere `order`: letters and digits mixed, or five digits and more that count nothing."""
    for hit in chain.from_iterable(hits(part, terms.labels[name], _ORDER) for name in ("order", "concerned")):
        mixed = _has_letters_and_digits(hit.value) and len(hit.value) >= _least(hit.value)
        mixed = mixed and _is_own(hit.value, terms)
        numbered = hit.value.isdigit() and _numbers_an_order(part, hit, terms)
        if not hit.apart and _is_id(hit, terms) and (mixed or numbered) and not _counts(part, hit, terms):
            yield _finding(part, hit.value, hit.start, terms, confidence=0.8)


def _least(value: str) -> int:
    """Characters an id behind a mere `order` must have: `R-9` will do, `2-3` will not."""
    return 5 if "-" not in value else 3 if value[0].isalpha() else 4


def _is_own(value: str, terms: Terms) -> bool:
    """No name of a standard, a device or a version: `UTF-8`, `TLS-1.2`, `v2-beta-3`."""
    beginning = fold(_JOINT.split(value, maxsplit=1)[0])
    return not {beginning, beginning.rstrip("0123456789")} & terms.no_ids


def _numbers_an_order(part: Part, hit: Hit, terms: Terms) -> bool:
    """Digits behind a mere `order`: five and more; four when they end a clause, or one that tells of a failure."""
    if hit.label.startswith(_COST):
        return False
    bought = not hit.label.startswith(("ord", "bestil", "best", "tila"))  # `kjøp 20331` may be an amount
    marked = _MARKED.search(part.folded, hit.start - 12, hit.start)
    if not bought and (marked or len(hit.value) >= _NOTHING_BUT_DIGITS):
        return True
    if len(hit.value) < 4 or _YEARS.fullmatch(hit.value):
        return False
    end = hit.start + len(hit.value)
    return terms.failed(part, hit.start) or (
        not bought and (bool(_ENDED.match(part.text, end)) or _goes_on(part, end, terms))
    )


def _goes_on(part: Part, end: int, terms: Terms) -> bool:
    """Whether a sentence goes on without a noun that the digits could count: `order 5521 in production`."""
    word = _WORD.match(part.folded, end)
    return bool(word) and word is not None and word[1] in (terms.status_after | terms.joining)


def _ahead(part: Part, terms: Terms) -> Iterator[Finding]:
    """`acme-77 is the orderId`, `acme-77 (reference)`."""
    for name in ("order_id", "reference"):
        for start, end in places(part, terms.labels[name]):
            hit = ahead(part, start, end, _ORDER, terms)
            if hit and _is_id(hit, terms) and not _YEARS.fullmatch(hit.value):
                yield _finding(part, hit.value, hit.start, terms, confidence=0.8)


def _shaped(part: Part, terms: Terms) -> Iterator[Finding]:
    """Without a label: as a shop system makes them, in the path of a call, by their first letters."""
    if "woo" in part.folded and part.where is not Where.ATTACHMENT:
        for match in _SHOP.finditer(part.folded[:MOST_PROSE]):
            yield _finding(part, part.text[match.start() : match.end()], match.start(), terms, confidence=0.8)
    if "/" in part.folded:
        yield from _urls(part, terms)
    for name, shape in _SHAPES.items() if "agr" in part.folded or "ch" in part.folded else ():
        for match in shape.finditer(part.text):
            if not _IN_PATH.match(part.text, match.start() - 2):  # found by its path
                yield _finding(part, match.group(), match.start(), terms, note=name)


def _failing(part: Part, terms: Terms) -> Iterator[Finding]:
    """`the one that failed is 1003`, in a mail that talks of order ids."""
    for hit in hits(part, terms.labels["failing"], _ORDER):
        if not any(places(part, terms.labels[name], 1) for name in ("order_id", "order", "reference")):
            return
        if not hit.apart and _is_id(hit, terms) and not _counts(part, hit, terms):
            yield Finding("order_id", hit.value, part.where, 0.8, "failed", hit.start)


def _said(part: Part, terms: Terms, name: str, *, note: str = "") -> Iterator[Finding]:
    """`the last order that failed is acme-77`: an id some words behind a mere `order`, letters and digits mixed."""
    shape = _WITH_DOTS if name == "order_id" else _ORDER
    for _, end in places(part, terms.labels[name]):
        gap = _SAID.match(part.folded, end)
        value = shape.match(part.text, gap.end()) if gap else None
        if gap and value and not _VSD.match(value.group()) and _may_be_said(gap.group(), value.group(), name, terms):
            yield _finding(part, value.group(), value.start(), terms, note=note, confidence=0.7)


def _may_be_said(gap: str, value: str, name: str, terms: Terms) -> bool:
    """Letters and digits mixed; behind the word `id`, or a name of ids alone, digits will do."""
    if name == "order_id" and value.isdigit() and not _YEARS.fullmatch(value):
        words = frozenset(_WORDS.findall(gap))
        others = (terms.labels[other].every for other in ("msn", "organization_number", "phone"))
        return len(value) >= 4 and not words & terms.other_numbers and not any(words & other for other in others)
    named = re.search(r"(?<!\w)(?:id|tunnus|tunnuksella|number|nummer|numerolla|nr|no|nro)\W*$", gap)
    concerned = gap.endswith(": ") and _CONCERNED.search(gap) and len(value) >= _NOTHING_BUT_DIGITS
    return bool(concerned or (named and len(value) >= 4) or (_has_letters_and_digits(value) and _DIGITS.search(value)))


def _siblings(part: Part, found: Sequence[Finding], terms: Terms) -> Iterator[Finding]:
    """Ids of the same make as one that was named: `order P1-100, P1-101 and P1-102`, `A-55`, later `A-55-2`."""
    if part.where is Where.ATTACHMENT:
        return
    known = {one.value for one in found}
    named = dict.fromkeys(one.value for one in found if one.note in ("", "failed"))
    for value in islice(filter(_is_made, named), _MOST_MAKES):
        make = _RUNS.sub("0", value)
        for match in _beginning_with(_RUNS.split(value)[0], part):
            if match.group() not in known and _is_alike(_RUNS.sub("0", match.group()), make):
                known.add(match.group())
                yield _finding(part, match.group(), match.start(), terms, confidence=0.6)


def _is_alike(one: str, make: str) -> bool:
    return one == make or (one.startswith(make) and bool(_SUFFIX.fullmatch(one, len(make))))


def _is_made(value: str) -> bool:
    """Whether others may be made alike: letters around few numbers, no UUID and no hash."""
    return 0 < len(_RUNS.findall(value)) <= _MOST_RUNS and not value[0].isdigit() and len(value) <= _LONGEST_MADE


def _beginning_with(letters: str, part: Part) -> Iterator[re.Match[str]]:
    """Words of the text that begin with these letters."""
    start = part.text.find(letters, 0, MOST_PROSE)
    for _ in range(_MOST_ALIKE):
        if start < 0:
            return
        if match := _MADE.match(part.text, start):
            yield match
        start = part.text.find(letters, start + 1, MOST_PROSE)


def _row(part: Part, found: Sequence[Finding], terms: Terms) -> Iterator[Finding]:
    """Digits that follow digits: `orders 44101 (paid), 44102 and 44103`."""
    for one in found:
        if one.where is not part.where or one.note == "placeholder" or not one.value.isdigit():
            continue
        end = one.start + len(one.value)
        for _ in range(_MOST_IN_ROW):
            following = _NEXT.match(part.text, end)
            if (
                not following
                or abs(len(following["value"]) - len(one.value)) > 1
                or _unit(part, following.end(), terms)
            ):
                break
            yield _finding(part, following["value"], following.start("value"), terms, confidence=0.6)
            end = following.end()


def _contrasted(part: Part, found: Sequence[Finding], terms: Terms) -> Iterator[Finding]:
    """Digits of the same length later in the sentence: `order 30014 went through, 30015 did not`."""
    for one in found[:_MOST_IN_ROW]:
        if one.where is not part.where or one.where is Where.ATTACHMENT or not one.value.isdigit():
            continue
        end = one.start + len(one.value)
        for other in _OTHER.finditer(part.text, end, min(part.line(one.start)[1], end + _SENTENCE)):
            same = len(other["value"]) == len(one.value) and other["value"] != one.value
            same = same and not _unit(part, other.end(), terms)
            if same and terms.outcomes.said(part, other.start("value")) is Said.FAILED:
                yield _finding(part, other["value"], other.start("value"), terms, note="failed", confidence=0.6)


def _unnamed(part: Part, terms: Terms) -> Iterator[Finding]:
    """Without any other id: `why did kite-400-1 fail`, `#1042 fails`: an id or a number where something went wrong."""
    if part.where is Where.ATTACHMENT or not part.has_digits:
        return
    for match in _SHARP.finditer(part.text[:MOST_PROSE]) if "#" in part.text else ():
        if terms.failed(part, match.start("value")):
            yield _finding(part, match["value"], match.start("value"), terms, confidence=0.5)
    for match in _made_of_parts(part):
        if _is_own(match.group(), terms) and terms.failed(part, match.start()):
            yield _finding(part, match.group(), match.start(), terms, confidence=0.5)


def _made_of_parts(part: Part) -> Iterator[re.Match[str]]:
    """Words that go on with a hyphen and a number, each once."""
    done, tried = 0, -1
    for joint in _JOINED.finditer(part.text[:MOST_PROSE]):
        before = part.text[max(done, joint.start() - _LONGEST_PIECES) : joint.start()]
        start = joint.start() - len(before) + len(before.rstrip(_OF_PIECES))
        if joint.start() >= done and start != tried and (match := _UNNAMED.match(part.text, start)):
            done = match.end()
            yield match
        tried = start


def _urls(part: Part, terms: Terms) -> Iterator[Finding]:
    known: set[str] = set()
    for match in _URL.finditer(part.folded):
        value = part.text[match.start("id") : match.end("id")].rstrip(".-")
        if value in known or value.lower() in _PARTS_OF_PATHS or not _PATH_ID.match(value):
            continue
        if len(known) == _MOST_URLS:
            return
        known.add(value)
        outer = bool(_URL.match(part.folded, match.end()))  # the call is about the last id of its path
        note = (
            "agreement_id"
            if match["agreement"] or value[:3] == "agr"
            else "charge_id"
            if value[:3] in ("chr", "chg")
            else ""
        )
        yield _finding(part, value, match.start("id"), terms, note=note, confidence=0.8 if outer else 1.0)


def _is_id(hit: Hit, terms: Terms) -> bool:
    value = hit.value
    if _DATE.match(value) or _VSD.match(value) or fold(value) in terms.no_value or len(value) > 64:
        return False
    if len(set(fold(value)) - {"-", "_"}) == 1 and not value.isdigit():  # `XXXXX`
        return False
    if hit.key:
        return True
    if any(sign.isdigit() for sign in value):
        return hit.explicit or len(value) >= min(4, _least(value))
    return hit.explicit and not hit.apart and ("-" in value or "_" in value or value.isupper()) and len(value) >= 5


def _has_letters_and_digits(value: str) -> bool:
    return any(sign.isdigit() for sign in value) and any(sign.isalpha() or sign in "-_" for sign in value)


def _counts(part: Part, hit: Hit, terms: Terms) -> bool:
    """Whether a number counts or costs something: `order 20000 kr`."""
    return hit.value.isdigit() and not hit.key and _unit(part, hit.start + len(hit.value), terms)


def _unit(part: Part, end: int, terms: Terms) -> bool:
    unit = _UNIT.match(part.folded, end)
    return bool(unit) and unit is not None and unit[1] in terms.units


def _finding(part: Part, value: str, start: int, terms: Terms, *, note: str = "", confidence: float = 1.0) -> Finding:
    if terms.is_placeholder(value):
        return Finding("order_id", value, part.where, 0.0, "placeholder", start)
    note = note or ("failed" if terms.failed(part, start) else "")
    return Finding("order_id", value, part.where, confidence, note, start)
