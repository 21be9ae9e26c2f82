"""Examples to a trained, calibrated, abstaining model. The only module that imports scikit-learn.

One pooled model for all languages. Two heads learn the same mails, one their topics and one their narrower intents,
and their probabilities are averaged (a point better than either); one temperature and one threshold come from
grouped out-of-fold scores.

Training never works on the n-grams themselves: a linear model with an L2 penalty is the same whether it is fitted
on the rows or on a Cholesky factor of their inner products, and that factor has a column for each mail instead of
one for each n-gram: seven times faster, with weights equal to the fifth decimal.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from triage.classifier.calibration import NEVER, folds, groups, temperature_for, threshold_for
from triage.classifier.examples import Example
from triage.classifier.features import Features, normalise
from triage.classifier.lexicon import Lexicon
from triage.classifier.model import NEIGHBOURS, Classifier, Head, Memory, Panel
from triage.classifier.rows import Floats, Ints, Rows

__all__ = ["Progress", "alike", "sparse", "train"]

STRENGTH = 10.0  # scikit-learn's C
LIKE = 0.7  # cosine from which on two mails count as one for the folds
MUCH = 400_000  # characters in all from which on a term must stand in two mails: half the size, nothing lost
TARGET = 0.96  # precision wanted of held-out examples where the model says it is sure; they are near misses on
# purpose, a quarter of them is missed: on gold mails the same threshold gave 0.99; 0.98 here would cost a fifth of the coverage
FACTORED = 12_000  # mails up to which the factor is smaller and faster than the rows
JITTER = 1e-6  # keeps the factor defined where two mails have the same n-grams
TECHNICAL = "technical"
_BATCH = 256  # mails compared with all others at a time

Progress = Callable[[int, int], None]  # steps done, steps in all


def train(
    examples: Sequence[Example],
    descriptions: Sequence[Example] = (),
    lexicon: Lexicon | None = None,
    progress: Progress | None = None,
) -> Classifier:
    """A model from examples. Descriptions of topics are learnt from, but are nobody's neighbours and test nothing.

    Raises ValueError when the examples name fewer than two topics.
    """
    if len({example.topic for example in examples}) < 2:
        raise ValueError("a model needs examples of at least two topics")
    lesson = _Lesson.of(examples, descriptions, lexicon or Lexicon({}))
    with threadpool_limits(1, user_api="blas"):  # on a busy machine many threads wait for each other: five times slower
        return _train(lesson, progress or (lambda _done, _all: None))


def _train(lesson: _Lesson, tell: Progress) -> Classifier:
    steps = lesson.folds + 2
    tell(0, steps)
    everything = np.arange(len(lesson.texts))
    ground = _ground(lesson, everything)
    fold = _folds(lesson, ground)
    tell(1, steps)
    held: list[_Held] = []
    with ThreadPoolExecutor(steps) as pool:  # the work is in BLAS, which lets other threads run
        growing = pool.submit(_grown, lesson, everything, ground)
        for found in pool.map(lambda number: _held_out(lesson, fold, number), range(lesson.folds)):
            held += found
            tell(1 + len(held), steps)
        model = growing.result()
    tell(steps, steps)
    return _calibrated(model, lesson, held)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What is learnt from, as parallel columns; examples first, descriptions of topics after them."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    topics: tuple[str, ...]
    ids: tuple[str, ...]  # of the examples alone
    lexicon: Lexicon

    @property
    def folds(self) -> int:
        """Few mails need every one of them for the temperature; many need the time."""
        return 5 if len(self.texts) <= 2000 else 4 if len(self.texts) <= 4000 else 3

    @property
    def least(self) -> int:
        """In how many mails a term must stand."""
        return 2 if sum(map(len, self.texts)) >= MUCH else 1

    @classmethod
    def of(cls, examples: Sequence[Example], descriptions: Sequence[Example], lexicon: Lexicon) -> _Lesson:
        known = {example.topic for example in examples}
        rows = [*examples, *(one for one in descriptions if one.topic in known)]
        return cls(
            texts=tuple(normalise(one.words) for one in rows),
            labels=tuple(one.label for one in rows),
            topics=tuple(one.topic for one in rows),
            ids=tuple(one.id for one in examples),
            lexicon=lexicon,
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """What a model said of mails it had not seen."""

    at: Ints
    scores: tuple[Floats, ...]
    technical: tuple[Floats, ...]
    familiarity: Floats


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a model of some mails grows on: their features, and the factor of their inner products."""

    features: Features
    rows: csr_matrix
    factor: Floats | None
    memory: Memory


def _ground(lesson: _Lesson, at: Ints) -> _Ground:
    texts = [lesson.texts[one] for one in at]
    features = Features.learn(texts, lesson.lexicon, least=lesson.least)
    rows = sparse(features.rows(texts))
    products = (rows @ rows.T).toarray() if len(texts) <= FACTORED else None
    memory = _memory(lesson, at, rows, features.square, products)
    return _Ground(features, rows, _factor(products) if products is not None else None, memory)


def _grown(lesson: _Lesson, at: Ints, ground: _Ground) -> Classifier:
    """An uncalibrated model of some of the mails."""
    topics, labels = [lesson.topics[one] for one in at], [lesson.labels[one] for one in at]
    yes_no = ["yes" if topic == TECHNICAL else "no" for topic in topics]
    broad = _head(ground, topics, topics)
    narrow = () if labels == topics else (_head(ground, labels, topics),)
    return Classifier(
        features=ground.features,
        panel=Panel((broad, *narrow)),
        technical=Panel((_head(ground, yes_no, yes_no),)) if "yes" in yes_no else None,
        memory=ground.memory,
        threshold=NEVER,
        digest="",
    )


