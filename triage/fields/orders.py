"""What a mail about a plugin or a new customer relationship gives: the plugin with its version, and how it was ordered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.parts import Part
from triage.fields.terms import Terms

_VERSION = re.compile(r"(?<![\d.])v?(?P<number>\d{1,3}(?:\.\d{1,4}){1,3})(?![\d])")
_REACH = 40  # characters between a plugin's name and its version
_HEADER = re.compile(r"vipps-system-plugin-version[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?P<number>[\w.-]{1,30})")


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Plugins whose version is given, and the door through which a customer ordered (`portal`, `partner`)."""
    return [finding for part in parts for finding in (*_plugins(part), *_doors(part, terms))]


def _plugins(part: Part) -> Iterator[Finding]:
    for seen in part.seen.get("plugin", ()):
        behind = part.text[seen.end : seen.end + _REACH].partition("\n")[0]
        if match := _VERSION.search(behind):
            name = part.text[seen.start : seen.end]
            yield Finding("plugin", f"{name} {match['number']}", part.where, 1.0, "", seen.start)
    if match := _HEADER.search(part.folded):
        yield Finding("plugin", match["number"], part.where, 1.0, "header", match.start())


def _doors(part: Part, terms: Terms) -> Iterator[Finding]:
    for door in ("portal", "partner") if part.seen else ():
        for seen in part.seen.get(f"ordered/{door}", ()):
            begin, end = part.line(seen.start)
            if any(word in part.folded[begin:end] for word in terms.order_words):
                yield Finding("ordered_through", door, part.where, 1.0, "", seen.start)
                break
