"""The mail as it may be stored, logged and shown: every secret replaced by a mark and its last four characters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from triage.domain import Finding, InboundMail, Secret, Where
from triage.fields.parts import Part, plain
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
_SHORTEST = 8  # characters of the shortest text that can hold a label and a secret


@dataclass(frozen=True, slots=True)
class Masked:
    """A mail without secrets, and what was taken out of it."""

    mail: InboundMail
    secrets: tuple[Secret, ...]


def mask(mail: InboundMail, findings: Iterable[Finding], terms: Terms) -> Masked:
    """Mask every text of a mail; values of its fields stay as they are."""
    kept = Kept.of(finding.value for finding in findings if finding.field not in ("request", "response"))
    seen: list[Secret] = []

    def clean(where: Where, text: str) -> str:
        masked, secrets = mask_text(where, text, terms, kept)
        seen.extend(secrets)
        return masked

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
    if len(text) < _SHORTEST:
        return text, ()
    part = Part(where, plain(text), terms.vocabulary)
    found = spans(part, terms, kept)
    secrets = tuple(Secret(span.kind, f"{span.kind} {_masked(text, span)}", where) for span in found)
    return _replaced(text, apart([*found, *people(part, terms, kept)])), secrets


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