def _memory(lesson: _Lesson, at: Ints, rows: csr_matrix, square: float, products: Floats | None) -> Memory:
    kept = np.flatnonzero(at < len(lesson.ids))
    known = products[np.ix_(kept, kept)] if products is not None else None
    likeness = [_likeness(rows[kept], known, start) for start in range(0, len(kept), _BATCH)]
    usual = float(np.quantile(np.concatenate(likeness), 0.25) / square)
    remembered = rows[kept]
    table = Rows(remembered.indices, remembered.data, remembered.indptr.astype(np.intp), rows.shape[1])
    return Memory.of(tuple(lesson.ids[one] for one in at[kept]), table, square, usual)


def _likeness(rows: csr_matrix, products: Floats | None, start: int) -> Floats:
    """The mean inner product of each of some rows with the others that are most like it."""
    part = slice(start, start + _BATCH)
    among = products[part] if products is not None else (rows[part] @ rows.T).toarray()
    own = np.arange(among.shape[0])
    among[own, own + start] = 0
    nearest = -np.partition(-among, min(NEIGHBOURS, among.shape[1]) - 1, axis=1)[:, :NEIGHBOURS]
    mean: Floats = nearest.mean(axis=1)
    return mean


def sparse(rows: Rows) -> csr_matrix:
    """The same rows as a matrix of scipy."""
    return csr_matrix((rows.values, rows.terms, rows.ends), shape=(len(rows), rows.width))


def _factor(products: Floats) -> Floats:
    steady = products.astype(np.float64)
    steady[np.diag_indices_from(steady)] += JITTER
    factor: Floats = cholesky(steady, lower=True, overwrite_a=True).astype(np.float32)
    return factor


def _head(ground: _Ground, labels: Sequence[str], topics: Sequence[str]) -> Head:
    rows, factor = ground.rows, ground.factor
    model = LogisticRegression(C=STRENGTH, class_weight=_weights(labels), max_iter=1000)
    model.fit(rows if factor is None else factor, labels)
    weights, bias = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one column for two labels
        weights, bias = weights * [-0.5, 0.5], bias * [-0.5, 0.5]
    if factor is not None:
        weights = rows.T @ solve_triangular(factor, weights, lower=True, trans="T").astype(np.float32)
    owner = dict(zip(labels, topics, strict=True))
    names = tuple(map(str, model.classes_))
    return Head.of(names, tuple(owner[name] for name in names), weights, bias.astype(np.float32))


def _weights(labels: Sequence[str]) -> dict[str, float]:
    """Half way to balance: rare labels count for more, yet a frequent one stays likelier. Better than both ends."""
    counts = Counter(labels)
    return {label: math.sqrt(len(labels) / (len(counts) * count)) for label, count in counts.items()}


def _folds(lesson: _Lesson, ground: _Ground) -> Ints:
    count = len(lesson.ids)
    fold = np.full(len(lesson.texts), -1)
    near_copies = alike(ground.rows[:count], LIKE * ground.features.square)
    fold[:count] = folds(lesson.labels[:count], groups(near_copies), lesson.folds)
    return fold


def alike(rows: csr_matrix, least: float) -> csr_matrix:
    """Which of some rows have an inner product of at least `least` with which."""
    columns = rows.T.tocsr()
    parts = []
    for start in range(0, rows.shape[0], _BATCH):
        part = (rows[start : start + _BATCH] @ columns).tocsr()
        part.data = (part.data >= least).astype(np.int8)
        part.eliminate_zeros()
        parts.append(part)
    table: csr_matrix = vstack(parts, format="csr")
    return table


def _held_out(lesson: _Lesson, fold: Ints, number: int) -> list[_Held]:
    """What a model of the other folds says of this one; nothing of an empty fold."""
    at = np.flatnonzero(fold == number)
    if not len(at):
        return []
    others = np.flatnonzero(fold != number)
    model = _grown(lesson, others, _ground(lesson, others))
    rows = model.features.rows(lesson.texts[one] for one in at)
    likeness, _ = model.memory.nearest(rows)
    held = _Held(
        at=at,
        scores=model.panel.scores(rows),
        technical=model.technical.scores(rows) if model.technical else (),
        familiarity=model.memory.familiarity(likeness),
    )
    return [held]


def _calibrated(model: Classifier, lesson: _Lesson, held: Sequence[_Held]) -> Classifier:
    """The same model with the temperatures and the threshold that the held-out mails ask for."""
    if not held:
        return model
    at = np.concatenate([one.at for one in held])
    topics = [lesson.topics[one] for one in at]
    scores = _joined([one.scores for one in held])
    panel = _warmed(model.panel, scores, topics)
    technical = model.technical
    if technical:
        yes_no = ["yes" if topic == TECHNICAL else "no" for topic in topics]
        technical = _warmed(technical, _joined([one.technical for one in held]), yes_no)
    shares = panel.shares(scores)
    confidence = shares.max(axis=1) * np.concatenate([one.familiarity for one in held])
    right = shares.argmax(axis=1) == np.searchsorted(panel.topics, topics)
    return replace(model, panel=panel, technical=technical, threshold=threshold_for(confidence, right, TARGET))


def _joined(folds: Sequence[tuple[Floats, ...]]) -> tuple[Floats, ...]:
    """The scores of each head over all folds; every fold knows the same labels, since lone groups always train."""
    return tuple(np.concatenate(parts) for parts in zip(*folds, strict=True))


def _warmed(panel: Panel, scores: Sequence[Floats], topics: Sequence[str]) -> Panel:
    truth = np.searchsorted(panel.topics, topics).astype(np.intp)
    return replace(panel, temperature=temperature_for(lambda heat: panel.shares(scores, heat), truth))
