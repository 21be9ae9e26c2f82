"""Raw bytes → InboundMail. Total: whatever comes, a value goes out; what cannot be read is empty, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from triage.domain import Address, InboundMail
from triage.mail import body, headers, identity, mime, quote_headers, quotes
from triage.mail.charsets import repair, storable
from triage.mail.language import language_of

__all__ = ["parse"]

MAX_HEADERS = 400
MAX_HEADER_CHARS = 200_000  # of all headers together
MAX_BYTES = 60 * 1024 * 1024  # the mail's head is read, what is behind this is not

_TAGS = r"\s*(?:\[[^\[\]]{1,60}\]\s*)*"  # [External], [VSD-12345]
_FORWARD = re.compile(rf"{_TAGS}(?:fwd?|vb|vl|wg|videresendt|vidaresendt|vidarebefordrat)\s?:", re.IGNORECASE)
_FORWARD_OR_ANSWER = re.compile(rf"{_TAGS}vs\s?:", re.IGNORECASE)
_FINNISH_BLOCK = re.compile(r"^\W*(?:Lähettäjä|Lähetetty|Aihe)\s?:", re.MULTILINE)


def parse(raw: bytes) -> InboundMail:
    """One mail, decoded. Never raises; time grows with the size only, and everything that could grow is capped."""
    root = mime.parse(raw[:MAX_BYTES])
    content = body.read(root)
    subject = repair(headers.text(root.header("subject")))[:1_000]
    forward = _is_forward(subject, content.text)
    # A report (RFC 6522) is a machine's text from its first to its last line.
    report = root.content_type == "multipart/report"
    parts = quotes.Split(content.text) if report else quotes.split(content.text, forwarded=forward)
    new = "\n\n".join(filter(None, [parts.new.strip("\n"), *content.forwarded]))
    forwarded = bool(content.forwarded) or (forward and not parts.quoted) or _passed_on(parts.new) is not None
    own = _own_words(parts.new, content.text, forward) if forwarded else ""
    message_id = _first_id(root.header("message-id"))
    to, cc, reply_to = (headers.addresses(_all(root, name)) for name in ("to", "cc", "reply-to"))
    return InboundMail(
        key=identity.key(root, message_id),
        message_id=message_id,
        sender=_sender(root),
        subject=subject,
        new=new,
        quoted=parts.quoted.strip("\n"),
        signature=parts.signature.strip("\n"),
        reply_to=reply_to,
        to=to,
        cc=cc,
        in_reply_to=headers.message_ids(root.header("in-reply-to")),
        references=headers.message_ids(root.header("references")),
        date=headers.date(root.header("date")),
        language=(language_of(own) if own else None) or language_of(f"{subject}\n{new}"),
        attachments=tuple(content.attachments),
        forwarded=forwarded,
        headers=tuple(_headers(root)),
        content_types=tuple(_content_types(root)),
        size=len(raw),
    )


def _is_forward(subject: str, text: str) -> bool:
    """Whether the subject's first mark is that of a forward (`Re: Fwd:` is an answer).

    `VS:` is a forward in Norwegian and Danish, but an answer in Finnish.
    """
    if _FORWARD.match(subject):
        return True
    return bool(_FORWARD_OR_ANSWER.match(subject)) and not _FINNISH_BLOCK.search(text)


def _passed_on(text: str) -> int | None:
    """The line that says that somebody else's mail follows; None when there is none."""
    for index, line in enumerate(text.split("\n")):
        if line.rstrip().endswith((":", "-", "_")) and quote_headers.forwards([line], 0):
            return index
    return None


def _own_words(new: str, text: str, forward: bool) -> str:
    """What stands above a mail that is passed on; read as an answer, that mail would be history."""
    own = quotes.split(text).new if forward else new
    return "\n".join(own.split("\n")[: _passed_on(own)])


def _all(root: mime.Part, name: str) -> str:
    return ", ".join(value for key, value in root.headers if key == name)


def _sender(root: mime.Part) -> Address:
    """The writer: From, else whatever header names somebody."""
    for name in ("from", "sender", "reply-to", "return-path"):
        if found := headers.addresses(root.header(name)):
            return found[0]
    name = headers.text(root.header("from"))
    return Address("", name[:200])


def _first_id(value: str) -> str:
    return next(iter(headers.message_ids(value)), "") or headers.message_id(value.strip("<> \r\n\t"))


def _headers(root: mime.Part) -> Iterator[tuple[str, str]]:
    """Decoded headers until the caps."""
    left = MAX_HEADER_CHARS
    for name, raw in root.headers[:MAX_HEADERS]:
        value = headers.text(raw)
        left -= len(value)
        if left < 0:
            return
        yield name, value


_TOLD = ("report-type", "method", "protocol")  # parameters that change what a part is


def _content_types(part: mime.Part) -> Iterator[str]:
    """Types of all parts, outermost first: `multipart/report; report-type=delivery-status`."""
    pending = [part]
    while pending:
        one = pending.pop(0)
        told = [f"; {name}={one.params[name].lower()[:100]}" for name in _TOLD if name in one.params]
        yield storable(one.content_type + "".join(told))
        pending = one.children + pending
