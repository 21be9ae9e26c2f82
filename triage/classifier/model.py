"""The trained model at work: calibrated guesses, how familiar a mail looks, and why it thinks so.

Immutable and free of scikit-learn, so that a command that reads one mail starts at once. `training` makes it,
`storing` keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from triage.classifier.features import Features, Floats, Ints, normalise
from triage.domain import Guess, Opinion

__all__ = ["NEIGHBOURS", "Classifier", "Head", "Memory", "Panel", "softmax"]

NEIGHBOURS = 3  # examples whose likeness makes a mail familiar
_BATCH = 256  # mails compared with all examples at a time
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
    weights: Floats  # a row for each term, a column for each label
    bias: Floats

    def scores(self, rows: csr_matrix) -> Floats:
        """Unbounded scores, a column for each label."""
        scores: Floats = rows @ self.weights + self.bias
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
        return self.rows.T.tocsr()

    def nearest(self, rows: csr_matrix, *, skip_self: bool = False) -> tuple[Floats, Ints]:
        """The highest cosines with examples, best first, and which examples those are; `skip_self` when the
        rows are the examples themselves."""
        parts = [self._nearest(rows, start, skip_self) for start in range(0, rows.shape[0], _BATCH)]
        if not parts:
            return np.zeros((0, NEIGHBOURS), dtype=np.float32), np.zeros((0, NEIGHBOURS), dtype=np.intp)
        return np.concatenate([likeness for likeness, _ in parts]), np.concatenate([which for _, which in parts])

    def familiarity(self, likeness: Floats) -> Floats:
        """0 (nothing alike was ever seen) to 1 (as alike as examples are among themselves)."""
        share: Floats = np.clip(likeness.mean(axis=1) / np.float32(max(self.usual, 1e-9)), 0, 1)
        return share

    def alike(self, least: float) -> csr_matrix:
        """Which examples (rows) have a cosine of at least `least` with which (columns)."""
        parts = []
        for start in range(0, self.rows.shape[0], _BATCH):
            part = (self.rows[start : start + _BATCH] @ self._columns).tocsr()
            part.data = (part.data >= least * self.square).astype(np.int8)
            part.eliminate_zeros()
            parts.append(part)
        table: csr_matrix = vstack(parts, format="csr")
        return table

    def _nearest(self, rows: csr_matrix, start: int, skip_self: bool) -> tuple[Floats, Ints]:
        part = rows[start : start + _BATCH]
        likeness = (part @ self._columns).toarray() / np.float32(self.square)
        if skip_self:
            own = np.arange(part.shape[0])
            likeness[own, own + start] = 0
        count = min(NEIGHBOURS, likeness.shape[1])
        which = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(likeness, which, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        return np.take_along_axis(values, order, axis=1), np.take_along_axis(which, order, axis=1)


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
        average: Floats = self.panel.heads[0].weights.mean(axis=1)
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
        is_piece = self.features.are_pieces(terms)
        weight = dict(zip(terms[~is_piece].tolist(), spoke[~is_piece].tolist(), strict=True))
        words: dict[str, float] = {}
        for term, surfaces in self.features.surfaces(seen.texts[at]).items():
            for surface in surfaces:
                words[surface] = words.get(surface, 0.0) + weight[term] / len(surfaces)
        best = sorted(((word, one) for word, one in words.items() if one > 0), key=lambda reason: -reason[1])[:_REASONS]
        return tuple(best + self._pieces(terms[is_piece], spoke[is_piece], _REASONS - len(best)))

    def _pieces(self, terms: npt.NDArray[np.integer], spoke: Floats, most: int) -> list[tuple[str, float]]:
        order = [at for at in np.argsort(-spoke, kind="stable")[:most] if spoke[at] > 0]
        return [(self.features.name(terms[at]), float(spoke[at])) for at in order]
