"""How likely a text is in which language, by py3langid's n-grams. Its only home.

py3langid packs its tables so well that unpacking them takes half a second and 100 MB. What a start needs of them, cut down
to the languages that matter, is kept in a file: plain numbers that cannot run code. Most of it (39 MB) tells which state
follows which byte; only the pages of that which mails touch are held in memory.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

__all__ = ["LANGUAGES", "prepare", "ranked"]

LANGUAGES = ("en", "no", "nn", "da", "sv", "fi", "de", "es", "fr", "it", "nl", "pl")
"""Those of our mail, and some that are known so that none of them is taken for one of ours."""

_FILE = "language.bin"
_held: list[Any] = []  # the identifier, once there is one


def ranked(text: str) -> Sequence[tuple[str, float]]:
    """Each language with its probability. Raises OSError where nothing was prepared and there is no room to unpack."""
    if not _held:
        _held.append(_unpacked())
    result: Sequence[tuple[str, float]] = _held[0].rank(text)
    return result


def prepare(folder: Path) -> None:
    """Load the model now, from a file in `folder` that is made the first time. Without room there it goes on without."""
    if not _held:
        with suppress(OSError):
            _held.append(_kept(folder / _FILE))


def _kept(path: Path) -> Any:
    """The identifier as it was written down; else unpacked, written down, and read so that its table is mapped."""
    with suppress(OSError, ValueError, EOFError):
        return _read(path)
    whole = _unpacked()
    with suppress(OSError):
        _write(path, whole)
        return _read(path)
    return whole


def _unpacked() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages(LANGUAGES)
    # A second identifier over the cut tables lets the whole ones (27 MB) go.
    cut = whole.nb_ptc, whole.nb_pc, whole.nb_classes
    return LanguageIdentifier(*cut, whole.tk_nextmove, whole.tk_output, norm_probs=True, tk_row=whole.tk_row)


def _write(path: Path, model: Any) -> None:
    """At once or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            _put(file, model)
            file.flush()
            os.fsync(handle)  # its name must not outlive a power cut that its bytes did not
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _put(file: BinaryIO, model: Any) -> None:
    tables = model.nb_ptc, model.nb_pc, model.nb_classes, model.tk_output, model.tk_row
    for table in ([*_made_of(), model.tk_nextmove.typecode], *tables):
        np.save(file, np.asarray(table), allow_pickle=False)
    file.write(model.tk_nextmove)


def _read(path: Path) -> Any:
    """Raises OSError, and ValueError or EOFError for a file that another version wrote."""
    with path.open("rb") as file:
        *made_of, typecode = np.load(file, allow_pickle=False).tolist()
        if made_of != _made_of():
            raise ValueError(f"{path} is of another version")
        chances, prior, names, output, rows = (np.load(file, allow_pickle=False) for _ in range(5))
        moves: Any = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[file.tell() :].cast(typecode)
    from py3langid.langid import LanguageIdentifier

    cut = chances, prior, names.tolist()
    return LanguageIdentifier(*cut, moves, output.tolist(), norm_probs=True, tk_row=rows.tolist())


def _made_of() -> list[str]:
    """What the file depends on."""
    return ["1", version("py3langid"), *LANGUAGES]
