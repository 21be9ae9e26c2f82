"""The trained model at work: calibrated guesses, how familiar a mail looks, and why it thinks so.

Immutable and free of scikit-learn, so that a command that reads one mail starts at once. `training` makes it,
`storing` keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from triage.classifier.features import Features, Floats, Ints, normalise
from triage.domain import Guess, Opinion

__all__ = ["NEIGHBOURS", "Classifier", "Head", "Memory", "Panel", "softmax"]

NEIGHBOURS = 3  # examples whose likeness makes a mail familiar
_BATCH = 256  # mails compared with all examples at a time
_FEW = 20  # a term is telling when a twentieth of the examples have it, or as few as these
_IN_QUESTION = 32  # examples that are compared in full
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
    weights: npt.NDArray[np.float16]  # a row for each term, a column for each label; half as large, and as good
    bias: Floats

    def scores(self, rows: csr_matrix) -> Floats:
        """Unbounded scores, a column for each label."""
        terms, narrow = _narrow(rows)
        scores: Floats = narrow @ self.weights[terms].astype(np.float32) + self.bias
        return scores

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


def _narrow(rows: csr_matrix) -> tuple[Ints, csr_matrix]:
    """The terms that occur in some rows, and the rows with columns for these alone."""
    occurs = np.zeros(rows.shape[1], dtype=np.bool_)
    occurs[rows.indices] = True
    terms = np.flatnonzero(occurs)
    column = np.zeros(rows.shape[1], dtype=rows.indices.dtype)
    column[terms] = np.arange(len(terms))
    return terms, csr_matrix((rows.data, column[rows.indices], rows.indptr), shape=(rows.shape[0], len(terms)))


@dataclass(frozen=True)
class Panel:
    """Heads over the same topics that are asked together, and the one temperature that makes their mean honest."""

    heads: tuple[Head, ...]
    temperature: float = 1.0

    @property
    def topics(self) -> tuple[str, ...]:
        """Its topics, sorted."""
        return self.heads[0].topics

    def scores(self, rows: csr_matrix) -> tuple[Floats, ...]:
        """What each head says, a column for each of its labels."""
        return tuple(head.scores(rows) for head in self.heads)

    def shares(self, scores: Sequence[Floats], temperature: float | None = None) -> Floats:
        """Calibrated probabilities, a column for each topic."""
        heat = temperature or self.temperature
        shares = [head.shares(one, heat) for head, one in zip(self.heads, scores, strict=True)]
        mean: Floats = np.mean(shares, axis=0, dtype=np.float32)
        return mean

    def probabilities(self, rows: csr_matrix) -> Floats:
        """Calibrated probabilities, a column for each topic."""
        return self.shares(self.scores(rows))


@dataclass(frozen=True)
class Memory:
    """The examples as rows, to tell how like them a mail is."""

    ids: tuple[str, ...]
    rows: csr_matrix
    square: float  # of a row's length
    usual: float  # the likeness that three quarters of the examples have with the others

    @cached_property
    def _columns(self) -> csr_matrix:
        """The terms that few examples have, a column for each example: who shares none of them is nobody's neighbour."""
        counts = np.bincount(self.rows.indices, minlength=self.rows.shape[1])
        few = counts <= max(_FEW, len(self.ids) // _FEW)
        telling = self.rows.copy()
        telling.data *= few[telling.indices]
        telling.eliminate_zeros()
        return telling.T.tocsr()

    def nearest(self, rows: csr_matrix) -> tuple[Floats, Ints]:
        """The highest cosines with examples, best first, and which examples those are."""
        count = min(NEIGHBOURS, len(self.ids))
        found = [
            one for start in range(0, rows.shape[0], _BATCH) for one in self._nearest(rows[start : start + _BATCH])
        ]
        likeness = np.array([values for values, _ in found], dtype=np.float32).reshape(-1, count)
        return likeness, np.array([which for _, which in found], dtype=np.intp).reshape(-1, count)

    def familiarity(self, likeness: Floats) -> Floats:
        """0 (nothing alike was ever seen) to 1 (as alike as examples are among themselves)."""
        share: Floats = np.clip(likeness.mean(axis=1) / np.float32(max(self.usual, 1e-9)), 0, 1)
        return share

    def _nearest(self, rows: csr_matrix) -> Iterator[tuple[Floats, Ints]]:
        """For each row: roughly by the telling terms, then those that come into question by all terms."""
        rough = (rows @ self._columns).toarray()
        asked = np.argpartition(-rough, min(_IN_QUESTION, rough.shape[1]) - 1, axis=1)[:, :_IN_QUESTION]
        whole = np.zeros(rows.shape[1], dtype=np.float32)
        for which, start, end in zip(asked, rows.indptr, rows.indptr[1:], strict=False):
            terms = rows.indices[start:end]
            whole[terms] = rows.data[start:end]
            likeness = (self.rows[which] @ whole) / np.float32(self.square)
            whole[terms] = 0
            order = np.argsort(-likeness, kind="stable")[:NEIGHBOURS]
            yield likeness[order], which[order]


@dataclass(frozen=True, slots=True)
class _Look:
    """Everything the model sees in some mails, a row for each."""

    texts: list[str]  # normalised
    rows: csr_matrix
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
        part = slice(seen.rows.indptr[at], seen.rows.indptr[at + 1])
        terms, topic = seen.rows.indices[part], int(seen.shares[at].argmax())
        spoke = seen.rows.data[part] * (self.panel.heads[0].weights[terms, topic] - self._average[terms])
        first, last = np.searchsorted(terms, self.features.borders[:2])  # terms are sorted: words, pieces, concepts
        spelled = (self.features.terms[0][term] for term in terms[:first].tolist())
        words = dict(zip(spelled, spoke[:first].tolist(), strict=True))
        weight = dict(zip(terms[last:].tolist(), spoke[last:].tolist(), strict=True))
        for concept, surfaces in self.features.surfaces(seen.texts[at]).items():
            for surface in surfaces:
                words[surface] = words.get(surface, 0.0) + weight[concept] / len(surfaces)
        best = sorted(((word, one) for word, one in words.items() if one > 0), key=lambda reason: -reason[1])[:_REASONS]
        return tuple(best + self._pieces(terms[first:last], spoke[first:last], _REASONS - len(best)))

    def _pieces(self, terms: npt.NDArray[np.integer], spoke: Floats, most: int) -> list[tuple[str, float]]:
        order = [at for at in np.argsort(-spoke, kind="stable")[:most] if spoke[at] > 0]
        return [(self.features.name(terms[at]), float(spoke[at])) for at in order]
