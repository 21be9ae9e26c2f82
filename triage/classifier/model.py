"""The trained model at work: calibrated guesses, how familiar a mail looks, and why it thinks so.

Immutable and free of scikit-learn, so that a command that reads one mail starts at once. `training` makes it,
`storing` keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Self

import numpy as np
import numpy.typing as npt

from triage.classifier.features import Features, normalise
from triage.classifier.rows import Floats, Ints, Rows, Terms
from triage.domain import Guess, Opinion

__all__ = ["NEIGHBOURS", "Classifier", "Head", "Memory", "Panel", "highest", "softmax"]

NEIGHBOURS = 3  # examples whose likeness makes a mail familiar
_FEW = 20  # a term is telling when a twentieth of the examples have it, or as few as these
_LOOKED_UP = 12_000  # places of a mail's telling terms among the examples that are looked up, the rarest terms first
_IN_QUESTION = 32  # examples that are compared in full
_STRETCH = 32  # values of which the highest alone is looked at first
_FINEST = 32_767  # steps from zero to the largest weight
_REASONS = 8


def softmax(scores: Floats) -> Floats:
    """Scores to probabilities, row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


@dataclass(frozen=True)
class Head:
    """One multinomial linear model. Its labels may be narrower than topics; `owners` are the topics of the labels."""

    labels: tuple[str, ...]
    owners: tuple[str, ...]
    weights: npt.NDArray[np.int16]  # in steps; a row for each term, a column for each label; half as large as floats
    step: float
    bias: Floats

    @classmethod
    def of(cls, labels: tuple[str, ...], owners: tuple[str, ...], weights: Floats, bias: Floats) -> Self:
        """A head with weights rounded to steps, which numbers of half size have more of than floats of half size."""
        step = float(np.abs(weights).max()) / _FINEST or 1.0
        steps = np.ascontiguousarray(np.rint(weights / np.float32(step)), dtype=np.int16)
        return cls(labels, owners, steps, step, bias)

    def scores(self, rows: Rows) -> Floats:
        """Unbounded scores, a column for each label."""
        scores = np.empty((len(rows), len(self.labels)), dtype=np.float32)
        for at, score in enumerate(scores):
            terms, values = rows.row(at)
            np.dot(values, self.weights.take(terms, axis=0).astype(np.float32), out=score)
        return scores * np.float32(self.step) + self.bias

    def shares(self, scores: Floats, temperature: float) -> Floats:
        """Probabilities of the topics (sorted), from the scores of the labels."""
        shares: Floats = softmax((scores / temperature).astype(np.float32)) @ self._belongs
        return shares

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topics its labels belong to, sorted."""
        return tuple(sorted(set(self.owners)))

    @cached_property
    def _belongs(self) -> Floats:
        table = [[owner == topic for topic in self.topics] for owner in self.owners]
        return np.array(table, dtype=np.float32)


@dataclass(frozen=True)
class Panel:
    """Heads over the same topics that are asked together, and the one temperature that makes their mean honest."""

    heads: tuple[Head, ...]
    temperature: float = 1.0

    @property
    def topics(self) -> tuple[str, ...]:
        """Its topics, sorted."""
        return self.heads[0].topics

    def scores(self, rows: Rows) -> tuple[Floats, ...]:
        """What each head says, a column for each of its labels."""
        return tuple(head.scores(rows) for head in self.heads)

    def shares(self, scores: Sequence[Floats], temperature: float | None = None) -> Floats:
        """Calibrated probabilities, a column for each topic."""
        heat = temperature or self.temperature
        shares = [head.shares(one, heat) for head, one in zip(self.heads, scores, strict=True)]
        mean: Floats = np.mean(shares, axis=0, dtype=np.float32)
        return mean

    def probabilities(self, rows: Rows) -> Floats:
        """Calibrated probabilities, a column for each topic."""
        return self.shares(self.scores(rows))


@dataclass(frozen=True)
class Memory:
    """The examples as rows, to tell how like them a mail is."""

    ids: tuple[str, ...]
    rows: Rows
    columns: Rows  # the telling terms, a row of examples for each: who shares none of them is nobody's neighbour
    square: float  # of a row's length
    usual: float  # the likeness that three quarters of the examples have with the others

    @classmethod
    def of(cls, ids: tuple[str, ...], rows: Rows, square: float, usual: float) -> Self:
        """The memory of some examples."""
        counts = np.bincount(rows.terms, minlength=rows.width)
        return cls(ids, rows, rows.turned(counts <= max(_FEW, len(ids) // _FEW)), square, usual)

    def nearest(self, rows: Rows) -> tuple[Floats, Ints]:
        """The highest cosines with examples, best first, and which examples those are."""
        count = min(NEIGHBOURS, len(self.ids))
        likeness, which = np.empty((len(rows), count), dtype=np.float32), np.empty((len(rows), count), dtype=np.intp)
        dense = np.zeros(rows.width, dtype=np.float32)
        for at in range(len(rows)):
            terms, values = rows.row(at)
            asked = self._in_question(terms, values)
            dense[terms] = values
            products = self.rows.products(asked, dense) / self.square
            dense[terms] = 0
            order = np.argsort(-products, kind="stable")[:count]
            likeness[at], which[at] = products[order], asked[order]
        return likeness, which

    def familiarity(self, likeness: Floats) -> Floats:
        """0 (nothing alike was ever seen) to 1 (as alike as examples are among themselves)."""
        share: Floats = np.clip(likeness.mean(axis=1) / np.float32(max(self.usual, 1e-9)), 0, 1)
        return share

    def _in_question(self, terms: Terms, values: Floats) -> Ints:
        """The examples most like a mail in its rarest terms."""
        places = self.columns.lengths(terms)
        rarest = np.argsort(places, kind="stable")
        rarest = rarest[: places[rarest].cumsum().searchsorted(_LOOKED_UP, side="right")]
        rough = self.columns.weighted(terms[rarest], values[rarest])
        return highest(rough, min(_IN_QUESTION, len(rough)))


def highest(values: Floats, count: int) -> Ints:
    """Where the highest of some values stand, in no order: `count` of them, which must not be more than there are."""
    peaks = np.maximum.reduceat(values, np.arange(0, len(values), _STRETCH))
    # As many peaks as are wanted are as high as the last of them, so no lower value is asked for.
    least = np.partition(peaks, -count)[-count] if len(peaks) >= count else -np.inf
    high = np.flatnonzero(values >= least)
    best: Ints = high[np.argpartition(values[high], -count)[-count:]]
    return best


@dataclass(frozen=True, slots=True)
class _Look:
    """Everything the model sees in some mails, a row for each."""

    texts: list[str]  # normalised
    rows: Rows
    shares: Floats  # probabilities of the topics
    confidence: Floats
    technical: Floats
    likeness: Floats
    nearest: Ints


@dataclass(frozen=True)
class Classifier:
    """A trained model. Mails go in, opinions come out; nothing inside ever changes."""

    features: Features
    panel: Panel  # its first head knows topics alone, and explains
    technical: Panel | None  # technical or not; None where the examples know no technical topic
    memory: Memory
    threshold: float  # confidence from which on the model is sure
    digest: str  # of the examples, the code and the library that made it

    @property
    def topics(self) -> tuple[str, ...]:
        """All topics the model knows, sorted."""
        return self.panel.topics

    def guess(self, texts: Sequence[str]) -> list[Opinion]:
        """One opinion for each mail. A text is the subject, a line break, and the words the sender wrote."""
        seen = self._look(texts)
        return [self._opinion(seen, at) for at in range(len(texts))]

    def judge(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """The bare numbers of many mails: probabilities with a column for each of `topics`, and confidences."""
        seen = self._look(texts)
        return seen.shares, seen.confidence

    def _look(self, texts: Sequence[str]) -> _Look:
        plain = [normalise(text) for text in texts]
        rows = self.features.rows(plain)
        shares = self.panel.probabilities(rows)
        likeness, which = self.memory.nearest(rows)
        confidence = shares.max(axis=1) * self.memory.familiarity(likeness)
        technical = self.technical.probabilities(rows)[:, 1] if self.technical else np.zeros_like(confidence)
        return _Look(plain, rows, shares, confidence, technical, likeness, which)

    def _opinion(self, seen: _Look, at: int) -> Opinion:
        return Opinion(
            guesses=self._guesses(seen.shares[at]),
            confidence=float(seen.confidence[at]),
            sure=bool(seen.confidence[at] >= self.threshold),
            technical=float(seen.technical[at]),
            because=self._because(seen, at),
            nearest=tuple(
                self.memory.ids[one] for one, like in zip(seen.nearest[at], seen.likeness[at], strict=True) if like > 0
            ),
        )

    @cached_property
    def _average(self) -> Floats:
        average: Floats = self.panel.heads[0].weights.mean(axis=1, dtype=np.float32)
        return average

    def _guesses(self, shares: Floats) -> tuple[Guess, ...]:
        order = np.argsort(-shares, kind="stable")
        return tuple(Guess(self.topics[at], float(shares[at])) for at in order)

    def _because(self, seen: _Look, at: int) -> tuple[tuple[str, float], ...]:
        """The sender's words that spoke most for the winning topic, what they say as words and as concepts added
        up; then pieces of words, where those are too few."""
        terms, values = seen.rows.row(at)
        head, topic = self.panel.heads[0], int(seen.shares[at].argmax())
        spoke = values * (head.weights[terms, topic] - self._average[terms]) * np.float32(head.step)
        first, last = np.searchsorted(terms, self.features.borders[:2])  # terms are sorted: words, pieces, concepts
        spelled = map(self.features.terms[0].__getitem__, terms[:first].tolist())
        words = dict(zip(spelled, spoke[:first].tolist(), strict=True))
        weight = dict(zip(terms[last:].tolist(), spoke[last:].tolist(), strict=True))
        for concept, surfaces in self.features.surfaces(seen.texts[at]).items():
            for surface in surfaces:
                words[surface] = words.get(surface, 0.0) + weight[concept] / len(surfaces)
        best = sorted(words.items(), key=itemgetter(1), reverse=True)[:_REASONS]
        best = [(word, one) for word, one in best if one > 0]
        return tuple(best + self._pieces(terms[first:last], spoke[first:last], _REASONS - len(best)))

    def _pieces(self, terms: npt.NDArray[np.integer], spoke: Floats, most: int) -> list[tuple[str, float]]:
        order = [at for at in np.argsort(-spoke, kind="stable")[:most] if spoke[at] > 0] if most else []
        return [(self.features.name(terms[at]), float(spoke[at])) for at in order]
