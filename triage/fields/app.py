"""The app: platform and version. The version of the operating system, of a plugin or of an API is no app version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from triage.domain import Finding, Where
from triage.fields.clauses import Said
from triage.fields.labels import hits
from triage.fields.parts import MOST_PROSE, Part
from triage.fields.terms import Terms

_VERSION = re.compile(r"v?(?P<number>\d{1,4}(?:\.\d{1,5}){1,3})(?![\w.]\d|\w)")
_LOOSE = re.compile(r"(?:(?<![\w./-])|(?<=(?<![\w./-])v))\d{1,3}(?:\.\d{1,5}){1,3}(?![\d/-]|\.\d|\w)")
_DOT = re.compile(r"\.(?=\d)(?<=\d.)")
_BEFORE_DOT = re.compile(r"\d{1,3}\Z")
_BESIDE = 24  # characters between two platforms of one list
_BEHIND = 90  # characters behind a version in which the app may be named
_BETWEEN = frozenset({"ios", "android", "iphone", "and", "og", "och", "ja", "native"})
_WORDS = re.compile(r"[^\W\d_][\w-]*|[,;()\n]|\d[\d.]*")
_NOTES = {Said.FAILED: "failed", Said.WORKED: "works", Said.NOTHING: ""}


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Platforms (`iOS`, `Android`) and app versions of a mail."""
    found = [finding for part in parts if part.where is not Where.ATTACHMENT for finding in _in_part(part, terms)]
    return sorted(found, key=lambda finding: -finding.confidence)  # first the versions with which the app is named


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    if part.seen:
        yield from _platforms(part, terms)
    if part.has_digits:
        for hit in hits(part, terms.labels["app_version"], _VERSION):
            yield from _version(part, hit.start, hit.value, terms, labelled=True)
        for match in _loose(part.text):
            yield from _version(part, match.start(), match.group(), terms, labelled=False)


def _platforms(part: Part, terms: Terms) -> Iterator[Finding]:
    seen = [(at.start, platform) for platform in ("iOS", "Android") for at in part.seen.get(f"platform/{platform}", ())]
    seen.sort()
    for at, (start, platform) in enumerate(seen):
        if any(words in part.folded[slice(*part.line(start))] for words in terms.sent_from):
            continue
        beside = (*seen[max(0, at - 1) : at], *seen[at + 1 : at + 2])
        several = any(other != platform and abs(near - start) <= _BESIDE for near, other in beside)
        if several and _is_built_for(part, start, terms):
            continue
        yield Finding("app_platform", platform, part.where, 1.0, _NOTES[terms.outcomes.said(part, start)], start)


def _loose(text: str) -> Iterator[re.Match[str]]:
    """Versions without a label, found by their first dot."""
    for dot in _DOT.finditer(text, 0, MOST_PROSE):
        digits = _BEFORE_DOT.search(text, max(0, dot.start() - 3), dot.start())
        if digits and (match := _LOOSE.match(text, digits.start())):
            yield match


def _version(part: Part, start: int, value: str, terms: Terms, *, labelled: bool) -> Iterator[Finding]:
    begin = max(part.folded.rfind("\n", 0, start) + 1, start - 60)
    words = _WORDS.findall(part.folded[begin:start])
    before = _said_of(words)
    near = before if value.count(".") > 1 else before[:2]  # `23.4` may be a time or an amount: the app stands close by
    own = next((at for at, word in enumerate(near) if _is_app(word, terms)), None)
    if own is None and not labelled and terms.updated_to.isdisjoint(before[:3]):
        return
    other = next((at for at, word in enumerate(before) if _is_other(word, terms)), None)
    if _is_own(before[own:] if own is not None else _in_front_of_bracket(part, begin, start), terms):
        return
    updated = other is None and not terms.updated_to.isdisjoint(before[:3]) and _goes_on(part, start, value, terms)
    if updated or (own is not None and (other is None or own < other)) or (labelled and other is None):
        yield Finding("app_version", value.lstrip("vV"), part.where, 0.8 if own is None else 1.0, "", start)


def _is_own(words: Sequence[str], terms: Terms) -> bool:
    """Whether an app, and the words before it, is one that the sender made: `our own app`, but not `our Vipps app`."""
    return len(words) > 1 and words[0] in terms.before_version and words[1] in terms.own_app


def _in_front_of_bracket(part: Part, begin: int, start: int) -> list[str]:
    """What a bracket around a version belongs to: `our own app (iOS, version 3.2.0)`."""
    bracket = part.folded.rfind("(", begin, start)
    if bracket < 0 or ")" in part.folded[bracket:start]:
        return []
    return _said_of(_WORDS.findall(part.folded[begin:bracket]))


def _is_built_for(part: Part, start: int, terms: Terms) -> bool:
    """`our own app (iOS and Android)`: both are named for what the app runs on, not for where something went wrong."""
    begin = max(part.folded.rfind("\n", 0, start) + 1, start - 60)
    words = [word for word in _WORDS.findall(part.folded[begin : start + 40]) if word[0].isalpha()]
    rest = [word for word in words if word not in _BETWEEN]
    return any(one in terms.own_app and following in terms.before_version for one, following in pairwise(rest))


def _goes_on(part: Part, start: int, value: str, terms: Terms) -> bool:
    """`since the update to 24.1.0 the app closes`: the app is named behind a version, in this sentence or the next."""
    for word in _WORDS.findall(part.folded[start + len(value) : start + len(value) + _BEHIND].partition("\n")[0]):
        if _is_other(word, terms):
            return False
        if _is_app(word, terms):
            return True
    return False


def _is_app(word: str, terms: Terms) -> bool:
    return not _is_other(word, terms) and any(
        piece in terms.before_version or piece.endswith(("app", "appen")) for piece in word.split("-")
    )


def _is_other(word: str, terms: Terms) -> bool:
    """An operating system, a plugin, an API: anything else that has versions. `Android-appen` is the app."""
    pieces = word.split("-")
    if pieces[-1] in terms.before_version:
        return False
    return any(
        piece == name or (len(name) > 5 and piece.startswith(name)) for piece in pieces for name in terms.not_the_app
    )


def _said_of(words: Sequence[str]) -> list[str]:
    """The words a number belongs to: back to the nearest comma, bracket or other number, at most five."""
    taken: list[str] = []
    for word in reversed(words):
        if word in ",;\n)" or word[0].isdigit() or len(taken) == 5:
            break
        if word != "(":
            taken.append(word)
    return taken
