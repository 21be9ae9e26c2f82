"""What the markup of mail programs says: hidden, quoted, signature, separator. Pure looks at single elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from triage.mail import quote_attribution, quote_headers
from triage.mail import quote_words as words
from triage.mail.charsets import storable

__all__ = [
    "Kind",
    "bold_header",
    "forwarded",
    "header_follows",
    "hidden",
    "kind",
    "link_note",
    "plain_quote",
    "preformatted",
    "render",
    "tight",
    "trimmed",
    "whole",
]

MAX_DEPTH = 20  # of quote marks written
Attributes = dict[str, str | None]


class Kind(Enum):
    """What an element is to the reader of a thread."""

    NONE = "none"
    QUOTE = "quote"  # holds history
    WRAPPER = "wrapper"  # holds the attribution and a blockquote; history itself when there is no blockquote
    MAYBE = "maybe"  # a blockquote that nobody signed: history or an indented passage
    BELOW = "below"  # history begins here and goes on to the end
    RULE = "rule"  # a line above: history begins here when a header block follows
    SIGNATURE = "signature"


class _TextLine(Protocol):
    text: str
    depth: int
    signature: bool
    separator: bool
    verbatim: bool


_HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all|max-height:0(?![.\d])|opacity:0(?![.\d])")
_NO_MARGIN = re.compile(r"(?:^|;)margin:0|margin-bottom:0|margin-top:0")
_NO_BAR = re.compile(r"border-left:(?:none|0|medium)")
_RULE = re.compile(r"border-top:[^;]*solid|border-top-style:solid|border-width:1(?:\.0)?pt(?:medium|none|0)")


def _style(attributes: Attributes) -> str:
    return _plain((attributes.get("style") or "")[:2_000])


@lru_cache(512)  # mail programs repeat a few styles from paragraph to paragraph
def _plain(style: str) -> str:
    return style.lower().replace(" ", "").replace("\n", "").replace("\r", "")


def hidden(attributes: Attributes) -> bool:
    """Whether no reader sees the element (preheaders of newsletters and notifications)."""
    return "hidden" in attributes or ("style" in attributes and bool(_HIDDEN.search(_style(attributes))))


def tight(attributes: Attributes) -> bool:
    """Whether a paragraph has no distance to the next one (Outlook's MsoNormal, margin:0)."""
    if (attributes.get("class") or "").lower().removeprefix("x_").startswith("mso"):
        return True
    return "style" in attributes and bool(_NO_MARGIN.search(_style(attributes)))


def preformatted(attributes: Attributes) -> bool:
    return "style" in attributes and "white-space:pre" in _style(attributes)


def whole(value: str | None, default: int) -> int:
    """A small whole number from an attribute."""
    return int(value) if value and value.isdecimal() and len(value) < 6 else default


_QUOTE_NAMES = frozenset(
    [
        "gmail_attr",
        "moz-cite-prefix",
        "protonmail_quote",
        "yahoo_quoted",
        "zmail_extra",
        "tutanota_quote",
        "ymail_android_signature_quote",
        "moz-email-headers-table-quote",
        "skiff_quote",
        "quoted-text",
        "history_container",
        "wdz_quote",
        "hmquote",
        "freebirdemailquote",
        "replied-message",
        "gmail_quote_attribution",
        "superhuman-quote",
        "front-quote",
    ]
)
_BELOW_IDS = frozenset(
    [
        "divrplyfwdmsg",
        "appendonsend",
        "stopspelling",
        "olk_src_body_section",
        "mail-editor-reference-message-container",
        "outlookmessageheader",
        "zwchr",
        "reply-intro",
        "_originalcontent",
        "response_div_spc",
    ]
)
_WRAPPER_NAMES = frozenset(["gmail_quote", "gmail_quote_container", "messagereplysection", "quote"])
_SIGNATURE_NAMES = frozenset(
    [
        "gmail_signature",
        "moz-signature",
        "signature",
        "ms-outlook-mobile-signature",
        "applemailsignature",
        "protonmail_signature_block",
        "tutanota_signature",
        "zimbra_signature",
        "ymail_android_signature",
        "signature_block",
        "messagesignaturesection",
    ]
)


def kind(tag: str, attributes: Attributes) -> Kind:
    """What this element means for the thread, by its names alone."""
    names = [name.removeprefix("x_") for name in (attributes.get("class") or "").lower()[:500].split()]
    identity = (attributes.get("id") or "").lower().removeprefix("x_")
    if identity in _BELOW_IDS or "ms-outlook-mobile-reference-message" in names:
        return Kind.BELOW
    if tag == "blockquote":
        return Kind.QUOTE if _is_signed_quote(names, attributes) else Kind.MAYBE
    told = {identity, (attributes.get("name") or "").lower(), *names}
    if not _WRAPPER_NAMES.isdisjoint(told):
        return Kind.WRAPPER
    if "yahoo_quoted" in identity or not _QUOTE_NAMES.isdisjoint(told) or _is_marked(attributes):
        return Kind.QUOTE
    if not _SIGNATURE_NAMES.isdisjoint(told) or "data-signatureblock" in attributes:
        return Kind.SIGNATURE
    return _by_style(attributes) if tag == "div" and "style" in attributes else Kind.NONE


def _is_marked(attributes: Attributes) -> bool:
    return (attributes.get("data-marker") or "").startswith("__")


def _by_style(attributes: Attributes) -> Kind:
    if _RULE.search(_style(attributes)):
        return Kind.RULE
    return Kind.MAYBE if _has_bar(attributes) else Kind.NONE


def _is_signed_quote(names: list[str], attributes: Attributes) -> bool:
    """Whether a blockquote says itself that it is history."""
    if (attributes.get("type") or "").lower() == "cite" or any("quote" in name for name in names):
        return True
    return _has_bar(attributes)


def _has_bar(attributes: Attributes) -> bool:
    """Whether a line is drawn at the left, as around quoted mail."""
    style = _style(attributes) if "style" in attributes else ""
    return "border-left:" in style and not _NO_BAR.search(style)


# ── looks at the surroundings, all bounded ──────────────────────────────────────────────────────────

_LABELS = "|".join([words.FROM_LABELS, words.DATE_LABELS, words.TO_LABELS, words.SUBJECT_LABELS])
_HEADER = re.compile(rf"[\s*]{{0,6}}(?:{_LABELS})\s{{0,3}}:")


def forwarded(node: Any) -> bool:
    """Whether the element begins with a forwarding line: then it is not history."""
    first = next(_texts(node), "")
    return quote_headers.forwards([first], 0)


def _texts(node: Any, steps: int = 200) -> Iterator[str]:
    """The first pieces of text in an element."""
    for one in islice(node.traverse(include_text=True), steps):
        if one.tag == "-text" and (text := (one.text_content or "").strip()):
            yield text


def _opening(node: Any, limit: int = 200) -> str:
    """The first characters of text in an element."""
    return " ".join(islice(_texts(node), 8))[:limit]


def header_follows(rule: Any) -> bool:
    """Whether the text after a horizontal rule is a mail's header block."""
    return bool(_HEADER.match(_text_after(rule)))


def bold_header(node: Any) -> bool:
    """Whether the element begins with labels in bold (`From:`, in whatever language)."""
    labels = [label.text(deep=True).strip() for label in node.css("b, strong")[:3]]
    opening = _opening(node)
    return len(labels) > 1 and opening.startswith(labels[0][:20]) and all(":" in label for label in labels[:2])


def plain_quote(node: Any, attributes: Attributes, before: str) -> bool:
    """Whether an unsigned blockquote is history: somebody is introduced before it, or nothing comes after it."""
    if quote_attribution.attribution([before[-300:]], 0):
        return True
    return "style" not in attributes and bool(before) and not before.rstrip().endswith(":") and not _text_after(node)


def _text_after(node: Any) -> str:
    """The next text behind the element in reading order; "" when there is none nearby."""
    one = node
    for _ in range(300):
        if one.next is not None:
            one = one.next
            text = one.text_content if one.tag == "-text" else _opening(one, 60)
            if text and text.strip():
                return str(text)
        elif one.parent is not None:
            one = one.parent
        else:
            return ""
    return "…"


# ── links and the finished text ─────────────────────────────────────────────────────────────────────


def link_note(target: str, shown: str) -> str:
    """The address to show behind a link's text; "" when the text says it already."""
    url = "".join(storable(_unwrapped(target[:2_000])).split())
    lower = url.lower()
    if lower.startswith("mailto:"):
        address = url[7:].partition("?")[0]
        return "" if "@" in shown or not shown.strip() else address
    if not lower.startswith(("http://", "https://")) or not shown.strip():
        return ""
    return "" if _bare(url) in _bare(shown) else url


def _bare(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[/\s]+$", "", url.strip().lower().replace("&amp;", "&"))


_PROTECTED = re.compile(r"https?://[\w.-]{0,60}\bsafelinks\.", re.IGNORECASE)


def _unwrapped(url: str) -> str:
    """The real address behind Outlook's link protection."""
    if not _PROTECTED.match(url):
        return url
    try:
        return parse_qs(urlsplit(url).query, max_num_fields=20).get("url", [url])[0]
    except ValueError:
        return url


def trimmed(lines: Sequence[Any]) -> list[Any]:
    """Lines without empty ones at both ends."""
    first, last = 0, len(lines)
    while first < last and not lines[first].text and not lines[first].separator:
        first += 1
    while last > first and not lines[last - 1].text and not lines[last - 1].separator:
        last -= 1
    return list(lines[first:last])


def render(lines: Sequence[_TextLine]) -> str:
    """The finished text; runs of empty lines shrink to one, except in preformatted passages."""
    marked = _marked_signature(lines)
    out: list[str] = []
    for index, line in enumerate(lines):
        if line.separator:
            if any(later.text for later in lines[index:]):
                out += ["", "-----Original Message-----"]
            continue
        if index == marked and not (out and out[-1].strip() in ("--", "—")):
            out.append("-- ")
        text = ">" * min(MAX_DEPTH, line.depth) + (" " + line.text if line.depth and line.text else line.text)
        if text or line.verbatim or (out and out[-1]):
            out.append(text)
    return "\n".join(out).strip("\n")


def _marked_signature(lines: Sequence[_TextLine]) -> int:
    """Where the signature block begins: the last one that no own text follows; -1 when there is none."""
    found = -1
    for index, line in enumerate(lines):
        if line.separator:
            break
        if line.signature and line.text.strip():
            found = index if found < 0 else found
        elif line.text.strip() and not line.depth:
            found = -1
    return found
