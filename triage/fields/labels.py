"""Values that stand behind a label: in prose, JSON, PHP dumps, headers, query strings and tables.

Labels are found as plain strings (fast and linear however many there are); what may stand between a label
and its value is a short, bounded pattern tried at that one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from triage.fields.parts import MOST_PROSE, Part, fold
from triage.fields.vocabulary import Labels, Places

MOST_HITS = 60  # of one thing's labels in one part; a log repeats itself, it does not say more

_QUOTES = r"[\"'`\\*_\])]{0,4}"
_ENDING = re.compile(
    r"[^\W\d_]{0,8}(?:(?:['-](?:et|en|ene|er|erne|et|n|s|iden)|:(?:n|na|ssa|sta|lla|lle|ta))(?!\w))?"
)  # of a label: `MSN-numeromme`, `orderId'et`
_WORD = r"(?:is|was|er|var|ar|on|oli|nr|no|nro|nummer|number|numero)(?!\w)[.:]?"
_LINK = re.compile(
    rf"(?P<key>{_QUOTES})\.?[ \t]{{0,12}}(?:\([^()\n]{{1,30}}\)[ \t]{{0,4}})?"
    rf"(?P<sep>=>\s{{0,40}}|->|→|[-–—](?=[ \t])|\.{{2,40}}[ \t]?:?|…|[:=#|\t]{{1,3}}|>(?=[^<>\n]{{1,80}}</)|{_WORD}(?:[ \t]{{1,3}}{_WORD})?|)[ \t|:]{{0,24}}"
    r"(?:string\(\d{1,6}\)[ \t]?|int\()?(?P<open>[\"'`\\*_<(#]{0,4})"
)
WRAPPED = re.compile(rf"{_QUOTES}\s{{0,10}}[:=]\s{{1,40}}\\?\"")
_JOINED = re.compile(r"[^\s(*_\"'`]")
_BRACKET = re.compile(r"[ \t]{1,4}[(\[][\"'`]?")
_NEXT_LINE = re.compile(r"[ \t*_:]{0,12}\r?\n[ \t>*_\"'`•-]{0,12}")
_LINE_END = re.compile(r"[ \t*_\"'`.,;]{0,12}(?:\r?\n|\Z)")
_CELL = re.compile(r"\s{0,40}[|\t;]\s{0,40}|[ ]{3,40}")
_JOINTS = ("|", "\t", ";", "   ")  # one of them stands between two cells
_WIDEST = 400  # characters of a table row that are looked at
_END_OF_HEAD = re.compile(rf"[^\d\n]{{0,{_WIDEST}}}\n")


_AHEAD = 90  # characters before a label in which its value may stand
_TOKEN = re.compile(r"[(=,;]|[^\s(=,;:!?\"`)]{1,64}")
_CLOSED = re.compile(r"[\w'-]{0,8}[ ]?\)")


class Joints(Protocol):
    """Words that may stand between a value and the label behind it; one of `joining` must be among them."""

    @property
    def joining(self) -> frozenset[str]: ...

    @property
    def beside(self) -> frozenset[str]: ...


class Hit(NamedTuple):
    """A value behind a label. `explicit`: a sign or word joins them; `key`: the label stands in quotes, as in JSON."""

    value: str
    start: int
    label: str
    explicit: bool = True
    key: bool = False
    apart: bool = False  # on the line below, or in the row below


def spelled(words: Iterable[str]) -> tuple[str, ...]:
    """Every spelling of labels written with spaces, longest first, for a text whose joining signs are spaces.

    `order id` then also finds `order-id`, `order_id` and `orderId`, and `org  nr` finds `Org. nr`.
    """
    found = {fold(word).replace("-", " ").replace(" ", joint) for word in words for joint in (" ", "")}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def places(part: Part, labels: Labels, most: int = MOST_HITS) -> Places:
    """Where labels stand as words of their own on the left (Nordic endings may follow on the right).

    Of many only the first and the last are given, `most` in all: people write above a log and below it.
    `part.labels` has all, as masking needs them.
    """
    found = part.labels[labels]
    return found if len(found) <= most else (*found[: most // 2], *found[-most // 2 :])


def matches(part: Part, labels: Labels, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where a pattern fits that begins with one of these labels, in what people wrote."""
    begun = (pattern.match(part.folded, start) for start, _ in part.labels[labels] if start < MOST_PROSE)
    return (match for match in begun if match)


