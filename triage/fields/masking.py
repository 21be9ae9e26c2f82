"""The mail as it may be stored, logged and shown: every secret replaced by a mark and its last four characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from triage.domain import Finding, InboundMail, Secret, Where
from triage.fields.parts import MOST_PROSE, Part, plain
from triage.fields.secrets import Kept, people, spans
from triage.fields.spans import Span, apart
from triage.fields.terms import Terms

MARK = "****"
_OF_TRANSPORT = frozenset(
    {
        "content-transfer-encoding",
        "content-type",
        "date",
        "mime-version",
        "message-id",
        "in-reply-to",
        "references",
        "received",
        "dkim-signature",
        "arc-seal",
        "arc-message-signature",
    }
)  # written by programs; their digits are no cards
_MARKS = re.compile(r"\n[> ]+")
_SHORTEST = 8  # characters of the shortest text that can hold a label and a secret


@dataclass(frozen=True, slots=True)
class Masked:
    """A mail without secrets, and what was taken out of it."""

    mail: InboundMail
    secrets: tuple[Secret, ...]


def mask(mail: InboundMail, findings: Iterable[Finding], terms: Terms, parts: Iterable[Part] = ()) -> Masked:
    """Mask every text of a mail; values of its fields stay as they are. What was read in `parts` is not read again."""
    kept = Kept.of(finding.value for finding in findings if finding.field not in ("request", "response"))
    known = {part.text: part for part in parts}
    found = _look(_texts(mail), known, terms, kept)
    if not found:
        return Masked(mail, ())
    seen: list[Secret] = []

    def clean(where: Where, text: str) -> str:
        if text not in found:
            return text
        seen.extend(found[text].told(where, text))
        return found[text].masked(text)

    changed = replace(
        mail,
        subject=clean(Where.SUBJECT, mail.subject),
        new=clean(Where.BODY, mail.new),
        quoted=clean(Where.QUOTED, mail.quoted),
        signature=clean(Where.SIGNATURE, mail.signature),
        headers=tuple(
            (name, value if name in _OF_TRANSPORT else clean(Where.HEADER, value)) for name, value in mail.headers
        ),
        attachments=tuple(
            replace(
                attachment,
                name=clean(Where.ATTACHMENT, attachment.name),
                text=None if attachment.text is None else clean(Where.ATTACHMENT, attachment.text),
            )
            for attachment in mail.attachments
        ),
    )
    return Masked(changed, tuple(dict.fromkeys(seen)))


def mask_text(where: Where, text: str, terms: Terms, kept: Kept) -> tuple[str, tuple[Secret, ...]]:
    """One text without its secrets. Customers' particulars in pasted JSON are masked, too, but are no secret."""
    found = _look([text], {}, terms, kept).get(text)
    return (found.masked(text), found.told(where, text)) if found else (text, ())


def _texts(mail: InboundMail) -> Iterator[str]:
    """All that is masked."""
    yield from (mail.subject, mail.new, mail.quoted, mail.signature)
    yield from (value for name, value in mail.headers if name not in _OF_TRANSPORT)
    for attachment in mail.attachments:
        yield from (attachment.name, attachment.text or "")


@dataclass(frozen=True, slots=True)
class _Found:
    """What must be masked in one text."""

    secrets: Sequence[Span]
    particulars: Sequence[Span]

    def __bool__(self) -> bool:
        return bool(self.secrets or self.particulars)

    def masked(self, text: str) -> str:
        return _replaced(text, apart([*self.secrets, *self.particulars]))

    def told(self, where: Where, text: str) -> tuple[Secret, ...]:
        return tuple(Secret(span.kind, f"{span.kind} {_masked(text, span)}", where) for span in self.secrets)


def _look(texts: Iterable[str], known: Mapping[str, Part], terms: Terms, kept: Kept) -> dict[str, _Found]:
    """Texts that hold something to mask.

    Most headers, names of files and histories hold nothing: they are looked at as one text, in which all stands that
    stands in one of them, and one by one only where there is something. Marks of quoting are half of a long history.
    """

    def read(bare: str) -> _Found:
        part = known.get(bare) or Part(Where.BODY, bare, terms.of_masking)
        return _Found(spans(part, terms, kept), people(part, terms, kept))

    every = {text: plain(text) for text in texts if len(text) >= _SHORTEST}
    unread = {text: _unmarked(bare) for text, bare in every.items() if bare not in known}
    short = {text: bare for text, bare in unread.items() if len(bare) <= MOST_PROSE}
    if short and not read("\n".join(short.values())):
        every = {text: bare for text, bare in every.items() if text not in short}
    return {text: found for text, bare in every.items() if (found := read(bare))}


def _unmarked(text: str) -> str:
    return _MARKS.sub("\n", text) if "\n>" in text else text


def _replaced(text: str, found: Iterable[Span]) -> str:
    pieces, at = [], 0
    for span in found:
        pieces += [text[at : span.start], _masked(text, span)]
        at = span.end
    return "".join([*pieces, text[at:]])


def _masked(text: str, span: Span) -> str:
    """Never more than a third of the value stays readable."""
    length = span.end - span.start
    kept = min(span.kept, length // 3)
    return MARK + text[span.end - kept : span.end] if kept else MARK
