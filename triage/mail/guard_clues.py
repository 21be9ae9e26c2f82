"""A mail prepared for the guard's checks, and what those checks share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from triage.domain import InboundMail
from triage.mail import quote_headers

OPENING: Final = 1500  # characters of a body that the checks of wording read
_ATTACHED: Final = frozenset({"message/rfc822", "message/global"})


@dataclass(frozen=True, slots=True)
class Ours:
    """What is ours: mailboxes (lower-case addresses) and the domains of the Message-IDs we write (`vsd-...@domain`)."""

    addresses: frozenset[str] = frozenset()
    message_id_domains: frozenset[str] = frozenset()


class Clues:
    """A mail prepared for the checks: header index, parts of its own, folded subject; the opening when asked for."""

    def __init__(self, mail: InboundMail, ours: Ours) -> None:
        self.mail = mail
        self.ours = ours
        self.headers: dict[str, list[str]] = {}
        for name, value in mail.headers:
            self.headers.setdefault(name, []).append(value.strip())
        self.subject = folded(mail.subject[:500])
        self.types = _own_types(mail.content_types)
        # A daemon may leave out its domain; the reader keeps such a sender as a name.
        self.local = (mail.sender.email or mail.sender.name).partition("@")[0].strip(' <>"').casefold()[:100]

    @cached_property
    def opening(self) -> str:
        text = (self.mail.new or self.mail.quoted)[: 4 * OPENING]
        return folded((_own_words(text) if self.mail.forwarded else text)[:OPENING])

    def values(self, *names: str) -> Iterator[tuple[str, str]]:
        for name in names:
            for value in self.headers.get(name, ()):
                yield name, value

    def first(self, *names: str) -> str:
        """The first header of these that is set to more than "no", as `name: value`."""
        if self.headers.keys().isdisjoint(names):
            return ""
        return next((f"{name}: {value}" for name, value in self.values(*names) if _is_set(value)), "")

    def type_of(self, *starts: str) -> str:
        return next((kind for kind in self.types if kind.startswith(starts)), "")

    def says(self, subject: re.Pattern[str], opening: re.Pattern[str]) -> str:
        """What both the subject and the opening showed, or nothing."""
        above = subject.search(self.subject)
        below = opening.search(self.opening) if above else None
        return f"{above[0]} … {below[0]}" if above and below else ""


def folded(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()


def _own_words(text: str) -> str:
    """The text above a forwarded mail."""
    lines = text.split("\n")
    end = next((at for at in range(len(lines)) if _begins_another(lines, at)), len(lines))
    return "\n".join(lines[:end])


def _begins_another(lines: list[str], at: int) -> bool:
    header = quote_headers.find(lines, at)
    return quote_headers.forwards(lines, at) or (header is not None and header.to_the_end)


def _own_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """The parts before an attached mail: what a forwarded bounce is made of does not count."""
    inner = next((at for at, kind in enumerate(types) if kind.partition(";")[0] in _ATTACHED), None)
    return tuple(kind.casefold() for kind in types[:inner])


def _is_set(value: str) -> bool:
    return value.strip().casefold() not in ("", "no", "false", "0", "none")


def pattern(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{alternatives})")


def without_comments(value: str) -> str:
    """A structured header value without its RFC 5322 comments, nested ones included."""
    if "(" not in value:
        return value[:1000]
    kept, depth = [], 0
    for char in value[:1000]:
        depth += char == "("
        if not depth:
            kept.append(char)
        depth -= char == ")" and depth > 0
    return "".join(kept)
