"""A newly trained model against the one in service: it takes over only when it is no worse.

Both answer two sets of mails. rules/evaluation was written for this and never trains: out-of-fold scores of the examples
would be unfair to the challenger, since the model in service has learnt most of them, and the project's tests are not
installed. The other set is what staff corrected: mails of this very mailbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.classifier.examples import Example
from triage.classifier.model import Classifier
from triage.domain import Language
from triage.store import corrections, recorded
from triage.store.corrections import Correction
from triage.store.store import Store
from triage.tuning.shelf import Verdict


@dataclass(frozen=True, slots=True)
class Score:
    """Of some mails: how many topics are right, and how many are wrong although the model is sure."""

    mails: int
    right: int
    sure_wrong: int


@dataclass(frozen=True, slots=True)
class Scores:
    """What one model makes of both sets."""

    evaluation: Score
    corrected: Score


@dataclass(frozen=True, slots=True)
class Exams:
    """The two sets of mails whose topics are settled."""

    evaluation: Sequence[Example]
    corrected: Sequence[Example]


def sit(model: Classifier, exams: Exams) -> Scores:
    """Let a model answer both sets."""
    return Scores(_score(model, exams.evaluation), _score(model, exams.corrected))


def compare(champion: Scores | None, challenger: Scores) -> Verdict:
    """Whether the challenger takes over: at least as many topics right, and no more wrong where it is sure, in both sets."""
    if champion is None:
        return Verdict(True, "no model to compare with", figures(challenger))
    worse = [*_worse("the evaluation set", champion.evaluation, challenger.evaluation)]
    worse += _worse("corrected mails", champion.corrected, challenger.corrected)
    return Verdict(not worse, "; ".join(worse) or "no worse than the one before", figures(challenger))


def figures(scores: Scores) -> dict[str, int]:
    """The numbers for the shelf."""
    return {
        "evaluation_mails": scores.evaluation.mails,
        "evaluation_right": scores.evaluation.right,
        "evaluation_sure_wrong": scores.evaluation.sure_wrong,
        "corrected_mails": scores.corrected.mails,
        "corrected_right": scores.corrected.right,
        "corrected_sure_wrong": scores.corrected.sure_wrong,
    }


def corrected_mails(store: Store) -> list[Example]:
    """The mails of which staff named the topic and whose words are kept. Raises StoreLost."""
    with store.connection() as db:
        said = [each for each in corrections.latest(db).values() if each.topic]
        contents = {each.mail: recorded.content_of(db, each.mail) for each in said}
    return [_example(each, content) for each in said if (content := contents[each.mail]) is not None]


def _example(said: Correction, content: bytes) -> Example:
    mail = recorded.unpack(content).mail
    return Example(said.topic or "", "", mail.language or Language.EN, mail.subject, mail.new)


def _score(model: Classifier, mails: Sequence[Example]) -> Score:
    opinions = model.guess([mail.words for mail in mails])
    pairs = [(mail, opinion, opinion.guesses[0].topic) for mail, opinion in zip(mails, opinions, strict=True)]
    right = [topic in (mail.topic, *mail.also) for mail, _, topic in pairs]
    sure_wrong = sum(opinion.sure and not good for (_, opinion, _), good in zip(pairs, right, strict=True))
    return Score(len(pairs), sum(right), sure_wrong)


def _worse(name: str, before: Score, now: Score) -> Iterator[str]:
    if now.right < before.right:
        yield f"{name}: {now.right} of {now.mails} topics right, before {before.right}"
    if now.sure_wrong > before.sure_wrong:
        yield f"{name}: {now.sure_wrong} wrong where sure, before {before.sure_wrong}"
