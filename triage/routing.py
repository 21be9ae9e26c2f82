"""What is a mail about, and who says so? Rules first, then the model; where they contradict each other, nobody is sure.

Pure. A wrong pointer costs a customer days, a human's look costs minutes: every doubt ends in `topic=None`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from triage.config import Languages
from triage.domain import DecidedBy, Flag, InboundMail, Reading, TopicKind
from triage.fields.handbook import Handbook
from triage.rulebook.book import Era, Rulebook
from triage.rulebook.standing import Standing

_LEANING = 0.6  # confidence from which the model leans to a topic without being sure of it
_PICTURE = 15_000  # bytes from which an image is taken for a screenshot rather than a logo
_FEW_WORDS = 12
_WEAK_TECHNICAL = 0.8  # probability of the technical-or-not head from which weak evidence is enough


@dataclass(frozen=True, slots=True)
class Policy:
    """What judging needs beside the evidence: the staff's data, which era's contacts count, and today (UTC) for
    answers that expire."""

    rulebook: Rulebook
    handbook: Handbook
    languages: Languages
    era: Era
    today: date


@dataclass(frozen=True, slots=True)
class Route:
    """What a mail is about, and who says so. `topic` None: nobody is sure."""

    topic: str | None
    decided_by: DecidedBy
    confidence: float
    others: tuple[str, ...] = ()  # pointer topics that the mail touches as well
    reason: str = ""


def route_of(reading: Reading, policy: Policy) -> Route:
    """Rules first, then the model; where they contradict each other, nobody is sure."""
    standings = policy.rulebook.standings(reading.evidence)
    strong = [standing for standing in standings if standing.strong]
    by_kind = {standing.topic: policy.rulebook.topic(standing.topic).kind for standing in strong}
    for kind in (TopicKind.URGENT, TopicKind.CHECKLIST, TopicKind.TECHNICAL):
        found = next((standing for standing in strong if by_kind[standing.topic] is kind), None)
        if found and not (kind is TopicKind.TECHNICAL and _only_words(found.topic, reading, policy)):
            return _by_rule(found, _pointers(strong, found.topic, policy), f"rules: {found.topic}")
    if strong:
        return _one_door(strong, reading, policy)
    return _by_model(standings, reading, policy)


def _only_words(topic: str, reading: Reading, policy: Policy) -> bool:
    """Whether nothing but words speaks for a technical mail, and the model leans to another topic.

    A call, a status or an error body outweighs the model; "charge errors" in somebody's prose does not.
    """
    structural = {sign.id for sign in policy.rulebook.signs}
    weight = sum(item.weight for item in reading.evidence if item.topic == topic and item.rule in structural)
    opinion = reading.opinion
    leans_away = opinion is not None and opinion.guesses[0].topic != topic and opinion.confidence >= _LEANING
    return weight < policy.rulebook.thresholds.strong and leans_away


def _one_door(strong: list[Standing], reading: Reading, policy: Policy) -> Route:
    """The rules name a door. The model may object: then a human decides."""
    best, opinion = strong[0], reading.opinion
    sure = opinion and (opinion.sure or (is_technical(best.topic, policy) and opinion.confidence >= _LEANING))
    if opinion and sure and opinion.guesses[0].topic != best.topic:
        other = opinion.guesses[0].topic
        if not _same_door(best.topic, other, policy):
            return _unsure(f"rules say {best.topic}, the model says {other}")
    return _by_rule(best, (), f"rules: {best.topic}")


def _by_model(standings: tuple[Standing, ...], reading: Reading, policy: Policy) -> Route:
    opinion = reading.opinion
    if opinion is None:
        return _unsure("no rule is strong, and no model was asked")
    best = opinion.guesses[0]
    if opinion.sure:
        return Route(best.topic, DecidedBy.CLASSIFIER, best.probability, reason=f"model: {best.topic}")
    leading = standings[0].topic if standings else None
    if leading == best.topic and opinion.confidence >= 0.5:
        return Route(best.topic, DecidedBy.CLASSIFIER, best.probability, reason=f"rules and model lean to {best.topic}")
    technical = next((topic.name for topic in policy.rulebook.topics if topic.kind is TopicKind.TECHNICAL), None)
    if leading == technical and opinion.technical >= _WEAK_TECHNICAL:
        return Route(technical, DecidedBy.CLASSIFIER, opinion.technical, reason="weak technical evidence")
    if technical and _shows_a_problem(reading):
        return Route(technical, DecidedBy.FALLBACK, opinion.technical, reason="a picture or a plea for help, no words")
    return _unsure(f"the model's best guess is {best.topic} ({best.probability:.0%}), which is not enough")


def _shows_a_problem(reading: Reading) -> bool:
    """Weak technical, says DOMAIN section 7 (situations 6 and 16): only a screenshot, or "call me, nothing works"."""
    raised = {item.flag for item in reading.evidence}
    return is_screenshot_only(reading.mail) or {Flag.PHONE_REQUEST, Flag.ESCALATION} <= raised


def _by_rule(standing: Standing, others: tuple[str, ...], reason: str) -> Route:
    return Route(standing.topic, DecidedBy.RULE, min(0.99, 1 - 0.5 ** (standing.weight + 1)), others, reason)


def _unsure(reason: str) -> Route:
    return Route(None, DecidedBy.FALLBACK, 0.0, reason=reason)


def _pointers(strong: list[Standing], topic: str, policy: Policy) -> tuple[str, ...]:
    """The other topics of a mixed mail that have a door to point to."""
    return tuple(standing.topic for standing in strong if standing.topic != topic and door(standing.topic, policy))


def door(topic: str, policy: Policy) -> str | None:
    """The contact key of a pointer topic."""
    found = policy.rulebook.topic(topic)
    return found.contact if found.kind is TopicKind.POINTER else None


def _same_door(one: str, other: str, policy: Policy) -> bool:
    """Confusing two topics whose contact has one address does the sender no harm (DOMAIN section 8)."""
    doors = [door(topic, policy) for topic in (one, other)]
    addresses = {policy.rulebook.contact(door, policy.era).value for door in doors if door}
    return all(doors) and len(addresses) == 1


def is_screenshot_only(mail: InboundMail) -> bool:
    """A picture larger than a logo, and next to no words (DOMAIN section 7, situation 6)."""
    pictures = any(part.is_image and part.size >= _PICTURE for part in mail.attachments)
    return pictures and len(mail.new.split()) < _FEW_WORDS


def is_technical(topic: str | None, policy: Policy) -> bool:
    return topic is not None and policy.rulebook.topic(topic).kind is TopicKind.TECHNICAL
