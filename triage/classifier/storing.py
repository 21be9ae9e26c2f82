"""The model file: plain numbers and text that cannot run code, and the model that is always ready.

A first line with the format's version, the SHA-256 of the rest, then numpy's own archive, read without pickle.
A file that is damaged, changed or of another version is refused with one sentence; `ready` then trains anew.
A model whose examples were edited since stays in service: `triage train` makes its successor and compares the two.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from triage.classifier.examples import Descriptions, describe, files
from triage.classifier.examples import load as load_examples
from triage.classifier.features import FAMILIES, Features
from triage.classifier.fingerprint import code_fingerprint, fingerprint
from triage.classifier.lexicon import Lexicon
from triage.classifier.lexicon import load as load_lexicon
from triage.classifier.model import Classifier, Head, Memory, Panel
from triage.classifier.rows import Rows
from triage.domain import OperatorError
from triage.wholefile import write_whole

if TYPE_CHECKING:
    from triage.classifier.training import Progress

__all__ = [
    "ModelFileError",
    "Sources",
    "digest_of",
    "learn",
    "load",
    "of_this_code",
    "pack",
    "ready",
    "save",
    "serves",
    "unpack",
    "usable",
]

_VERSION = b"triage model 3\n"
_DIGEST = hashlib.sha256().digest_size
_CHUNK = 1024 * 1024

log = logging.getLogger(__name__)


class ModelFileError(OperatorError):
    """A model file that cannot be used, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a model is made of. The keys of `descriptions` are the topics that exist."""

    folders: tuple[Path, ...]  # of example files
    lexicon: Path
    descriptions: Descriptions

    def digest(self) -> str:
        """Changes when the model must be trained anew."""
        return fingerprint((*files(self.folders), self.lexicon), self.descriptions)


def ready(sources: Sources, path: Path, progress: Progress | None = None) -> Classifier:
    """The stored model, if this code made it and it knows no topic that is gone; else one trained now and stored.

    Training takes up to a minute: `progress` hears of it. Raises Problems when the sources must be mended first,
    ValueError when the examples name fewer than two topics.
    """
    if (stored := _stored(sources, path)) is not None:
        return stored
    with _alone(path):  # of several that start at once one trains, and the others wait for its model
        return _stored(sources, path) or _trained(sources, path, progress)


def _stored(sources: Sources, path: Path) -> Classifier | None:
    """The stored model if it can serve."""
    try:
        stored = load(path)
        if serves(stored, sources, path):
            _remark(stored, sources)
            return stored
    except FileNotFoundError:
        log.info("no model is stored yet; training one")
    except (OSError, ModelFileError) as error:
        log.warning("%s", error)
    return None


def _trained(sources: Sources, path: Path, progress: Progress | None) -> Classifier:
    model = learn(sources, progress)
    try:
        save(model, path)
    except OSError as error:
        log.warning("the trained model could not be stored (%s); it will be trained again at the next start", error)
    return model


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """A lock beside the model; where none can be made everybody goes on."""
    with ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context(path.with_suffix(".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            log.info("others may train at the same time: %s", error)
        yield


def usable(sources: Sources, path: Path, current: Classifier) -> Classifier:
    """The stored model for rules that were just edited, or the current one where it is the same or none can be read.

    Never trains. Raises ModelFileError when the model knows a topic that the rules no longer have.
    """
    try:
        stored = current if digest_of(path) == current.digest else load(path)
    except (OSError, ModelFileError):
        stored = current
    if gone := _gone(stored, sources):
        raise ModelFileError(f"the model knows the topic '{gone}', which the rules no longer have; run 'triage train'")
    _remark(stored, sources)
    return stored


def serves(stored: Classifier, sources: Sources, path: Path) -> bool:
    """Whether a model read from a file can serve: this code made it, and it knows no topic that is gone."""
    if stored.digest == sources.digest():
        return True
    return not _gone(stored, sources) and of_this_code(path)


def _gone(model: Classifier, sources: Sources) -> str:
    """A topic that the model may guess and the rules do not have; empty when there is none."""
    return next((topic for topic in model.topics if topic not in sources.descriptions), "")


def _remark(model: Classifier, sources: Sources) -> None:
    if model.digest != sources.digest():
        log.warning("examples or descriptions were edited since the model was trained; 'triage train' learns them")


def learn(sources: Sources, progress: Progress | None = None) -> Classifier:
    """A model trained now. Raises what `ready` raises."""
    from triage.classifier.training import train  # scikit-learn: slow to import, needed here alone

    examples = load_examples(sources.folders, sources.descriptions)
    model = train(examples, describe(sources.descriptions), load_lexicon(sources.lexicon), progress)
    return replace(model, digest=sources.digest())


def save(model: Classifier, path: Path) -> None:
    """Write the model file at once or not at all. Raises OSError when the disk refuses it."""
    write_whole(path, pack(model))


def load(path: Path) -> Classifier:
    """Read a model file. Raises FileNotFoundError, and ModelFileError for a file that `save` did not write so."""
    with path.open("rb") as file:
        return _read(file, str(path))


def digest_of(path: Path) -> str:
    """The digest of the model in a file, without reading the model. Raises OSError and ModelFileError."""
    return str(_about(path)["digest"])


def of_this_code(path: Path) -> bool:
    """Whether this version of the program made a model file; another one's numbers mean something else."""
    try:
        return _about(path).get("code") == code_fingerprint()
    except (OSError, ModelFileError):
        return False


