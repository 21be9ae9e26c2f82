"""Which parts of a mail are its text: alternatives chosen, forwarded mails and winmail.dat opened, files listed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from triage.domain import Attachment
from triage.mail import attachments, headers, html, mime, plain, tnef
from triage.mail.charsets import decode, repair
from triage.mail.mime import Part

__all__ = ["Body", "read"]

MAX_CHARS = 400_000
MAX_ATTACHMENTS = 200
MAX_FORWARDED = 5
MAX_ATTACHED_TEXT = 1024 * 1024
MAX_WINMAIL = 16 * 1024 * 1024

_BODY_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})
_MESSAGES = frozenset({"message/rfc822", "message/global"})
# A plain part that only points at the HTML part.
_STUB = re.compile(
    r"html|browser|nettleser|webbläsare|web-?version|selain|(?:view|vis|visa|se|open) (?:this|denne|e-?mail|e-?post)|"
    r"can(?:not|'t) (?:read|display|view)|støtter ikke|stöder inte|understøtter ikke|ei tue"
)
_STUB_LIMIT = 400  # characters


@dataclass(slots=True)
class Body:
    """What the parts gave: pieces of own text, mails passed on, and files."""

    texts: list[str] = field(default_factory=list)
    forwarded: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    budget: int = MAX_ATTACHED_TEXT

    @property
    def text(self) -> str:
        return "\n\n".join(filter(None, self.texts))[:MAX_CHARS]


def read(root: Part) -> Body:
    """Text, forwarded mails and attachments of a mail; never raises, the tree's depth is capped already."""
    body = Body()
    _visit(root, body, report=root.content_type == "multipart/report")
    if not body.forwarded and not body.text.strip():
        _fall_back(root, body)
    return body


def _visit(part: Part, body: Body, *, report: bool = False, files_only: bool = False) -> None:
    kind = part.content_type
    if kind == "multipart/alternative" and part.children:
        chosen = _chosen(part.children)
        for child in part.children:
            _visit(child, body, report=report, files_only=files_only or child is not chosen)
    elif part.children and kind not in _MESSAGES:
        for child in part.children:
            _visit(child, body, report=report, files_only=files_only)
    elif _is_text(part):
        if not files_only:
            body.texts.append(text_of(part))
    elif kind in _MESSAGES:
        _message(part, body, unwrap=not report and not files_only)
    elif not (files_only and kind.startswith("text/") and not attachments.is_named(part)):
        _file(part, body)


def _is_text(part: Part) -> bool:
    kind = part.content_type
    if kind.startswith("multipart/"):  # without any boundary in it
        return not part.unopened
    return kind in _BODY_TYPES and not attachments.is_named(part)


def text_of(part: Part) -> str:
    """The part as readable lines."""
    if part.text is None:
        part.text = _read(part)
    return part.text


def _read(part: Part) -> str:
    if part.content_type in ("text/plain", "") or part.content_type.startswith("multipart/"):
        return plain.text_of(part)
    return repair(html.to_text(decode(part.content(2 * html.MAX_CHARS), part.params.get("charset"))))


def _chosen(children: list[Part]) -> Part | None:
    """The alternative to read: plain text, unless it is empty or only points at the HTML."""
    plain_one = next((child for child in children if _leaf(child, "text/plain")), None)
    html_one = next((child for child in reversed(children) if _leaf(child, "text/html")), None)
    if plain_one is None or html_one is None:
        return plain_one or html_one or children[0]
    leaf = _leaf(plain_one, "text/plain")
    said = text_of(leaf).strip() if leaf else ""
    if said and not (len(said) < _STUB_LIMIT and _STUB.search(said.lower())):
        return plain_one
    other = _leaf(html_one, "text/html")
    more = text_of(other).strip() if other else ""
    return html_one if len(more) > len(said) else plain_one


def _leaf(part: Part, kind: str) -> Part | None:
    """The first text of a type in a part, attached files apart."""
    if part.content_type == kind:
        return None if attachments.is_named(part) else part
    if not part.content_type.startswith("multipart/"):
        return None
    return next((found for child in part.children if (found := _leaf(child, kind))), None)


def _message(part: Part, body: Body, *, unwrap: bool) -> None:
    """A mail within the mail: listed, and its text read as forwarded content."""
    inner = part.children[0] if part.children else None
    subject = headers.text(inner.header("subject")) if inner else ""
    name = attachments.filename(part) or f"{subject[:100] or 'message'}.eml"
    if len(body.attachments) < MAX_ATTACHMENTS:
        body.attachments.append(Attachment(name, part.content_type, part.size()))
    if inner and unwrap and len(body.forwarded) < MAX_FORWARDED:
        body.forwarded.append(_passed_on(inner, body))


def _passed_on(inner: Part, body: Body) -> str:
    """A forwarded mail as text with its particulars on top, as mail programs write it."""
    content = Body(budget=body.budget)
    _visit(inner, content)
    lines = ["---------- Forwarded message ----------"]
    for label in ("From", "Date", "Subject", "To"):
        if value := headers.text(inner.header(label.lower())):
            lines.append(f"{label}: {value[:500]}")
    body.attachments += content.attachments[: MAX_ATTACHMENTS - len(body.attachments)]
    body.budget = content.budget
    deeper = content.forwarded[: MAX_FORWARDED - 1]
    return "\n\n".join(["\n".join(lines), content.text.strip(), *deeper])[:MAX_CHARS]


def _file(part: Part, body: Body) -> None:
    if len(body.attachments) >= MAX_ATTACHMENTS:
        return
    name = attachments.filename(part)
    if tnef.is_container(name, part.content_type):
        _winmail(part, body)
        return
    if name.lower().endswith(".eml") and len(body.forwarded) < MAX_FORWARDED:
        body.attachments.append(_attached_mail(name, part, body))
        return
    found = attachments.describe(part, text_budget=body.budget)
    body.budget -= len(found.text or "")
    body.attachments.append(found)


def _attached_mail(name: str, part: Part, body: Body) -> Attachment:
    """An .eml file under another type: its readable text, not its source."""

    inner = mime.parse(part.content(MAX_ATTACHED_TEXT))
    text = _passed_on(inner, Body(budget=0))[: max(0, body.budget)]
    body.budget -= len(text)
    return Attachment(name, part.content_type, part.size(), text)


def _winmail(part: Part, body: Body) -> None:
    opened = tnef.read(part.content(MAX_WINMAIL))
    body.attachments += opened.attachments[: MAX_ATTACHMENTS - len(body.attachments)]
    text = repair(opened.text or html.to_text(opened.html))
    if text.strip() and not body.text.strip():
        body.texts.append(text)


def _fall_back(root: Part, body: Body) -> None:
    """A mail whose only text is dressed up as a file is read all the same."""
    part = root
    while part.children:
        part = part.children[0]
    if part.content_type in _BODY_TYPES and attachments.is_named(part):
        body.texts.append(text_of(part))
