"""Recognises what mail clients write above history: attributions, header blocks, rules, forward marks.

Every pattern runs over a bounded piece of text, so time is linear in the body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from triage.mail import quote_words as words

LONGEST: Final = 600  # characters of an attribution, wrapped lines joined
WRAPPED: Final = 5  # lines an attribution may take
BLOCK: Final = 14  # lines a header block may take

_VERB = re.compile(rf"(?<!\w)(?:{words.VERBS})(?!\w)", re.IGNORECASE)
_VERB_LAST = re.compile(rf"(?:{words.VERBS})\W{{0,6}}$", re.IGNORECASE)
_OPENER = re.compile(rf"(?:(?:{words.OPENERS})(?=[\s\d])|(?i:{words.WEEKDAYS})[^\W\d_]{{0,8}}[.,]*\s|\d)")
_NAMED = re.compile(r"[^<>@:]{0,60}[<(\[]{1,2}(?:mailto:)?[^<>\s]{1,80}@[^<>\s]{1,80}[>)\]]")
_NAME_VERB = re.compile(rf"(?:[^\W\d_a-zæøåäöü][\w.'’-]{{0,30}}\s){{1,4}}(?:{words.VERBS})\s")
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}|\[mailto:")
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)")
_DAY = re.compile(rf"\b(?:{words.WEEKDAYS})[^\W\d_]{{0,8}}\b|\d{{1,2}}\.? [^\W\d_]{{3,10}}", re.IGNORECASE)
_SHARED = re.compile(r"(\S.{0,300}?\w)([\s-]{1,9}(?:On|Den|Am|Le|Op|El|Em) .{10,250})$")
_VERB_CLOSES = re.compile(rf">\s?(?:{words.VERBS})", re.IGNORECASE)
_PAYLOAD = re.compile(r"\s*(?:[{]|\[\s*[{\"\]]|<\?xml|<[a-z]+[:>]|HTTP/|curl |(?:GET|POST|PUT|PATCH|DELETE) )")

_FENCED = re.compile(r"^[\s>*]*([-_=*]{2,})\s*(\S.{0,90}?)\s*([-_=*]{2,})\s*$")
_ORIGINAL = re.compile(rf"^[\W_]*(?:{words.ORIGINALS})\b", re.IGNORECASE)
_FORWARD = re.compile(rf"(?<!\w)(?:{words.FORWARDS})", re.IGNORECASE)
_ABOVE = re.compile(rf"(?:{words.ABOVE_THIS_LINE})", re.IGNORECASE)
_RULE = re.compile(r"^[\s*]*(?:_{4,}|-{4,}|={4,}|\*{4,}|─{3,}|—{3,})[\s*]*$")

_ROLES: Final = {
    "from": words.FROM_LABELS,
    "date": words.DATE_LABELS,
    "to": words.TO_LABELS,
    "subject": words.SUBJECT_LABELS,
    "other": words.OTHER_LABELS,
    "wire": words.WIRE_LABELS,
}
_ROLE_OF: Final = {label: role for role, labels in _ROLES.items() for label in labels.split("|")}
_LABELLED = re.compile(r"^[\s*_]{0,6}([^\W\d_][\w -]{0,28}?)\s?[*_]{0,2}\s?[::]\s?[*_]{0,2}(.{0,300})")

_HTTP_LINE = re.compile(r"^[>\s]{0,4}(?:[A-Z]{3,8}:? ?(?:/|https?://)\S|HTTP/\d)")
_DIFF_MARK = re.compile(r"^\d+(?:,\d+)?[acd]\d+(?:,\d+)?\s*$")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above history: lines `start` to `stop`; `to_the_end` when no `>` marks the history below."""

    start: int
    stop: int
    to_the_end: bool


def find(lines: Sequence[str], at: int) -> Header | None:
    """The header of history that begins at line `at`, if one does."""
    line = lines[at]
    if not line.strip() or len(line) > LONGEST:
        return None
    if _original(line) or _block(lines, at):
        return Header(_with_rule_above(lines, at), at + 1, to_the_end=True)
    stop = _attribution(lines, at)
    if stop is None:
        return None
    below = _filled(lines, stop)
    if below < len(lines) and lines[below].lstrip(" ").startswith(">"):
        return Header(at, below, to_the_end=False)
    if below < len(lines) and _PAYLOAD.match(lines[below]):
        return None
    return Header(at, stop, to_the_end=True)


def forwards(lines: Sequence[str], at: int) -> bool:
    """Whether line `at` says that a forwarded mail follows."""
    line = lines[at]
    if len(line) > 120 or not _FORWARD.search(line):
        return False
    return bool(_FENCED.match(line)) or line.rstrip().endswith(":")


def not_history(lines: Sequence[str], start: int, stop: int) -> bool:
    """Whether the `>` lines from `start` to `stop` are a dump, a diff, a prompt, a lone bracket or a forward."""
    first = next((index for index in range(start, stop) if lines[index].strip(" >")), None)
    if first is None:
        return _closes_markup(lines, start)
    inner = lines[first].lstrip(" >")
    if forwards([inner], 0):
        return True
    return (
        _is_wire(lines[start]) or _is_diff(lines, start) or all(line.startswith(">>> ") for line in lines[start:stop])
    )


