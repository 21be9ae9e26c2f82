"""HTML mail to text: what a reader would see, with quoted mail marked as in plain text. Home of selectolax.

`to_text` gives the whole mail; containers that mail programs put around history come out as `> ` lines or below
an `-----Original Message-----` line, signature blocks below `-- `. So history is told apart in one place only,
`triage.mail.quotes`, for HTML and plain text alike.
"""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

from triage.mail import quotes
from triage.mail.charsets import storable
from triage.mail.html_walk import Walk

__all__ = ["new_text", "to_text"]

MAX_CHARS = 400_000
MAX_TAGS = 20_000  # the parser's time grows with the square of the nesting
_LONG_TAG = re.compile(r"<[^<]{8000}")  # and of the attributes of one tag


def new_text(html: str) -> str:
    """What the sender wrote, without quoted mail and signature."""
    return quotes.split(to_text(html)).new


def to_text(html: str) -> str:
    """The visible text, history marked by `> ` or `-----Original Message-----`; linear time, never raises."""
    html = storable(html[:MAX_CHARS])
    if _too_hard(html):
        return _without_tags(html)
    root = LexborHTMLParser(html).root
    return Walk().text(root) if root is not None else _without_tags(html)


def _too_hard(html: str) -> bool:
    """Whether the parser would need seconds: very many tags, or a tag with very many attributes."""
    if html.count("<") > MAX_TAGS:
        return True
    return any(_many_attributes(found[0]) for found in _LONG_TAG.finditer(html))


def _many_attributes(start: str) -> bool:
    tag, closed, _ = start.partition(">")
    quoted = tag.count('"') % 2 or tag.count("'") % 2
    return (not closed or bool(quoted)) and len(start.split()) > 400


_DROPPED = re.compile(r"<(script|style|head|title)\b[^>]*>|</(script|style|head|title)\s*>|<!--|-->", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6])\b[^<>]{0,2000}>", re.IGNORECASE)


def _without_tags(html: str) -> str:
    """Text by dropping everything that looks like a tag: not pretty, but linear."""
    visible, hidden, at = [], "", 0
    for found in _DROPPED.finditer(html):
        if not hidden:
            visible.append(html[at : found.start()])
            hidden = (found[1] or ("--" if found[0] == "<!--" else "")).lower()
        elif (found[2] or found[0][:2]).lower() == hidden:
            hidden = ""
        at = found.end()
    if not hidden:
        visible.append(html[at:])
    text = _TAG.sub(" ", _BREAK.sub("\n", "".join(visible)))
    text = storable(unescape(text)).replace("\xa0", " ")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
