"""How well the desk as a whole sends mail to the right place: rules and model together, on mail that never trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from triage.classifier.examples import Example
from triage.domain import Address, InboundMail, Language, Reading
from triage.mind import Mind
from triage.routing import route_of
from triage.understanding import text_for_model


@dataclass(frozen=True, slots=True)
class Routed:
    """What the desk made of one gold mail: `answered` when no human is asked, `best` its first thought in any case."""

    mail: Example
    best: str
    answered: bool

    @property
    def right(self) -> bool:
        return self.best in (self.mail.topic, *self.mail.also)


@dataclass(frozen=True, slots=True)
class RoutingScore:
    """All shares 0..1. `right` counts the first thought, `answered_right` only what was answered without a human."""

    mails: int
    right: float
    macro_f1: float
    answered: float
    answered_right: float
    by_language: tuple[tuple[Language, int, float], ...]
    wrong_doors: tuple[Routed, ...]


def routed(mind: Mind, mails: Sequence[Example]) -> list[Routed]:
    """What the desk does with each mail."""
    found = [_as_mail(mail) for mail in mails]
    opinions = mind.understanding.classifier.guess([text_for_model(each) for each in found])
    policy = mind.policy()
    result = []
    for mail, inbound, opinion in zip(mails, found, opinions, strict=True):
        reading = Reading(inbound, evidence=mind.understanding.rulebook.evidence(inbound), opinion=opinion)
        topic = route_of(reading, policy).topic
        result.append(Routed(mail, topic or opinion.guesses[0].topic, topic is not None))
    return result


def score(outcomes: Sequence[Routed]) -> RoutingScore:
    """Add up what became of the mails."""
    answered = [each for each in outcomes if each.answered]
    languages = Counter(each.mail.language for each in outcomes).most_common()
    return RoutingScore(
        mails=len(outcomes),
        right=_share(outcomes),
        macro_f1=_macro_f1(outcomes),
        answered=len(answered) / len(outcomes) if outcomes else 0.0,
        answered_right=_share(answered),
        by_language=tuple(
            (language, count, _share([each for each in outcomes if each.mail.language is language]))
            for language, count in languages
        ),
        wrong_doors=tuple(each for each in answered if not each.right),
    )


def _as_mail(mail: Example) -> InboundMail:
    return InboundMail(
        key=mail.id,
        message_id="",
        sender=Address("sender@shop.example"),
        subject=mail.subject,
        new=mail.text,
        language=mail.language,
    )


def _macro_f1(outcomes: Sequence[Routed]) -> float:
    """The mean over topics; a mail taken for another accepted topic counts as one of its own."""
    truth = [each.mail.topic for each in outcomes]
    guessed = [each.mail.topic if each.right else each.best for each in outcomes]
    about, called = Counter(truth), Counter(guessed)
    hits = Counter(one for one, other in zip(truth, guessed, strict=True) if one == other)
    scores = [2 * hits[topic] / (about[topic] + called[topic]) for topic in about]
    return sum(scores) / len(scores) if scores else 0.0


def _share(outcomes: Sequence[Routed]) -> float:
    return sum(each.right for each in outcomes) / len(outcomes) if outcomes else 0.0
