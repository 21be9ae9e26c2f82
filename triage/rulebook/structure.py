"""Structural evidence: the shape of a call, an answer or a log, which no everyday mail has by chance.

The names looked for (paths, hosts, headers, keys, codes) are data in rules/structure.yaml; this module knows
only how each kind of thing is written. A weight of the strong threshold or more is strong evidence, that is,
enough alone; a status code in prose and the names of fields are weak and need company (DOMAIN.md sections 1 and 2).
Every pattern takes linear time, and none is tried but where its name stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count
from typing import NamedTuple

from triage.domain import Evidence, InboundMail, Where
from triage.mail.repetition import without_repeats
from triage.rulebook.schema import Sign, SignShape
from triage.yamlfile import Place

LONGEST_TEXT = 100_000  # characters that are looked at in the text, and in all attachments together
_BEFORE = 40  # characters before a status code that can announce it
_LONGEST_QUOTE = 120
_WORD = re.compile(r"[a-z0-9_]+")
_BETWEEN_WORDS = bytes(byte if _WORD.match(chr(byte)) else ord(" ") for byte in range(256))
_PIECE = re.compile(r"[^ *]+")

Span = tuple[int, int]
Look = Callable[[str, int], Span | None]


class _Frame(NamedTuple):
    """How a kind of name must stand: what is not before it, the signs it begins with, what comes after it.

    `begins` tells whether its first word begins a word of the text, `ends` what may follow its last word within a word
    of the text: nothing where anything may.
    """

    before: str
    leads: tuple[str, ...]
    after: str
    begins: bool
    ends: tuple[str, ...]


_BARE = ("",)
_FRAMES = {
    Sign.CALL: _Frame(
        r"(?<![\w-])",
        _BARE,
        r"\s{0,3}:?\s{0,3}(?:https?://[^\s\"'<>]|/[\w{])[^\s\"'<>]{0,200}",
        True,
        ("", "http", "https"),
    ),
    Sign.PATH: _Frame("", _BARE, r"(?![\w-])[^\s\"'<>]{0,120}", False, _BARE),
    Sign.HOST: _Frame(r"(?<![\w.-])", _BARE, r"(?![\w-])", True, _BARE),
    Sign.HEADER: _Frame(r"(?<![\w-])", _BARE, r"(?![\w-])", True, _BARE),
    Sign.KEY: _Frame(r"(?<![\w.-])", ("", '"', "'", "["), r"[\"'\]]?\s{0,3}(?::|=>?)\s{0,3}\S", True, _BARE),
    Sign.JSON: _Frame("", ('"', "“", "”"), r"[\"“”]\s{0,3}:\s{0,3}[^\s]", True, _BARE),
    Sign.CODE: _Frame(r"(?<![\w.-])", _BARE, r"(?![\w-])", True, _BARE),
    Sign.CAPITALS: _Frame(r"(?<![\w-])", _BARE, r"(?![\w-])", True, _BARE),
    Sign.TEXT: _Frame("", _BARE, "", False, ()),
    Sign.STATUS: _Frame(r"(?<!\w)(?<!\d[.,:/+-])", _BARE, r"(?!\w|[.,:]\d)", True, _BARE),
}


class _Name(NamedTuple):
    """One of the names of a rule, in small letters: what it begins with, and a sign without which it cannot stand
    in a text: one of the text's words, or where it is none a piece of one; empty where it holds no letters."""

    begins: str
    sign: str
    is_word: bool
    beside: frozenset[str] = frozenset()  # words of which one stands next to the sign; none: any word may


@dataclass(frozen=True, slots=True)
class SignRule:
    """A structural rule, ready to look: `look` gives the span of what stands at one place of a text in small letters,
    or, where `exact`, as it was written."""

    id: str
    topic: str
    weight: float
    place: Place
    names: frozenset[_Name]
    look: Look
    exact: bool
    profile: str | None = None

    @classmethod
    def of(cls, shape: SignShape, topic: str, place: Place) -> SignRule:
        status, frame = shape.sign is Sign.STATUS, _FRAMES[shape.sign]
        exact = shape.sign in (Sign.CALL, Sign.CAPITALS)  # "post /" in prose is no call, "POST /" is
        beside = _beside(shape) if status else frozenset()
        spelled = shape.codes if status else shape.names
        names = frozenset(name for one in spelled for name in _names(one, frame, beside))
        look = _status(shape, frame) if status else _shape(shape, frame, exact=exact)
        return cls(f"{topic}/{shape.id}", topic, shape.weight, place, names, look, exact, shape.profile)


