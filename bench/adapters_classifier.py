"""The desk's own trainer behind scikit-learn's words, so that a benchmark of text classifiers can measure it.

python classifier_eval.py DATASET --factory bench.adapters_classifier:make
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.classifier.examples import Example
from triage.classifier.storing import pack, unpack
from triage.classifier.training import train
from triage.domain import Language

_SEAMS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")


class Adapter:
    """fit / predict_proba / classes_ / confidence over plain lists; a label's own words describe it."""

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Adapter:
        examples = [_example(text, label) for text, label in zip(texts, labels, strict=True)]
        spelt = [_example(" ".join(_SEAMS.split(label)), label) for label in sorted(set(labels))]
        described = [one for one in spelt if re.search("[^\\W\\d]", one.text)]
        self.model = train(examples, described)
        self.classes_ = np.array(self.model.topics, dtype=object)
        return self

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self.model.judge(texts)[0]

    def confidence(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self.model.judge(texts)[1]

    def __getstate__(self) -> dict[str, Any]:
        return {"classes_": self.classes_, "model": pack(self.model)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.classes_, self.model = state["classes_"], unpack(state["model"], "pickle")


def make() -> Adapter:
    """A fresh, untrained estimator."""
    return Adapter()


def _example(text: str, label: str) -> Example:
    return Example(topic=label, intent="", language=Language.EN, subject="", text=text)
