"""Recognises the line that says who wrote the history below it: "On Monday at 9:12 Kari wrote:", in any language.

An attribution is sure when it holds what a mail client writes (a time of day or an address beside the verb); it is
likely when only the `>` lines below it can tell. Every pattern runs over a bounded piece of text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from triage.mail import quote_words as words

LONGEST: Final = 600  # characters of an attribution, wrapped lines joined
WRAPPED: Final = 5  # lines an attribution may take

_VERB = re.compile(rf"(?<!\w)(?:{words.VERBS})(?!\w)", re.IGNORECASE)
_VERB_LAST = re.compile(rf"(?:{words.VERBS})\W{{0,6}}$", re.IGNORECASE)
_VERB_CLOSES = re.compile(rf">\s?(?:{words.VERBS})")
_OPENER: Final = rf"(?:(?:{words.OPENERS})(?=[\s\d])|(?i:{words.WEEKDAYS})[^\W\d_]{{0,8}}[.,]*\s|\d)"
_BRACKETED = re.compile(r"[<(\[]{1,2}(?:mailto:)?\s?[^<>\s]{1,80}@[^<>\s]{1,80}\s?[>)\]]")
_NAMED: Final = rf"[^<>@:]{{0,60}}{_BRACKETED.pattern}"
_NAME_VERB: Final = rf"(?:[^\W\d_a-zæøåäöü][\w.'’-]{{0,30}}\s){{1,4}}(?:{words.VERBS})(?!\w)"
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}|\[mailto:")
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")
_CLOCK = re.compile(
    r"(?<!\d)\d{1,2}[:h]\d{2}(?!\d)|(?<![\d.])\d{1,2}\.\d{2}(?!\.?\d)|\bk(?:l|lo|ello)\b\.?\s?\d{1,2}[.:]\d{2}",
    re.IGNORECASE,
)
_DAY = re.compile(rf"\b(?:{words.WEEKDAYS})[^\W\d_]{{0,8}}\b|\d{{1,2}}\.? [^\W\d_]{{3,10}}", re.IGNORECASE)
_COLONS = (":", "\uff1a")
_TRAILING: Final = words.BLANKS + "-–—*_"
_ENDS = (*_COLONS, *words.VERBS.replace("\\", "").split("|"))
_TELLING = (*_ENDS[len(_COLONS) :], *words.QUOTING.split("|"))
_LAST_LETTERS = frozenset(end[-2:] for end in _ENDS[len(_COLONS) :])  # most lines end with none of them
_QUOTING = re.compile(rf"(?:{words.QUOTING})\s", re.IGNORECASE)
_BEGINNING = re.compile(f"{_OPENER}|{_NAME_VERB}|{_NAMED}|(?i:{words.QUOTING})\\s")
_FENCED = re.compile(r"^[\s>*]*[-_=*]{2,}\s*(\S.{0,140}?)\s*[-_=*]{2,}\s*$")
_SHARED = re.compile(r"(\S.{0,300}?\w)([\s-]{1,9}(?:On|Den|Am|Le|Op|El|Em) .{10,250})$")


@dataclass(frozen=True, slots=True)
class Attribution:
    """An attribution up to line `stop`; `sure` when it needs no `>` lines below to be believed."""

    stop: int
    sure: bool


def attribution(lines: Sequence[str], at: int) -> Attribution | None:
    """The attribution that begins at line `at`, wrapped or not."""
    if not any(map(closes, lines[at : at + WRAPPED])) or not _begins(lines[at]):
        return None
    likely: Attribution | None = None
    joined = ""
    for index in range(at, min(at + WRAPPED, len(lines))):
        line = lines[index].strip()
        if line.startswith(">") and not _VERB_CLOSES.match(line.lower()):
            break
        joined = f"{joined} {line}" if joined else line
        if len(joined) > LONGEST or (not line and not _address_follows(lines, index)):
            break
        if not closes(line):
            continue
        if _is_sure(joined):
            return Attribution(index + 1, sure=True)
        if likely is None and _is_likely(joined):
            likely = Attribution(index + 1, sure=False)
    return likely


def break_off(line: str) -> tuple[str, str] | None:
    """Own words and the attribution that a client put behind them on the same line."""
    match = _SHARED.match(line) if len(line) <= LONGEST and line.rstrip().endswith(":") else None
    if match is None or not _is_sure(match[2].strip(" -")):
        return None
    return match[1], match[2]


def closes(line: str) -> bool:
    """Whether an attribution may end with this line: it ends with a colon or a verb of writing."""
    bare = line.rstrip(_TRAILING)
    told = bare[-2:].casefold() in _LAST_LETTERS and bare[-20:].casefold().endswith(_ENDS)
    if not (told or bare.endswith(_COLONS)):
        return False
    return line[:1] != ">" or bool(_VERB_CLOSES.match(line.lower()))  # in history or at the end of one that was wrapped


def names_somebody(text: str) -> bool:
    """Whether a text can hold an attribution: every one has a verb of writing, an address or a word for quoting."""
    small = text.lower()
    return "@" in small or any(map(small.__contains__, _TELLING))


def _begins(line: str) -> bool:
    return bool(_BEGINNING.match(_bare(line[:LONGEST]))) or _fenced_verb(line)


def _bare(text: str) -> str:
    return text.strip(" \t-–—*_\xa0").replace("&lt;", "<").replace("&gt;", ">")


def _address_follows(lines: Sequence[str], blank: int) -> bool:
    return blank + 1 < len(lines) and lines[blank + 1].lstrip().startswith("<")


def _fenced_verb(line: str) -> bool:
    fenced = _FENCED.match(line)
    return bool(fenced and _VERB_LAST.search(fenced[1][-24:]))


def _is_sure(joined: str) -> bool:
    """Whether joined lines hold a verb or an address, and the time of day or the address that clients add."""
    if _fenced_verb(joined):
        return True
    text = _bare(joined)
    if not text.endswith(_COLONS):
        return bool(_VERB_LAST.search(text[-24:]) and _DATE.search(text) and _CLOCK.search(text))
    clock = bool(_CLOCK.search(text))
    dated = bool(_DATE.search(text)) or bool(_DAY.search(text))
    if _has_verb(text):
        return (clock and dated) or bool(_ADDRESS.search(text))
    return clock and bool(_DATE.search(text)) and bool(_BRACKETED.search(text))


def _is_likely(joined: str) -> bool:
    text = _bare(joined)
    if not text.endswith(_COLONS):
        return False
    return _has_verb(text) or bool(_QUOTING.match(text)) or bool(_BRACKETED.search(text))


def _has_verb(text: str) -> bool:
    """Whether a verb of writing is followed by a name, a time or nothing: "wrote to the log" is a story."""
    verb = _VERB.search(text)
    if verb is None:
        return False
    tail = text[verb.end() :]
    return not any(char.isalpha() for char in tail) or any(
        char.isupper() or char.isdigit() or char == "@" or char > "\u2e80" for char in tail
    )