class Signs:
    """Many structural rules, tried together: the words of a text tell which of their names may stand in it."""

    def __init__(self, rules: Iterable[SignRule]) -> None:
        self.rules = tuple(rules)
        self._by_word: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._by_piece: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._by_number: dict[str, list[tuple[int, _Name]]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            for name in rule.names:
                if name.beside:
                    self._by_number[name.sign].append((number, name))
                else:
                    (self._by_word if name.is_word else self._by_piece)[name.sign].append((number, name.begins))
        self._words, self._numbers = frozenset(self._by_word), frozenset(self._by_number)

    def evidence(self, mail: InboundMail) -> list[Evidence]:
        """Each rule that finds something in what the sender wrote or attached; the history never counts."""
        found: dict[int, Evidence] = {}
        for where, text in _texts(mail):
            for number, span in self._spans(text, found):
                seen = " ".join(text[slice(*span)].split())[:_LONGEST_QUOTE]
                found[number] = _evidence(self.rules[number], where, seen)
        return [found[number] for number in sorted(found)]

    def _spans(self, text: str, done: Collection[int]) -> Iterator[tuple[int, Span]]:
        """The first thing that each rule finds in a text, but for those that are done."""
        small = text.replace("\u0130", "I").lower()  # the only letter whose lower case is longer than itself
        begins: dict[int, set[str]] = defaultdict(set)
        for number, start in self._named(_words_in(small)):
            begins[number].add(start)
        for number in begins.keys() - done:
            rule = self.rules[number]
            if span := _first(rule.look, text if rule.exact else small, small, begins[number]):
                yield number, span

    def _named(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The rules of which a name may stand in a text of some words, and what that begins with."""
        different = frozenset(words)
        for word in self._words & different:
            yield from self._by_word[word]
        spelled = " ".join(different)
        for piece, names in self._by_piece.items():
            if piece in spelled:
                yield from names
        if not self._numbers.isdisjoint(different):
            yield from self._announced(words)

    def _announced(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Names that stand beside a word that they need there, such as `status 400`; there are many bare numbers."""
        padded = (*words, "")
        for at in compress(count(), map(self._numbers.__contains__, words)):
            around = padded[at - 1], padded[at + 1]
            for number, name in self._by_number[padded[at]]:
                if not name.beside.isdisjoint(around):
                    yield number, name.begins


def _words_in(small: str) -> list[str]:
    """The runs of plain letters, digits and underscores in a text in small letters."""
    return small.encode("ascii", "replace").translate(_BETWEEN_WORDS).decode("ascii").split()


def _first(look: Look, text: str, small: str, begins: Iterable[str]) -> Span | None:
    """What is seen first, where some beginnings stand in a text."""
    earliest, first = len(small), None
    for start in begins:
        at = small.find(start, 0, earliest + len(start))
        while 0 <= at < earliest:
            if span := look(text, at):
                earliest, first = at, span
            at = small.find(start, at + 1, earliest + len(start))
    return first


def _evidence(rule: SignRule, where: Where, seen: str) -> Evidence:
    return Evidence(
        "rule", rule.id, rule.topic, where, seen, rule.weight, place=shown(rule.place), profile=rule.profile
    )


def _texts(mail: InboundMail) -> Iterator[tuple[Where, str]]:
    """The subject, the body and the attachments, capped: a mail may carry any number of them."""
    yield Where.SUBJECT, mail.subject[:LONGEST_TEXT]
    yield Where.BODY, mail.new[:LONGEST_TEXT]
    left = LONGEST_TEXT
    for attachment in mail.attachments:
        if attachment.text and left > 0:
            text = without_repeats(attachment.text)
            yield Where.ATTACHMENT, text[:left]
            left -= len(text)


def shown(place: Place) -> str:
    """A rule's place as evidence shows it: `rules/settlement.yaml:12`."""
    return f"{place.file}:{place.line}"


def _names(name: str, frame: _Frame, beside: frozenset[str]) -> Iterator[_Name]:
    """A name with each sign it can begin with."""
    small = name.lower()
    pieces = _PIECE.findall(small)
    head = pieces[0] if pieces and not small.startswith("*") else ""
    words = max((_standing(word, small, frame) for word in _WORD.finditer(small)), key=_length, default=())
    signs = words or (max(_WORD.findall(small), key=len, default=""),)
    for lead in frame.leads:
        for sign in signs:
            yield _Name(lead + head, sign, bool(words), beside if words == (small,) else frozenset())


def _standing(word: re.Match[str], name: str, frame: _Frame) -> tuple[str, ...]:
    """The words of a text as which a word of a name may stand in it; none where it may be a piece of any."""
    start, end = word.span()
    if (start == 0 and not frame.begins) or "*" in name[max(0, start - 1) : end + 1]:
        return ()
    return tuple(word.group() + more for more in (_BARE if end < len(name) else frame.ends))


def _length(words: Sequence[str]) -> int:
    return len(words[0]) if words else 0


def _beside(shape: SignShape) -> frozenset[str]:
    """The words of which one stands next to a status: the last of what announces it, or the first of what explains
    it; none where that cannot be told."""
    announcing, fillers, explaining = (
        [_WORD.findall(one.lower()) for one in some] for some in (shape.names, shape.fillers, shape.after)
    )
    if not all(announcing + explaining) or "*" in "".join((*shape.names, *shape.fillers, *shape.after)):
        return frozenset()
    last = [words[-1] for words in announcing + fillers if words]
    return frozenset((*last, *(words[0] for words in explaining)))


def _either(names: Iterable[str]) -> str:
    """Any of these names, the longest first; a space stands for any run of blanks, `*` at the end for more letters."""
    spelled = (re.escape(name).replace(r"\ ", r"\s+").replace(r"\*", r"\w+") for name in names)
    return "(?:" + "|".join(sorted(spelled, key=len, reverse=True)) + ")"


def _small(names: Iterable[str]) -> str:
    """Any of these names in small letters."""
    return _either(name.lower() for name in names)


def _shape(shape: SignShape, frame: _Frame, *, exact: bool) -> Look:
    names = _either(shape.names) if exact else _small(shape.names)
    pattern = re.compile(frame.before + _either(frame.leads) + names + frame.after)

    def look(text: str, at: int) -> Span | None:
        found = pattern.match(text, at)
        return found.span() if found else None

    return look


def _last_word(text: str) -> str:
    words = _WORD.findall(text)
    return words[-1] if words else ""


def _status(shape: SignShape, frame: _Frame) -> Look:
    """A status code announced by the word before it or explained by the word after it, and no price or count."""
    code = re.compile(frame.before + _small(shape.codes) + frame.after)
    fillers = rf"(?:{_small(shape.fillers)}\W{{1,3}}){{0,2}}" if shape.fillers else ""
    before = re.compile(rf"(?:^|\W){_small(shape.names)}\W{{1,4}}{fillers}\W{{0,2}}$")
    after = re.compile(rf"\W{{0,3}}{_small(shape.after)}(?!\w)") if shape.after else None
    announcing = frozenset(_last_word(name.lower()) for name in (*shape.names, *shape.fillers))
    any_word = any("*" in name for name in (*shape.names, *shape.fillers))
    veto = re.compile(rf"\s?{_small(shape.unless_followed_by)}(?!\w)") if shape.unless_followed_by else None

    def look(text: str, at: int) -> Span | None:
        found = code.match(text, at)
        if not found or (veto and veto.match(text, found.end())):
            return None
        above = text[max(0, at - _BEFORE) : at]
        announced = before.search(above) if any_word or _last_word(above) in announcing else None
        if announced:
            return at - len(announced.group().lstrip()), found.end()
        explained = after.match(text, found.end()) if after else None
        return (at, explained.end()) if explained else None

    return look
