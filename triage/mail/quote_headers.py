"""Recognises what mail clients write above history: attributions, header blocks, rules, forward marks.

Every pattern runs over a bounded piece of text, so time is linear in the body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from triage.mail import quote_words as words
from triage.mail.quote_attribution import LONGEST, WRAPPED, attribution, closes, names_somebody

BLOCK: Final = 16  # lines a header block may take

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}|\[mailto:")
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
_FIRST: Final = frozenset(("from", "date", "to", "subject"))  # roles with which a client's block begins
_FIRST_LABELS: Final = frozenset(label for label, role in _ROLE_OF.items() if role in _FIRST)
_DRAWN: Final = frozenset(">-_=*#")  # what marks, rules and fences are drawn with
_AROUND_LABEL: Final = words.BLANKS + "*_->"
_ANY_LABEL = re.compile(rf"(?<!\S)\*?({'|'.join(sorted(_ROLE_OF, key=len, reverse=True))})\s?:")
_LABELLED = re.compile(r"^[\s*_]{0,6}([^\W\d_][\w -]{0,28}?)\s?[*_]{0,2}\s?[:\uff1a]\s?[*_]{0,2}(.{0,300})")

_HTTP_LINE = re.compile(r"^[>\s]{0,4}(?:[A-Z]{3,8}:? ?(?:/|https?://)\S|HTTP/\d)")
_COMMAND = re.compile(
    rf"^> ?(?:{words.COMMANDS})(?:\s|$)|^> [\w@/.-]{{1,60}}@\d{{1,4}}\.\d{{1,4}}\.\d{{1,4}}\S* \w"
)  # "> shop@1.0.0 start" is npm's
_LOG_LINE = re.compile(r"^\W{0,3}\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^\W{0,3}\d\d:\d\d:\d\d\D")
_DIFF_MARK = re.compile(r"^\d+(?:,\d+)?[acd]\d+(?:,\d+)?\s*$")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above history: lines `start` to `stop`; `to_the_end` when no `>` marks the history below."""

    start: int
    stop: int
    to_the_end: bool


def marks(lines: Sequence[str]) -> bytes:
    """A 1 for each line that begins with `>`, a 0 for each other."""
    return bytes([line.startswith(">") for line in lines])


def beginnings(lines: Sequence[str], marked: bytes) -> list[int]:
    """The lines at which a header of history, a forward or a run of `>` lines can begin; all others begin nothing."""
    heads = [at for at, mark in enumerate(marked) if not mark or not at or not marked[at - 1]]
    near = {above for at in heads if closes(lines[at]) for above in range(_first(lines, at), at + 1)}
    return [
        at
        for at in heads
        if (bare := lines[at].lstrip()) and (at in near or bare[0] in _DRAWN or _may_be_label(lines[at]))
    ]


def _first(lines: Sequence[str], last: int) -> int:
    """The first line at which an attribution can begin that ends with line `last`."""
    first = max(0, last - WRAPPED + 1)
    return first if names_somebody(" ".join(lines[first : last + 1])) else last


def _may_be_label(line: str) -> bool:
    """Whether a line begins with the first label of a block, whatever is drawn around it."""
    if ":" not in line and "\uff1a" not in line:
        return False
    label = line.replace("\uff1a", ":").partition(":")[0]
    return label.replace("\xa0", " ").strip(_AROUND_LABEL) in _FIRST_LABELS


def find(lines: Sequence[str], at: int) -> Header | None:
    """The header of history that begins at line `at`, if one does."""
    line = lines[at]
    if not line.strip() or len(line) > LONGEST:
        return None
    label = _role(line.lstrip(" _-*>"))
    if _original(line) or (label and (_block(lines, at, label[0]) or _flat_block(line, label[0]))):
        return Header(_with_rule_above(lines, at), at + 1, to_the_end=True)
    found = attribution(lines, at)
    if found is None:
        return None
    below = _filled(lines, found.stop)
    marked = below < len(lines) and lines[below].lstrip(" ").startswith(">")
    if marked and (found.sure or not not_history(lines, below, below + 1)):
        return Header(at, below, to_the_end=False)
    if marked or not found.sure or (below < len(lines) and _PAYLOAD.match(lines[below])):
        return None
    return Header(at, found.stop, to_the_end=True)


def forwards(lines: Sequence[str], at: int) -> bool:
    """Whether line `at` says that a forwarded mail follows."""
    line = lines[at]
    if len(line) > 120:
        return False
    announced = line.rstrip().endswith(":") and len(line.split()) <= 5
    return (announced or bool(_FENCED.match(line))) and bool(_FORWARD.search(line))


def not_history(lines: Sequence[str], start: int, stop: int) -> bool:
    """Whether the `>` lines from `start` to `stop` are a dump, a diff, a prompt, a lone bracket or a forward."""
    first = next((index for index in range(start, stop) if lines[index].strip(" >")), None)
    if first is None:
        return _closes_markup(lines, start)
    above = lines[start - 1] if start else ""
    return (
        forwards([lines[first].lstrip(" >")], 0)
        or _is_wire(lines[start])
        or bool(_COMMAND.match(lines[start][:LONGEST]))
        or bool(_LOG_LINE.match(above[:LONGEST]))
        or _is_diff(lines, start)
        or all(line.startswith(">>> ") for line in lines[start:stop])
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


def _block(lines: Sequence[str], at: int, first: str) -> bool:
    """Whether a client's header block begins at `at`: three or more roles, the sender among them."""
    if first not in ("from", "date", "to", "subject") or _wire_above(lines, at):
        return False
    roles: dict[str, str] = {}
    role, strangers = "", 0
    for line in lines[at : at + BLOCK]:
        found = _role(line)
        if found is None and role and not roles[role]:
            roles[role] = line.strip()[:LONGEST]  # a table has the value below its label
        elif found is None:
            strangers += 1
            if strangers > 2:
                break
        elif found[0] == "from" and "from" in roles:
            break
        else:
            role, strangers = found[0], 0
            roles.setdefault(role, found[1])
    return "wire" not in roles and _is_client_block(roles)


def _is_client_block(roles: dict[str, str]) -> bool:
    sender, date = roles.get("from", ""), roles.get("date", "")
    if len({"from", "date", "to", "subject"} & roles.keys()) < 3 or not re.search(r"[^\W\d_]{2}", sender):
        return False
    address, dated = bool(_ADDRESS.search(sender)), bool(re.search(r"\d", date))
    return (address or dated) if "subject" in roles else (address and dated)


def _flat_block(line: str, first: str) -> bool:
    """Whether a block was flattened to one line: `From: ... Sent: ... To: ... Subject: ...`."""
    if first != "from":
        return False
    roles = {_ROLE_OF[label] for label in _ANY_LABEL.findall(line)}
    return {"date", "subject"} <= roles and "wire" not in roles


def _wire_above(lines: Sequence[str], at: int) -> bool:
    if at == 0:
        return False
    above = lines[at - 1][:LONGEST]
    role = _role(above)
    return bool(_HTTP_LINE.match(above)) or (role is not None and role[0] == "wire")


def _role(line: str) -> tuple[str, str] | None:
    if ":" not in line and "\uff1a" not in line:
        return None
    match = _LABELLED.match(line[:LONGEST].replace("\xa0", " "))
    role = _ROLE_OF.get(match[1].strip()) if match else None
    return (role, match[2].strip()) if match and role else None
