"""Test or production: what the sender says, and what the hosts of pasted calls show (DOMAIN section 2).

Both are kept apart: `stated` findings come from words, `inferred` ones from hosts. When they disagree the
finding that counts is `conflict`; the desk never picks a side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding, Where
from triage.fields.clauses import Said
from triage.fields.labels import hits
from triage.fields.parts import Part, fold
from triage.fields.terms import Terms

_BEFORE_LONE = re.compile(r"(?:^|[.!?,:;|/][ \t]{1,3}|[(\[])(?:(?:only|just|bare|bara|kun|vain) )?\Z", re.MULTILINE)
_BEHIND_LONE = re.compile(r"[ \t]{0,3}(?:[.!,:;)\]|]|/(?!\w)|[ ]-[ ]|\r?\n|\Z)")
_LONGEST_BEFORE = 10  # characters
_LAST_WORD = re.compile(r"([^\W\d_]+)[ \t]{1,3}$")
_CLOSED = re.compile(r"[ \t]{0,3}(?:[.,;)|]|\r?\n|\Z)")
_HOST_HITS = 50
_VALUE = re.compile(r"[^\W\d_]{2,24}")
_NOTES = {Said.WORKED: "works", Said.FAILED: "failed", Said.NOTHING: "stated"}


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """What was stated and inferred; the first finding is the one that counts."""
    stated = [finding for part in parts for finding in _said(part, terms)]
    inferred = [finding for part in parts for finding in _inferred(part, terms)]
    said, shown = _meant(stated), _values(inferred)
    if len(said) == 1 and (said <= shown or not shown):
        return [*(finding for finding in stated if finding.value in said), *inferred]
    if len(said) + len(shown) <= 1:
        return inferred
    both = f"stated {_and(said)}, calls show {_and(shown)}"
    return [Finding("environment", "conflict", (stated or inferred)[0].where, 1.0, both), *stated, *inferred]


def _meant(stated: Sequence[Finding]) -> set[str]:
    """The environments the sender talks of; where one works and the other fails, the one that fails."""
    denied = {finding.value for finding in stated if finding.note in ("denied", "amiss")}
    plain = {finding.value for finding in stated if finding.note in ("stated", "failed")}
    works = {finding.value for finding in stated if finding.note == "works"}
    failing = {finding.value for finding in stated if finding.note == "failed"}
    if works and denied - works:  # `works in test, but not in production`
        return denied - works
    if len(plain) > 1 and len(failing) == 1:
        return failing
    amiss = {finding.value for finding in stated if finding.note == "amiss"}
    return plain - works or plain or works or amiss


def _values(findings: Sequence[Finding]) -> set[str]:
    return {finding.value for finding in findings}


def _and(values: set[str]) -> str:
    return " and ".join(sorted(values)) or "nothing"


def _said(part: Part, terms: Terms) -> Iterator[Finding]:
    if part.labels[terms.environment_labels]:
        yield from _labelled(part, terms)
    if part.seen:
        yield from _lone(part, terms)
        yield from _stated(part, terms)


def _labelled(part: Part, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.environment_labels, _VALUE):
        value = terms.environment_values.get(fold(hit.value))
        if value and (hit.explicit or hit.apart or _CLOSED.match(part.text, hit.start + len(hit.value))):
            yield Finding("environment", value, part.where, 1.0, "stated", hit.start)


def _lone(part: Part, terms: Terms) -> Iterator[Finding]:
    for seen in part.seen.get("environment/value", ()):
        value = terms.environment_values.get(part.folded[seen.start : seen.end])
        if value and _is_lone(part, seen.start, seen.end):
            yield Finding("environment", value, part.where, 1.0, "stated", seen.start)


def _is_lone(part: Part, start: int, end: int) -> bool:
    """Whether a word is a clause by itself: `just test.`, `(prod)`."""
    before = _BEFORE_LONE.search(part.folded, max(0, start - _LONGEST_BEFORE), start)
    return bool(before and _BEHIND_LONE.match(part.folded, end))


def _stated(part: Part, terms: Terms) -> Iterator[Finding]:
    not_meant = [(seen.start, seen.end) for seen in part.seen.get("environment/not", ())]
    for value in ("test", "production"):
        for seen in part.seen.get(f"environment/{value}", ()):
            if not any(start <= seen.start and seen.end <= end for start, end in not_meant) and _alone(
                part, seen.start, seen.end
            ):
                yield Finding("environment", value, part.where, 1.0, _note(part, seen.start, terms), seen.start)


def _note(part: Part, start: int, terms: Terms) -> str:
    """`denied` behind `but not in`, `amiss` behind a verb and `not in`; else whether it is said to fail or to work there."""
    for seen in part.seen.get("environment/denied", ()):
        if seen.end <= start <= seen.end + 1:
            before = _LAST_WORD.search(part.folded, max(0, seen.start - 20), seen.start)
            return "amiss" if before and before[1] not in terms.no_verbs else "denied"
    return _NOTES[terms.outcomes.said(part, start)]


def _alone(part: Part, start: int, end: int) -> bool:
    """A word inside an address, id or key (`test-123`, `shop.test`, `"test": 1`) states nothing."""
    before, after = part.text[max(0, start - 1) : start], part.text[end : end + 2]
    joined = after[:1] in "-_/=@" and after[1:2].isalnum() and bool(after)
    return (
        before not in ("-", "_", ".", "/", "@", "=", '"', "#", "\\")
        and not joined
        and not (after[:1] == "." and after[1:2].isalnum())
    )


def _inferred(part: Part, terms: Terms) -> Iterator[Finding]:
    for value, hosts in terms.hosts.items():
        for host in hosts:
            if host in part.folded and (start := _host(part.folded, host)) >= 0:
                yield Finding("environment", value, Where.REQUEST, 0.9, "inferred", start)


def _host(text: str, host: str) -> int:
    """Where a host or a path stands that is no part of a longer name; -1 when it does not."""
    start = text.find(host)
    for _ in range(_HOST_HITS):
        before = text[start - 1 : start]
        if start < 0 or host[0] == "/" or not (before.isalnum() or before in ("-", ".")):
            return start
        start = text.find(host, start + 1)
    return -1
