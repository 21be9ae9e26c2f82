"""How good a model is on mails it never trained on, as values: for people, tables, charts and the next model's gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.classifier.examples import Example
from triage.classifier.model import Classifier
from triage.classifier.rows import Floats
from triage.domain import Language, Opinion

__all__ = ["Bin", "Confusion", "Evaluation", "LanguageScore", "TopicScore", "evaluate"]
__all__ += ["confusion_rows", "language_rows", "summary_rows", "topic_rows"]

BINS = 15  # of the calibration error, equally wide
PRECISION = 0.99  # at which coverage is counted

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicScore:
    """One topic: how many mails are about it, and how well they are found. All shares 0..1."""

    topic: str
    mails: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class LanguageScore:
    """One language: how many mails, and the share whose topic is right."""

    language: Language
    mails: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """Mails about one topic taken for another; those of which the model was sure went through the wrong door."""

    topic: str
    guessed: str
    mails: int
    sure: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Mails whose top probability lies in one band: what the model promised, and what came true."""

    low: float
    high: float
    mails: int
    promised: float
    right: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything measured. Shares are 0..1; an empty set of mails gives zeros."""

    mails: int
    accuracy: float
    macro_f1: float
    calibration_error: float  # of the top probability, over `bins`
    coverage: float  # largest share of mails answerable at PRECISION, were the threshold chosen on these very mails
    sure: float  # share of mails of which the model itself was sure
    sure_right: float  # share of those whose topic is right
    topics: tuple[TopicScore, ...]  # by name
    languages: tuple[LanguageScore, ...]  # most mails first
    confusions: tuple[Confusion, ...]  # costliest first: sure mistakes, then the others
    bins: tuple[Bin, ...]


def evaluate(classifier: Classifier, mails: Sequence[Example]) -> Evaluation:
    """Measure a model on mails whose topics people settled, and which it never trained on."""
    opinions = classifier.guess([mail.words for mail in mails])
    truth = [mail.topic for mail in mails]
    guessed = [opinion.guesses[0].topic for opinion in opinions]
    right = np.array([one == other for one, other in zip(truth, guessed, strict=True)], dtype=bool)
    confidence = np.array([opinion.confidence for opinion in opinions], dtype=np.float32)
    sure = np.array([opinion.sure for opinion in opinions], dtype=bool)
    topics = _topic_scores(truth, guessed)
    bins = _bins(np.array([opinion.guesses[0].probability for opinion in opinions]), right)
    return Evaluation(
        mails=len(mails),
        accuracy=_share(right),
        macro_f1=float(np.mean([score.f1 for score in topics])) if topics else 0.0,
        calibration_error=sum(one.mails * abs(one.promised - one.right) for one in bins) / max(len(mails), 1),
        coverage=_coverage(confidence, right),
        sure=_share(sure),
        sure_right=_share(right[sure]),
        topics=topics,
        languages=_language_scores(mails, right),
        confusions=_confusions(truth, guessed, opinions),
        bins=bins,
    )


def summary_rows(result: Evaluation) -> list[Row]:
    """What is measured, and its value, for a table."""
    return [
        ("mails", str(result.mails)),
        ("right topic", _percent(result.accuracy)),
        ("macro-F1", f"{result.macro_f1:.3f}"),
        ("calibration error", f"{result.calibration_error:.3f}"),
        (f"coverage at {PRECISION:.0%} precision", _percent(result.coverage)),
        ("sure", _percent(result.sure)),
        ("right where sure", _percent(result.sure_right)),
    ]


def topic_rows(result: Evaluation) -> list[Row]:
    """topic, mails, precision, recall, F1."""
    return [
        (one.topic, str(one.mails), _percent(one.precision), _percent(one.recall), f"{one.f1:.3f}")
        for one in result.topics
    ]


def language_rows(result: Evaluation) -> list[Row]:
    """language, mails, right topic."""
    return [(one.language.value, str(one.mails), _percent(one.accuracy)) for one in result.languages]


def confusion_rows(result: Evaluation, most: int = 10) -> list[Row]:
    """topic, guessed, mails, sure: the costliest confusions."""
    return [(one.topic, one.guessed, str(one.mails), str(one.sure)) for one in result.confusions[:most]]


def _topic_scores(truth: Sequence[str], guessed: Sequence[str]) -> tuple[TopicScore, ...]:
    about, called = Counter(truth), Counter(guessed)
    found = Counter(one for one, other in zip(truth, guessed, strict=True) if one == other)
    return tuple(
        TopicScore(
            topic=topic,
            mails=about[topic],
            precision=found[topic] / called[topic] if called[topic] else 0.0,
            recall=found[topic] / about[topic],
            f1=2 * found[topic] / (about[topic] + called[topic]),
        )
        for topic in sorted(about)
    )


def _language_scores(mails: Sequence[Example], right: npt.NDArray[np.bool_]) -> tuple[LanguageScore, ...]:
    languages = np.array([mail.language.value for mail in mails])
    counts = Counter(mail.language for mail in mails).most_common()
    return tuple(LanguageScore(one, count, _share(right[languages == one.value])) for one, count in counts)


def _confusions(truth: Sequence[str], guessed: Sequence[str], opinions: Iterable[Opinion]) -> tuple[Confusion, ...]:
    mails: Counter[tuple[str, str]] = Counter()
    sure: Counter[tuple[str, str]] = Counter()
    for one, other, opinion in zip(truth, guessed, opinions, strict=True):
        if one != other:
            mails[one, other] += 1
            sure[one, other] += opinion.sure
    costly = sorted(mails, key=lambda pair: (-sure[pair], -mails[pair], pair))
    return tuple(Confusion(*pair, mails=mails[pair], sure=sure[pair]) for pair in costly)


def _bins(probability: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    which = np.minimum((probability * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(
            low=band / BINS,
            high=(band + 1) / BINS,
            mails=int((which == band).sum()),
            promised=_share(probability[which == band]),
            right=_share(right[which == band]),
        )
        for band in range(BINS)
    )


def _coverage(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    """The largest share of mails, taken from the most confident down, of which PRECISION are right."""
    order = np.argsort(-confidence, kind="stable")
    taken = np.arange(1, len(order) + 1)
    precise = np.cumsum(right[order]) / taken >= PRECISION
    whole = np.append(np.diff(confidence[order]) != 0, True)[: len(order)]  # mails of one confidence go together
    good = np.flatnonzero(precise & whole)
    return float(taken[good[-1]] / len(order)) if len(good) else 0.0


def _share(values: npt.NDArray[np.bool_] | npt.NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