def _about(path: Path) -> dict[str, Any]:
    """What a model file says of itself; the rest is not read. Raises OSError and ModelFileError."""
    try:
        with path.open("rb") as file:
            file.seek(len(_VERSION) + _DIGEST)
            with np.load(file, allow_pickle=False) as arrays:
                about: dict[str, Any] = json.loads(_text(arrays["about"]))
                return about
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path} cannot be read ({error}); run 'triage train' to write it anew") from error


def pack(model: Classifier) -> bytes:
    """The bytes of a model file."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **_arrays(model))
    payload = buffer.getvalue()
    return _VERSION + hashlib.sha256(payload).digest() + payload


def unpack(content: bytes, name: str) -> Classifier:
    """The model in the bytes of a model file; `name` stands in messages. Raises ModelFileError."""
    return _read(io.BytesIO(content), name)


def _read(file: BinaryIO, name: str) -> Classifier:
    """The model in an open file, which is never held in memory as a whole."""
    if file.read(len(_VERSION)) != _VERSION:
        raise ModelFileError(
            f"{name} is no model file of this version of the desk; run 'triage train' to write it anew"
        )
    wanted, digest, start = file.read(_DIGEST), hashlib.sha256(), file.tell()
    while part := file.read(_CHUNK):
        digest.update(part)
    if digest.digest() != wanted:
        raise ModelFileError(f"{name} is damaged or was changed; run 'triage train' to write it anew")
    file.seek(start)
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return _model(arrays)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{name} cannot be read ({error}); run 'triage train' to write it anew") from error


def _arrays(model: Classifier) -> dict[str, Any]:
    panels = {"panel": model.panel} | ({"technical": model.technical} if model.technical else {})
    about = {
        "digest": model.digest,
        "code": code_fingerprint(),
        "threshold": model.threshold,
        "ids": model.memory.ids,
        "usual": model.memory.usual,
        "lexicon": model.features.lexicon.concepts,
        "panels": {name: _panel_facts(panel) for name, panel in panels.items()},
    }
    arrays = {
        "about": _bytes(json.dumps(about)),
        **{name: _bytes("\n".join(terms)) for name, terms in zip(FAMILIES, model.features.terms, strict=True)},
        "idf": model.features.idf,
        **_table("row", model.memory.rows),
        **_table("column", model.memory.columns),
    }
    for name, panel in panels.items():
        for at, head in enumerate(panel.heads):
            arrays |= {f"{name}_{at}_weights": head.weights, f"{name}_{at}_bias": head.bias}
    return arrays


def _table(name: str, rows: Rows) -> dict[str, Any]:
    return {f"{name}_terms": rows.terms, f"{name}_values": rows.values, f"{name}_ends": rows.ends}


def _rows(name: str, arrays: Mapping[str, Any], width: int) -> Rows:
    return Rows(arrays[f"{name}_terms"], arrays[f"{name}_values"], arrays[f"{name}_ends"], width)


def _panel_facts(panel: Panel) -> dict[str, Any]:
    heads = [{"labels": head.labels, "owners": head.owners, "step": head.step} for head in panel.heads]
    return {"temperature": panel.temperature, "heads": heads}


def _model(arrays: Mapping[str, Any]) -> Classifier:
    about = json.loads(_text(arrays["about"]))
    features = Features([_lines(arrays[name]) for name in FAMILIES], arrays["idf"], Lexicon(about["lexicon"]))
    panels = {name: _panel(name, facts, arrays) for name, facts in about["panels"].items()}
    return Classifier(
        features=features,
        panel=panels["panel"],
        technical=panels.get("technical"),
        memory=Memory(
            ids=tuple(about["ids"]),
            rows=_rows("row", arrays, len(features)),
            columns=_rows("column", arrays, len(about["ids"])),
            square=features.square,
            usual=about["usual"],
        ),
        threshold=about["threshold"],
        digest=about["digest"],
    )


def _panel(name: str, facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> Panel:
    heads = [
        Head(
            labels=tuple(head["labels"]),
            owners=tuple(head["owners"]),
            weights=arrays[f"{name}_{at}_weights"],
            step=head["step"],
            bias=arrays[f"{name}_{at}_bias"],
        )
        for at, head in enumerate(facts["heads"])
    ]
    return Panel(tuple(heads), facts["temperature"])


def _bytes(text: str) -> Any:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _text(array: Any) -> str:
    return bytes(array).decode()


def _lines(array: Any) -> list[str]:
    text = _text(array)
    return text.split("\n") if text else []
