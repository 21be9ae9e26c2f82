"""What a model depends on, in one digest: when it changes, the model is trained anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from triage.classifier.examples import Descriptions

__all__ = ["code_fingerprint", "fingerprint"]

_CODE = ("calibration.py", "examples.py", "features.py", "lexicon.py", "model.py", "rows.py", "training.py")
_LIBRARIES = ("numpy", "scikit-learn", "scipy")


def fingerprint(files: Iterable[Path], descriptions: Descriptions) -> str:
    """SHA-256 (hex) over the examples and the lexicon, the descriptions of topics, the code that learns from them, and the
    versions of its libraries. The files are not parsed: this runs at every start."""
    digest = hashlib.sha256()
    for path in (*(Path(__file__).parent / name for name in _CODE), *files):
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    for topic, texts in sorted(descriptions.items()):
        digest.update(repr((topic, sorted((language.value, text) for language, text in texts.items()))).encode())
    return digest.hexdigest()


def code_fingerprint() -> str:
    """SHA-256 (hex) over the code that learns and serves, and its libraries: another one cannot use the model."""
    return fingerprint((), {})
