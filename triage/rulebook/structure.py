"""Structural evidence: the shape of a call, an answer or a log, which no everyday mail has by chance.

The names looked for (paths, hosts, headers, keys, codes) are data in rules/structure.yaml; this module knows
only how each kind of thing is written. A weight of the strong threshold or more is strong evidence, that is,
enough alone; a status code in prose and the names of fields are weak and need company (DOMAIN.md sections 1 and 2).
Every pattern takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from triage.domain import Evidence, InboundMail, Where
from triage.rulebook.schema import Sign, SignShape
from triage.yamlfile import Place

LONGEST_TEXT = 100_000  # characters that are looked at in the text, and in all attachments together
_BEFORE = 40  # characters before a status code that can announce it
_LONGEST_QUOTE = 120
_WORD = re.compile(r"\w+")
_BEGINS = re.compile(
    r"(?<!\w)(?<!\d[.,:/+-])"
)  # asked of each code found: in front of the codes it would be asked everywhere


@dataclass(frozen=True, slots=True)
class SignRule:
    """A structural rule, ready to look: `find` gives the span of the first thing found.

    `clues` are the pieces of each name. A text whose small letters hold no whole clue has nothing to find: most texts
    have not, and a plain search tells so many times faster than a pattern.
    """

    id: str
    topic: str
    weight: float
    place: Place
    clues: frozenset[tuple[str, ...]]
    find: Callable[[str], tuple[int, int] | None]
    profile: str | None = None

    @classmethod
    def of(cls, shape: SignShape, topic: str, place: Place) -> SignRule:
        status = shape.sign is Sign.STATUS
        find = _status(shape) if status else _pattern(shape)
        clues = frozenset(map(_clue, shape.codes if status else shape.names))
        return cls(f"{topic}/{shape.id}", topic, shape.weight, place, clues, find, shape.profile)

    def may_find(self, small: str) -> bool:
        """Whether a text may hold what the rule looks for; the text is given in small letters."""
        for first, *others in self.clues:  # noqa: SIM110 - any() takes twice as long, for each rule of each mail
            if first in small and all(piece in small for piece in others):
                return True
        return False


def structural_evidence(rules: Iterable[SignRule], mail: InboundMail) -> Iterator[Evidence]:
    """Each structural rule that finds something in what the sender wrote or attached; the history never counts."""
    parts = list(_parts(mail))
    for rule in rules:
        for where, text, small in parts:
            if rule.may_find(small) and (span := rule.find(text)):
                seen = " ".join(text[slice(*span)].split())[:_LONGEST_QUOTE]
                yield Evidence(
                    "rule", rule.id, rule.topic, where, seen, rule.weight, place=shown(rule.place), profile=rule.profile
                )
                break


def _parts(mail: InboundMail) -> Iterator[tuple[Where, str, str]]:
    """What is looked at, as it stands and in small letters."""
    for where, text in _texts(mail):
        yield where, text, text.casefold()


def _texts(mail: InboundMail) -> Iterator[tuple[Where, str]]:
    """The subject, the body and the attachments, capped: a mail may carry any number of them."""
    yield Where.SUBJECT, mail.subject[:LONGEST_TEXT]
    yield Where.BODY, mail.new[:LONGEST_TEXT]
    left = LONGEST_TEXT
    for attachment in mail.attachments:
        if attachment.text and left > 0:
            yield Where.ATTACHMENT, attachment.text[:left]
            left -= len(attachment.text)


def shown(place: Place) -> str:
    """A rule's place as evidence shows it: `rules/settlement.yaml:12`."""
    return f"{place.file}:{place.line}"


def _clue(name: str) -> tuple[str, ...]:
    """The pieces of a name that stand in a text as they are spelled, blanks and case apart; the longest first."""
    return tuple(sorted(re.split(r"[ *]+", name.strip(" *").casefold()), key=len, reverse=True))


def _either(names: Iterable[str]) -> str:
    """Any of these names, the longest first; a space stands for any run of blanks, `*` at the end for more letters."""
    spelled = (re.escape(name).replace(r"\ ", r"\s+").replace(r"\*", r"\w+") for name in names)
    return "(?:" + "|".join(sorted(spelled, key=len, reverse=True)) + ")"


_FRAMES: dict[Sign, tuple[str, str]] = {
    Sign.CALL: (r"(?<![\w-])", r"\s{0,3}:?\s{0,3}(?:https?://[^\s\"'<>]|/[\w{])[^\s\"'<>]{0,200}"),
    Sign.PATH: ("", r"(?![\w-])[^\s\"'<>]{0,120}"),
    Sign.HOST: (r"(?<![\w.-])", r"(?![\w-])"),
    Sign.HEADER: (r"(?<![\w-])", r"(?![\w-])"),
    Sign.KEY: (r"(?<![\w.-])[\"'\[]?", r"[\"'\]]?\s{0,3}(?::|=>?)\s{0,3}\S"),
    Sign.JSON: (r"[\"“”]", r"[\"“”]\s{0,3}:\s{0,3}[^\s]"),
    Sign.CODE: (r"(?<![\w.-])", r"(?![\w-])"),
    Sign.CAPITALS: (r"(?<![\w-])", r"(?![\w-])"),
    Sign.TEXT: ("", ""),
}


def _pattern(shape: SignShape) -> Callable[[str], tuple[int, int] | None]:
    before, after = _FRAMES[shape.sign]
    exact = shape.sign in (Sign.CALL, Sign.CAPITALS)  # "post /" in prose is no call, "POST /" is
    flags = re.NOFLAG if exact else re.IGNORECASE
    pattern = re.compile(before + _either(shape.names) + after, flags)

    def find(text: str) -> tuple[int, int] | None:
        found = pattern.search(text)
        return found.span() if found else None

    return find


def _last_word(text: str) -> str:
    words = _WORD.findall(text)
    return words[-1].casefold() if words else ""


def _status(shape: SignShape) -> Callable[[str], tuple[int, int] | None]:
    """A status code announced by the word before it or explained by the word after it, and no price or count."""
    code = re.compile(rf"{_either(shape.codes)}(?!\w|[.,:]\d)")
    fillers = rf"(?:{_either(shape.fillers)}\W{{1,3}}){{0,2}}" if shape.fillers else ""
    before = re.compile(rf"(?:^|\W){_either(shape.names)}\W{{1,4}}{fillers}\W{{0,2}}$", re.IGNORECASE)
    after = re.compile(rf"\W{{0,3}}{_either(shape.after)}(?!\w)", re.IGNORECASE) if shape.after else None
    announcing = frozenset(_last_word(name) for name in (*shape.names, *shape.fillers))
    any_word = any("*" in name for name in (*shape.names, *shape.fillers))
    veto = re.compile(rf"\s?{_either(shape.unless_followed_by)}(?!\w)", re.IGNORECASE)

    def find(text: str) -> tuple[int, int] | None:
        for found in code.finditer(text):
            if not _BEGINS.match(text, found.start()):
                continue
            if shape.unless_followed_by and veto.match(text, found.end()):
                continue
            above = text[max(0, found.start() - _BEFORE) : found.start()]
            announced = before.search(above) if any_word or _last_word(above) in announcing else None
            if announced:
                return found.start() - len(announced.group().lstrip()), found.end()
            if after and (explained := after.match(text, found.end())):
                return found.start(), explained.end()
        return None

    return find