def hits(part: Part, labels: Labels, value: re.Pattern[str]) -> Iterator[Hit]:
    """Values right behind a label, on its line, alone on the next line, or in the row below."""
    found = places(part, labels)
    if not found:
        return
    for start, label_end in found:
        ending = _ENDING.match(part.folded, label_end)
        end = ending.end() if ending else label_end
        hit = _behind(part, start, end, value) or _below(part, start, end, value)
        if hit:
            yield hit
    yield from _cells(part, found, value)


def _behind(part: Part, start: int, end: int, value: re.Pattern[str]) -> Hit | None:
    """A value on the label's own line, or, behind a key of JSON, after a line break."""
    for pattern in (WRAPPED, _LINK, _BRACKET):
        link = pattern.match(part.folded, end)
        match = value.match(part.text, link.end()) if link and link.end() > end else None
        if link and match:
            signs = part.text[end : link.end()]
            key = signs[0] in "\"'`]\\"
            return Hit(match.group(), match.start(), part.folded[start:end], bool(_JOINED.search(signs)), key)
    return None


def ahead(part: Part, start: int, end: int, value: re.Pattern[str], terms: Joints) -> Hit | None:
    """A value that stands before its label: `223344 is our MSN`, `acme-77 (that's the orderId)`."""
    begin = max(part.line(start)[0], start - _AHEAD)
    words = list(_TOKEN.finditer(part.folded, begin, start))
    joined = False
    while words and ((word := words[-1].group()) in terms.joining or word in terms.beside or word == "("):
        joined |= word in terms.joining or (word == "(" and bool(_CLOSED.match(part.folded, end)))
        words.pop()
    match = value.fullmatch(part.text, *words[-1].span()) if words and joined else None
    return Hit(match.group(), match.start(), part.folded[start:end]) if match else None


def _below(part: Part, start: int, end: int, value: re.Pattern[str]) -> Hit | None:
    """A value alone on the line below a label that ends its own line."""
    gap = _NEXT_LINE.match(part.text, end)
    match = value.match(part.text, gap.end()) if gap else None
    if match is None or not _LINE_END.match(part.text, match.end()):
        return None
    return Hit(match.group(), match.start(), part.folded[start:end], apart=True)


def _cells(part: Part, labels: Iterable[tuple[int, int]], value: re.Pattern[str]) -> Iterator[Hit]:
    """Values in the rows below a table head that holds one of the labels."""
    for start, end in labels:
        if not _END_OF_HEAD.match(part.text, start):
            continue
        begin, stop = part.line(start)
        head = part.text[begin:stop]
        column = _column(head, start - begin) if any(joint in head for joint in _JOINTS) else None
        if column is None:
            continue
        for row_start, row in _rows(part.text, stop + 1):
            cells = _split(row)
            if column < len(cells) and (match := value.fullmatch(cells[column][1].strip(" *_`\"'"))):
                at = row.find(match.group(), cells[column][0])
                yield Hit(match.group(), row_start + at, part.folded[start:end], apart=True)


def _column(head: str, offset: int) -> int | None:
    cells = _split(head)
    if len(cells) < 2 or any(any(sign.isdigit() for sign in cell) for _, cell in cells):
        return None
    return max(index for index, (start, _) in enumerate(cells) if start <= offset)


def _rows(text: str, start: int) -> Iterator[tuple[int, str]]:
    for _ in range(20):
        end = text.find("\n", start, start + 1000)
        row = text[start : end if end >= 0 else start + 1000]
        if not row.strip() or (len(_split(row)) < 2 and not set(row) <= set("-=+|: \t")):
            return
        yield start, row
        if end < 0:
            return
        start = end + 1


def _split(row: str) -> list[tuple[int, str]]:
    """Cells of a table row with their offsets, without the outer bars."""
    cells, start = [], 0
    for joint in _CELL.finditer(row[:_WIDEST]):
        if joint.start() or joint.group().strip() == "":
            cells.append((start, row[start : joint.start()]))
        start = joint.end()
    cells.append((start, row[start:_WIDEST]))
    if not cells[0][1].strip():
        cells = cells[1:]
    return cells if cells and cells[-1][1].strip() else cells[:-1]
