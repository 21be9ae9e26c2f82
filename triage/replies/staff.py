"""Letters to people of ours: an alarm, and a ticket that is passed on. In the desk's fallback language."""

from __future__ import annotations

from collections.abc import Sequence

from triage.domain import Address, Finding, Reading, Reply, TicketNumber, Verdict
from triage.replies.letter import AlertLetter, HandoverLetter
from triage.replies.rendering import Rendered
from triage.replies.writer import Writer, subject_for

_LONGEST_HEADLINE = 200


def alert(writer: Writer, letter: AlertLetter, to: Sequence[Address], message_id: str) -> Reply:
    """The letter that tells staff what happened, or that it is over. Its first line is its subject."""
    language = writer.settings.languages.fallback
    rendered = writer.templates.render("staff/alert", language, letter)
    headline = rendered.text.partition("\n")[0]
    return Reply(
        template="alert",
        language=language,
        to=tuple(to),
        subject=f"[{writer.settings.desk.name}] {headline}"[:_LONGEST_HEADLINE],
        text=rendered.text,
        html=rendered.html,
        message_id=message_id,
    )


def handover(
    writer: Writer, reading: Reading, verdict: Verdict, number: TicketNumber, *, attached: bool
) -> tuple[str, Rendered]:
    """Subject and text of the letter that passes a ticket on; `attached` when the original mail goes along."""
    language = writer.settings.languages.fallback
    topic = writer.rulebook.topic(verdict.topic) if verdict.topic else None
    letter = HandoverLetter(
        number=str(number),
        sender=reading.mail.sender.email,
        title=topic.title[language] if topic else "",
        given=writer.given(_each_once(verdict.fields), language),
        missing=tuple(writer.handbook.field_name(name, language) for name in verdict.missing),
        remarks=tuple(dict.fromkeys((*(flag.value for flag in verdict.flags), *verdict.reasons))),
        attached=attached,
    )
    rendered = writer.templates.render("staff/handover", language, letter)
    return subject_for(reading.mail.subject, number), rendered


def _each_once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple({found.field: found for found in reversed(findings)}.values())[::-1]
