"""JSON that was escaped on its way: `&quot;orderId&quot;`, `\\u0022orderId\\u0022`, `%22orderId%22%3A`, `""orderId"":`.

Ticket systems, logs, query strings, tables and mails passed on as source (`orderId=3DA-1`) do that. It is read, and
masked, as it was before. A text without such signs stays as it is: addresses hold `&` and `%` for good reasons.
"""

from __future__ import annotations

import re
from dataclasses import replace

from triage.domain import InboundMail

# One of them stands in every escaped text, each with a sign of its own, as one sign is looked for fastest.
_HINTS = (("&", "&"), ("\\", "u0022"), ("%", "%22"), ("=", "=3D"), ('"', '""'))
_HTML_SIGN = re.compile(r"&(?:amp;){0,2}(?:quot|apos|lt|#34|#39|#x22|#x27);", re.IGNORECASE)
_HTML = re.compile(r"&(?:amp;){0,2}(?P<name>quot|apos|lt|gt|amp|nbsp|#34|#39|#x22|#x27);", re.IGNORECASE)
_SIGNS = {"apos": "'", "lt": "<", "gt": ">", "amp": "&", "nbsp": " ", "#39": "'", "#x27": "'"}  # the others are quotes
_UNICODE = re.compile(r"\\{1,2}u00(?P<code>22|26|27|3a|3c|3e|5b|5d|7b|7d)", re.IGNORECASE)
_WORD = re.compile(r"[^\s&\"'<>]+")
_KEY = re.compile(r"%22(?:%20|\+)?(?:%3a|:)", re.IGNORECASE)
_PERCENT = re.compile(r"%(?P<code>20|22|2c|2f|3a|5b|5d|7b|7d)", re.IGNORECASE)
_SOFT_BREAK = re.compile(r"=\r?\n")
_DOUBLED = re.compile(r"\"\"(?P<inside>[^\"\n,:\s][^\"\n]{0,200})\"\"(?=[\s:,}\]])")


def unescaped(mail: InboundMail) -> InboundMail:
    """The mail with its escaped JSON made plain."""
    texts = (mail.subject, mail.new, mail.quoted, mail.signature, *(one.text or "" for one in mail.attachments))
    if not any(sign in text and hint in text for text in texts for sign, hint in _HINTS):
        return mail
    return replace(
        mail,
        subject=_plain(mail.subject),
        new=_plain(mail.new),
        quoted=_plain(mail.quoted),
        signature=_plain(mail.signature),
        attachments=tuple(
            replace(attachment, text=_plain(attachment.text)) if attachment.text else attachment
            for attachment in mail.attachments
        ),
    )


def _plain(text: str) -> str:
    if "&" in text and _HTML_SIGN.search(text):
        text = _HTML.sub(lambda match: _SIGNS.get(match["name"].lower(), '"'), text)
    if "u0022" in text:
        text = _UNICODE.sub(_of_code, text)
    if "%22" in text:
        text = _WORD.sub(_of_address, text)
    if text.count("=3D") > 1:
        text = _SOFT_BREAK.sub("", text).replace("=3D", "=")
    return _DOUBLED.sub(r'"\g<inside>"', text) if '""' in text else text


def _of_address(word: re.Match[str]) -> str:
    """JSON inside a query string or a form; what holds no key is an address."""
    return _PERCENT.sub(_of_code, word.group()) if _KEY.search(word.group()) else word.group()


def _of_code(match: re.Match[str]) -> str:
    return chr(int(match["code"], 16))
