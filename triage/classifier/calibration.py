"""Honest numbers: folds that keep likes together, one temperature, and a threshold with a bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import betaincinv

from triage.classifier.rows import Floats, Ints

__all__ = ["NEVER", "folds", "groups", "temperature_for", "threshold_for"]

NEVER = 2.0  # a confidence that no mail reaches
_LEAST = 1e-12  # a probability whose logarithm is still a number
_BOUND = 0.90  # one-sided confidence of the Clopper-Pearson bound


def groups(alike: csr_matrix) -> Ints:
    """A group number for each mail: mails that are alike, directly or in a chain, share it."""
    return np.asarray(connected_components(alike, directed=False)[1], dtype=np.intp)


def folds(labels: Sequence[str], group: Ints, count: int, *, seed: int = 0) -> Ints:
    """A fold for each mail, groups kept together and labels spread evenly; -1 (always trains) where a label has
    one group only, since nothing could be learnt of it without."""
    rng = np.random.default_rng(seed)
    names = np.asarray(labels, dtype=object)
    _, first = np.unique(group, return_index=True)
    fold_of_group = np.full(int(group.max()) + 1, -1)
    start = 0
    for label in sorted(set(labels)):
        mine = rng.permutation(group[first[names[first] == label]])
        if len(mine) > 1:
            fold_of_group[mine] = (start + np.arange(len(mine))) % count
            start += len(mine)
    return fold_of_group[group]


def temperature_for(shares: Callable[[float], Floats], topic: Ints) -> float:
    """The temperature under which the right topics are likeliest in all (negative log-likelihood).

    `shares` gives the probabilities of some mails at a temperature, `topic` is the right column of each mail.
    """

    def loss(log_temperature: float) -> float:
        right = shares(float(np.exp(log_temperature)))[np.arange(len(topic)), topic]
        return -float(np.log(np.maximum(right, _LEAST)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 2), method="bounded").x))


def threshold_for(confidence: Floats, right: npt.NDArray[np.bool_], target: float) -> float:
    """The lowest confidence from which on the mails are right with at least `target` precision, taken with its
    90 % lower bound (Clopper-Pearson); NEVER where no confidence gives that."""
    order = np.argsort(-confidence, kind="stable")
    sure, hits = confidence[order], np.cumsum(right[order])
    kept = np.arange(1, len(sure) + 1)
    bound = betaincinv(np.maximum(hits, 1), kept - hits + 1, 1 - _BOUND)
    last_of_tie = np.append(sure[1:] != sure[:-1], True)[: len(sure)]
    good = np.flatnonzero((hits > 0) & (bound >= target) & last_of_tie)
    return float(sure[good[-1]]) if len(good) else NEVER
