"""A made-up mail and verdict for looking at a template: one in which everything occurs, one with the least there can be."""

from __future__ import annotations

from collections.abc import Iterator

from triage.domain import (
    Action,
    Address,
    DecidedBy,
    Finding,
    Flag,
    InboundMail,
    Inspection,
    Kind,
    Language,
    Reading,
    Secret,
    TicketNumber,
    TopicKind,
    Verdict,
    Where,
)
from triage.replies.letter import samples
from triage.replies.rendering import STAFF_TEMPLATES, Rendered
from triage.replies.writer import Writer

NUMBER = TicketNumber(12345)
_MARKER = "VSD-12345.sample"
_SENDER = Address("kari.sample@shop.example", "Kari Sample")


def previewed(writer: Writer, template: str, language: Language, *, full: bool) -> tuple[str, Rendered]:
    """Subject and both parts of a template, filled as a live reply is. Raises jinja2.TemplateError."""
    if template in STAFF_TEMPLATES:
        letter = samples(template, language)[0 if full else -1]
        return "", writer.templates.render(template, language, letter)
    reading, verdict = made_up(writer, template, language, full=full)
    return writer.wording(reading, verdict, NUMBER, _MARKER)


def made_up(writer: Writer, template: str, language: Language, *, full: bool) -> tuple[Reading, Verdict]:
    """What could lead to this reply."""
    profile = writer.handbook.file.profiles[-1]  # the last takes every call that no other does
    topic = next(_topics(writer, _KINDS.get(template, TopicKind.TECHNICAL)))
    findings = _findings() if full else ()
    verdict = Verdict(
        kind=Kind.NEW,
        action=Action.REVIEW,
        decided_by=DecidedBy.RULE,
        language=language,
        topic=topic,
        profile=profile.name,
        fields=writer.handbook.counting(findings),
        missing=writer.handbook.missing(profile, findings) if full else profile.required[:1],
        flags=tuple(Flag) if full else (),
        pointers=tuple(name for name in _topics(writer, TopicKind.POINTER) if name != topic)[:2] if full else (),
        hints=tuple(answer.id for answer in writer.handbook.known.answers[:2]) if full else (),
        template=template,
        in_incident=full,
    )
    mail = InboundMail("0" * 64, "sample@shop.example", _SENDER, "Capture <fails> & stops", "Hei", language=language)
    secrets = (Secret("subscription_key", "…7f3a", Where.BODY),) if full else ()
    return Reading(mail, inspection=Inspection(findings, secrets)), verdict


_KINDS = {
    "redirect": TopicKind.POINTER,
    "key_leak": TopicKind.URGENT,
    "checklist": TopicKind.CHECKLIST,
    "checklist_incomplete": TopicKind.CHECKLIST,
}


def _topics(writer: Writer, kind: TopicKind) -> Iterator[str]:
    return (topic.name for topic in writer.rulebook.topics if topic.kind is kind)


def _findings() -> tuple[Finding, ...]:
    return (
        Finding("msn", "123456", Where.SIGNATURE),
        Finding("environment", "conflict", Where.BODY),
        Finding("environment", "test", Where.BODY),
        Finding("environment", "production", Where.REQUEST, note="inferred"),
        Finding("order_id", "sample_<b>order</b>_1", Where.BODY),
    )
