"""The shelf of models in the state folder: each that was trained, with its figures; one of them is in service."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from triage.classifier import storing
from triage.classifier.model import Classifier
from triage.domain import OperatorError

KEPT: Final = 5  # models on the shelf; the one in service is never removed
SERVING: Final = "model.bin"  # in the state folder
_FOLDER: Final = "models"


class CannotServe(OperatorError):  # noqa: N818 - says what happened
    """There is no such model, or it cannot be used."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison said of a model: whether it is taken into service, and why."""

    taken: bool
    why: str
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Volume:
    """One stored model. `taken` says whether it was ever in service, `why` what the comparison said."""

    path: Path
    digest: str
    at: datetime
    examples: int
    figures: Mapping[str, int]
    why: str
    taken: bool
    in_service: bool = False


def put(state: Path, model: Classifier, verdict: Verdict, at: datetime) -> Volume:
    """Store a model beside the others; the oldest ones beyond KEPT are removed. Raises OSError."""
    path = state / _FOLDER / f"{model.digest[:16]}.bin"
    examples = len(model.memory.ids)
    volume = Volume(path, model.digest, at, examples, dict(verdict.figures), verdict.why, verdict.taken)
    storing.save(model, path)
    _write(volume)
    others = [each for each in volumes(state) if not each.in_service and each.digest != model.digest]
    for old in others[KEPT - 1 :]:
        old.path.unlink(missing_ok=True)
        _about(old.path).unlink(missing_ok=True)
    return volume


def volumes(state: Path) -> list[Volume]:
    """Every stored model, newest first."""
    serving = in_service(state)
    found = (_read(path, serving) for path in (state / _FOLDER).glob("*.json"))
    return sorted((each for each in found if each), key=lambda each: each.at, reverse=True)


def find(state: Path, digest: str) -> Volume:
    """The model whose digest begins so. Raises CannotServe when none does, or several."""
    found = [each for each in volumes(state) if each.digest.startswith(digest.lower())]
    if len(found) != 1:
        many = "several stored models begin" if found else "no stored model begins"
        raise CannotServe(f"{many} with '{digest}'; 'triage model list' shows them")
    return found[0]


def serve(state: Path, volume: Volume) -> None:
    """Put a stored model in service: a running desk takes it at its next look. At once or not at all.

    Raises CannotServe and OSError.
    """
    if not storing.of_this_code(volume.path):
        raise CannotServe(f"the model {volume.digest[:12]} was made by another version of the program; train one")
    path = state / SERVING
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        os.link(volume.path, fresh)  # takes no room
    except OSError:
        shutil.copyfile(volume.path, fresh)
    fresh.replace(path)
    path.touch()  # a desk that watches sees that it is another
    _write(replace(volume, taken=True))


def before(state: Path) -> Volume:
    """The model that was in service before this one. Raises CannotServe when none is kept."""
    found = volumes(state)
    current = next((each.at for each in found if each.in_service), None)
    older = [each for each in found if each.taken and not each.in_service and (current is None or each.at < current)]
    if not older:
        raise CannotServe("no earlier model is kept; 'triage model list' shows those that are")
    return older[0]


def in_service(state: Path) -> str:
    """The digest of the model in service; empty when there is none."""
    try:
        return storing.digest_of(state / SERVING)
    except (OSError, storing.ModelFileError):
        return ""


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
