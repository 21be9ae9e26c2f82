"""Understands and judges mails without a mailbox or database, and puts the outcome into the contract of DESIGN section 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.cli.any_ticket import AnyTicket
from triage.cli.progress import training
from triage.cli.signing import signer_for
from triage.config import Settings
from triage.decision import judge
from triage.domain import Evidence, Finding, Reading, Reply, TicketNumber, Verdict
from triage.mail.authentication import fails_dmarc
from triage.mind import Mind, load
from triage.threads import Acquaintance, Belonging, Signer, belonging
from triage.understanding import Unreadable


@dataclass(frozen=True, slots=True)
class Explained:
    """One mail from bytes to reply, with everything between."""

    file: str
    reading: Reading
    belonging: Belonging
    verdict: Verdict
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class NotRead:
    """A mail that the desk would set aside."""

    file: str
    problem: Unreadable


@dataclass(frozen=True, slots=True)
class Explainer:
    """The thinking half of the desk."""

    mind: Mind
    signer: Signer
    public_domains: frozenset[str]

    @classmethod
    def build(cls, settings: Settings) -> Explainer:
        """Raises Problems."""
        mind = load(settings, training)
        return cls(mind, signer_for(settings, make_key=False), settings.public_domains)

    def explain(self, files: Sequence[Path]) -> list[Explained | NotRead]:
        """One result for each file, in order."""
        readings = self.mind.understanding.read([file.read_bytes() for file in files])
        return [self._one(file.name, reading) for file, reading in zip(files, readings, strict=True)]

    def _one(self, name: str, reading: Reading | Unreadable) -> Explained | NotRead:
        if isinstance(reading, Unreadable):
            return NotRead(name, reading)
        place = belonging(
            reading.mail,
            AnyTicket(),
            self.signer,
            Acquaintance(self.public_domains),
            forged=fails_dmarc(reading.mail, self.mind.settings.desk.authserv),
        )
        verdict = judge(reading, place, self.mind.policy())
        number = verdict.ticket or TicketNumber.unknown()
        reply = (
            self.mind.writer.write(reading, verdict, number, self.signer, place.circle) if verdict.template else None
        )
        return Explained(name, reading, place, verdict, reply)


def as_json(result: Explained | NotRead) -> dict[str, Any]:
    """The contract's object for one mail."""
    if isinstance(result, NotRead):
        return {"file": result.file, "error": result.problem.error, "stage": result.problem.stage}
    reading, verdict = result.reading, result.verdict
    mail = reading.mail
    return {
        "file": result.file,
        "kind": verdict.kind.value,
        "ticket": str(verdict.ticket) if verdict.ticket else None,
        "language": (mail.language or verdict.language).value,
        "topic": verdict.topic,
        "profile": verdict.profile,
        "action": verdict.action.value,
        "decided_by": verdict.decided_by.value,
        "confidence": verdict.confidence,
        "evidence": [_evidence(item) for item in reading.evidence],
        "guesses": _guesses(reading),
        "fields": {found.field: _field(found) for found in verdict.fields},
        "missing": list(verdict.missing),
        "flags": [flag.value for flag in verdict.flags],
        "secrets": list(dict.fromkeys(secret.kind for secret in reading.inspection.secrets)),
        "read": {"new": mail.new, "quoted": mail.quoted, "signature": mail.signature},
        "reply": _reply(result.reply) if result.reply else None,
        "silence": reading.silence.code if reading.silence else None,
        "pointers": list(verdict.pointers),
        "hints": list(verdict.hints),
        "reasons": list(verdict.reasons),
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "source": item.source,
        "rule": item.rule,
        "topic": item.topic or None,
        "flag": item.flag.value if item.flag else None,
        "where": item.where.value,
        "text": item.text,
        "weight": item.weight,
        "place": item.place,
    }


def _guesses(reading: Reading) -> list[dict[str, Any]]:
    opinion = reading.opinion
    return [{"topic": g.topic, "probability": round(g.probability, 4)} for g in opinion.guesses[:3]] if opinion else []


def _field(found: Finding) -> dict[str, Any]:
    return {"value": found.value, "where": found.where.value} | ({"note": found.note} if found.note else {})


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "template": reply.template,
        "language": reply.language.value,
        "to": [person.email for person in reply.to],
        "cc": [person.email for person in reply.cc],
        "subject": reply.subject,
        "text": reply.text,
        "html": reply.html,
    }