def _closes_markup(lines: Sequence[str], at: int) -> bool:
    """Whether a lone `>` ends a tag begun above it."""
    return at > 0 and bool(re.search(r"<\w|=[\"']", lines[at - 1][:LONGEST]))


def _is_wire(line: str) -> bool:
    """Whether `>` lines begin like those of `curl -v`: with a call."""
    return bool(_HTTP_LINE.match(line[:LONGEST]))


def _is_diff(lines: Sequence[str], at: int) -> bool:
    above = lines[at - 1].rstrip() if at else ""
    return bool(_DIFF_MARK.match(above)) or (above == "---" and at > 1 and lines[at - 2].startswith("<"))


def _filled(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _original(line: str) -> bool:
    if len(line) > 120:
        return False
    fenced = _FENCED.match(line)
    return bool(fenced and (_ORIGINAL.match(fenced[2]) or _ABOVE.search(fenced[2]))) or bool(
        line.lstrip().startswith(("##", "--")) and _ABOVE.search(line)
    )


def _with_rule_above(lines: Sequence[str], at: int) -> int:
    """The rule that a client draws above its header block, one line ("Message of ...") between them allowed."""
    between = 0
    for above in range(at - 1, max(-1, at - 5), -1):
        if _RULE.match(lines[above][:300]):
            return above
        between += bool(lines[above].strip())
        if between > 1 or (lines[above].strip() and not _LABELLED.match(lines[above])):
            break
    return at


def break_off(line: str) -> tuple[str, str] | None:
    """Own words and the attribution that a client put behind them on the same line."""
    match = _SHARED.match(line) if len(line) <= LONGEST and line.rstrip().endswith(":") else None
    if match is None or not _is_attribution(match[2].strip(" -")):
        return None
    return match[1], match[2]


def _block(lines: Sequence[str], at: int) -> bool:
    """Whether a client's header block begins at `at`: three or more roles, the sender among them."""
    first = _role(lines[at])
    if first is None or first[0] not in ("from", "date", "to", "subject") or _wire_above(lines, at):
        return False
    roles: dict[str, str] = {}
    strangers = 0
    for line in lines[at : at + BLOCK]:
        found = _role(line)
        if found is None:
            strangers += 1
            if strangers > 2:
                break
            continue
        role, value = found
        if role == "wire":
            return False
        roles.setdefault(role, value)
        strangers = 0
    return _is_client_block(roles)


def _is_client_block(roles: dict[str, str]) -> bool:
    named = {"from", "date", "to", "subject"} & roles.keys()
    sender = roles.get("from", "")
    if len(named) < 3 or not re.search(r"[^\W\d_]{2}", sender):
        return False
    return bool(_ADDRESS.search(sender)) or bool(re.search(r"\d", roles.get("date", ""))) or "subject" in roles


def _wire_above(lines: Sequence[str], at: int) -> bool:
    if at == 0:
        return False
    above = lines[at - 1][:LONGEST]
    role = _role(above)
    return bool(_HTTP_LINE.match(above)) or (role is not None and role[0] == "wire")


def _role(line: str) -> tuple[str, str] | None:
    match = _LABELLED.match(line[:LONGEST].replace("\xa0", " "))
    role = _ROLE_OF.get(match[1].strip()) if match else None
    return (role, match[2].strip()) if match and role else None


def _attribution(lines: Sequence[str], at: int) -> int | None:
    """The line after the attribution that begins at `at`, wrapped or not."""
    first = lines[at].strip(" \t-–—*_>\xa0")
    if not (_OPENER.match(first) or _NAMED.match(first) or _NAME_VERB.match(first) or _fenced_verb(lines[at])):
        return None
    joined = ""
    for index in range(at, min(at + WRAPPED, len(lines))):
        line = lines[index].strip()
        if line.startswith(">") and not _VERB_CLOSES.match(line):
            return None
        joined = f"{joined} {line}" if joined else line
        if len(joined) > LONGEST:
            return None
        if _is_attribution(joined):
            return index + 1
        if not line and not _address_follows(lines, index):
            return None
    return None


def _address_follows(lines: Sequence[str], blank: int) -> bool:
    return blank + 1 < len(lines) and lines[blank + 1].lstrip().startswith("<")


def _fenced_verb(line: str) -> bool:
    fenced = _FENCED.match(line)
    return bool(fenced and _VERB_LAST.search(fenced[2][-24:]))


def _is_attribution(joined: str) -> bool:
    """Whether joined lines say who wrote what follows; the more a mail client would write, the surer."""
    if _fenced_verb(joined):
        return True
    text = joined.strip(" \t-–—*_\xa0").replace("&lt;", "<").replace("&gt;", ">")
    if not text.endswith((":", ":")):
        return bool(_VERB_LAST.search(text[-24:]) and _DATE.search(text) and _CLOCK.search(text))
    address = bool(_ADDRESS.search(text))
    date, clock = bool(_DATE.search(text)), bool(_CLOCK.search(text))
    if _VERB.search(text):
        return address or date or (clock and bool(_DAY.search(text)))
    return date and clock and address
