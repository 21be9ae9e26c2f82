"""The shelf of models in the state folder: each that was trained, with its figures; one of them is in service."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from triage.classifier import storing
from triage.classifier.model import Classifier
from triage.domain import OperatorError

KEPT: Final = 5  # models on the shelf; the one in service is never removed
_FOLDER: Final = "models"


class NoSuchModel(OperatorError):  # noqa: N818 - says what happened
    """No stored model has this digest."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One stored model. `verdict` says why it was taken into service, or why not."""

    path: Path
    digest: str
    at: datetime
    examples: int
    figures: Mapping[str, float]
    verdict: str
    in_service: bool = False


def put(state: Path, model: Classifier, at: datetime, figures: Mapping[str, float], verdict: str) -> Volume:
    """Store a model beside the others; the oldest ones beyond KEPT are removed. Raises OSError."""
    volume = Volume(_path(state, model.digest), model.digest, at, len(model.memory.ids), dict(figures), verdict)
    storing.save(model, volume.path)
    _write(volume)
    for old in [each for each in volumes(state) if not each.in_service and each.digest != model.digest][KEPT - 1 :]:
        old.path.unlink(missing_ok=True)
        _about(old.path).unlink(missing_ok=True)
    return volume


def volumes(state: Path) -> list[Volume]:
    """Every stored model, newest first."""
    serving = in_service(state)
    found = (_read(path, serving) for path in (state / _FOLDER).glob("*.json"))
    return sorted((each for each in found if each), key=lambda each: each.at, reverse=True)


def find(state: Path, digest: str) -> Volume:
    """The model whose digest begins so. Raises NoSuchModel when none does, or several."""
    found = [each for each in volumes(state) if each.digest.startswith(digest.lower())]
    if len(found) != 1:
        many = "several stored models begin" if found else "no stored model begins"
        raise NoSuchModel(f"{many} with '{digest}'; 'triage model list' shows them")
    return found[0]


def serve(state: Path, volume: Volume, path: Path) -> None:
    """Put a stored model in service: the daemon takes it at its next look. At once or not at all. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        os.link(volume.path, fresh)  # takes no room
    except OSError:
        shutil.copyfile(volume.path, fresh)
    fresh.replace(path)


def in_service(state: Path) -> str:
    """The digest of the model in service; empty when there is none."""
    try:
        return storing.digest_of(state / "model.bin")
    except (OSError, storing.ModelFileError):
        return ""


def _path(state: Path, digest: str) -> Path:
    return state / _FOLDER / f"{digest[:16]}.bin"


def _about(path: Path) -> Path:
    return path.with_suffix(".json")


def _write(volume: Volume) -> None:
    facts = asdict(volume) | {"at": volume.at.isoformat()}
    del facts["path"], facts["in_service"]
    _about(volume.path).write_text(json.dumps(facts, indent=2), encoding="utf-8")


def _read(about: Path, serving: str) -> Volume | None:
    """What is said of a stored model; None for a file that somebody damaged or whose model is gone."""
    path = about.with_suffix(".bin")
    try:
        facts = json.loads(about.read_text(encoding="utf-8"))
        at = datetime.fromisoformat(facts.pop("at"))
        return Volume(path=path, at=at, in_service=facts["digest"] == serving, **facts) if path.exists() else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
