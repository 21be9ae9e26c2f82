from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from triage.classifier.calibration import NEVER, folds, groups, temperature_for, threshold_for
from triage.classifier.model import softmax


def test_the_temperature_makes_boastful_scores_honest() -> None:
    rng = np.random.default_rng(1)
    honest = rng.normal(size=(4000, 5)).astype(np.float32) * 2
    truth = np.array([rng.choice(5, p=row / row.sum()) for row in softmax(honest).astype(np.float64)])
    boastful = honest * 4
    heat = temperature_for(lambda heat: softmax((boastful / heat).astype(np.float32)), truth)
    assert heat == pytest.approx(4, rel=0.1)


def test_the_threshold_keeps_its_promise_with_a_margin() -> None:
    rng = np.random.default_rng(2)
    promised = rng.uniform(0.5, 1, 5000).astype(np.float32)
    right = rng.random(5000) < promised
    threshold = threshold_for(promised, right, 0.95)
    fresh = rng.uniform(0.5, 1, 50_000)
    kept = fresh >= threshold
    assert 0.02 < kept.mean() < 0.2
    assert (rng.random(50_000) < fresh)[kept].mean() >= 0.95


def test_few_mails_prove_nothing_even_if_all_are_right() -> None:
    confidence = np.linspace(0.5, 1, 20).astype(np.float32)
    assert threshold_for(confidence, np.ones(20, dtype=bool), 0.98) == NEVER
    assert threshold_for(np.zeros(0, dtype=np.float32), np.zeros(0, dtype=bool), 0.98) == NEVER


def test_mails_of_one_confidence_stand_or_fall_together() -> None:
    confidence = np.full(400, 0.9, dtype=np.float32)
    right = np.arange(400) >= 100
    assert threshold_for(confidence, right[::-1], 0.98) == NEVER


def test_likes_share_a_group_and_a_group_stays_in_one_fold() -> None:
    alike = csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]))
    group = groups(alike)
    assert len(set(group[:3])) == 1
    assert group[3] != group[0]
    fold = folds(["a", "a", "a", "a"], group, 2)
    assert len(set(fold[:3])) == 1
    assert {fold[0], fold[3]} == {0, 1}


def test_a_label_with_one_group_always_trains() -> None:
    assert list(folds(["a", "b", "b"], np.array([0, 1, 1]), 5)) == [-1, -1, -1]


def test_labels_are_spread_over_the_folds() -> None:
    fold = folds(["a"] * 10 + ["b"] * 10, np.arange(20), 5)
    assert {tuple(np.bincount(part, minlength=5)) for part in (fold[:10], fold[10:])} == {(2, 2, 2, 2, 2)}
