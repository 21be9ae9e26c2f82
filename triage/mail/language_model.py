"""How likely a text is in which language: py3langid's n-grams of bytes and what they say, for the languages that matter.

py3langid is their only source, and this its only home. It packs them so well, with an automaton of 39 MB to find them,
that unpacking takes half a second. What a mail needs of it are 100,000 n-grams and a row of numbers for each: these are
kept in a file of 3 MB, numbers that cannot run code, and read at once.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from triage.wholefile import write_whole

__all__ = ["LANGUAGES", "prepare", "ranked"]

LANGUAGES = ("en", "no", "nn", "da", "sv", "fi", "de", "es", "fr", "it", "nl", "pl")
"""Those of our mail, and some that are known so that none of them is taken for one of ours."""

_FILE = "language.bin"
_FORMAT = "1"
_WIDTH = 8  # bytes that fit into a number; n-grams have up to six
_BEFORE = b"\xff" * (_WIDTH - 1)  # in no n-gram, for UTF-8 has no such byte


@dataclass(frozen=True, slots=True)
class _Model:
    names: Sequence[str]
    prior: npt.NDArray[np.float32]
    grams: npt.NDArray[np.uint64]  # their bytes as numbers, sorted
    chances: npt.NDArray[np.float16]  # logarithms: a row for each n-gram, a column for each language
    masks: npt.NDArray[np.uint64]  # leave of eight bytes the last ones, as many as some n-gram has: most first

    def ranked(self, text: str) -> list[tuple[str, float]]:
        """As py3langid does it: naive Bayes, evened out by the root of the length so that long texts stay doubtful."""
        written = unicodedata.normalize("NFC", text.lower() if text.isupper() else text)
        letters = written.encode(errors="surrogatepass")
        scores = np.zeros(len(self.names), dtype=np.float32)
        rows, counts = np.unique(self._found(letters), return_counts=True)
        if rows.size:
            scores = np.log1p(counts.astype(np.float32)) @ self.chances[rows] + self.prior
        scores *= 1 / math.sqrt(len(letters) or 1)
        powers = np.exp(scores - scores.max())
        return sorted(zip(self.names, (powers / powers.sum()).tolist(), strict=True), key=lambda one: -one[1])

    def _found(self, letters: bytes) -> npt.NDArray[np.intp]:
        """The row of the longest n-gram that ends at each byte, where one does."""
        ends = np.ndarray(len(letters), ">u8", _BEFORE + letters, strides=(1,)).astype(np.uint64)
        asked = ends & self.masks[:, None]
        rows = np.searchsorted(self.grams, asked)
        known = self.grams.take(rows, mode="clip") == asked
        places = np.flatnonzero(known.any(axis=0))
        longest: npt.NDArray[np.intp] = rows[known.argmax(axis=0)[places], places]
        return longest


_held: list[_Model] = []  # once there is one


def ranked(text: str) -> Sequence[tuple[str, float]]:
    """Each language with its probability. Raises OSError where nothing was prepared and there is no room to unpack."""
    if not _held:
        _held.append(_unpacked())
    return _held[0].ranked(text)


def prepare(folder: Path) -> None:
    """Load the model now, from a file in `folder` that is made the first time. Without room there it goes on without."""
    if not _held:
        with suppress(OSError):
            _held.append(_kept(folder / _FILE))


def _kept(path: Path) -> _Model:
    """As it was written down; else unpacked, and written down for the next time."""
    with suppress(OSError, ValueError, EOFError):
        return _read(path)
    model = _unpacked()
    with suppress(OSError):
        _write(path, model)
    return model


def _unpacked() -> _Model:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages(LANGUAGES)
    grams = _grams(whole)
    numbers = np.array([int.from_bytes(gram) for gram in grams], dtype=np.uint64)
    lengths = sorted({len(gram) for gram in grams}, reverse=True)
    masks = np.array([(1 << 8 * length) - 1 for length in lengths], dtype=np.uint64)
    order = np.argsort(numbers)
    return _Model(whole.nb_classes, whole.nb_pc, numbers[order], whole.nb_ptc[order], masks)


def _grams(whole: Any) -> list[bytes]:
    """The n-gram of each row: the shortest way from the automaton's start to a state that tells of this row."""
    moves, rows = np.asarray(whole.tk_nextmove).reshape(-1, 256), np.asarray(whole.tk_row)
    known, edge = np.zeros(len(rows), dtype=np.bool_), np.zeros(1, dtype=np.intp)
    known[0] = True
    ways, grams = {0: b""}, dict[int, bytes]()
    while edge.size:
        reached = moves[rows[edge]].ravel()
        steps = np.flatnonzero(~known[reached])
        states, first = np.unique(reached[steps], return_index=True)
        for state, step in zip(states.tolist(), steps[first].tolist(), strict=True):
            ways[state] = ways[int(edge[step >> 8])] + bytes([step & 255])
            grams.setdefault(whole.tk_output[state], ways[state])
        known[states] = True
        edge = states
    return [grams[row] for row in range(len(whole.nb_ptc))]


def _write(path: Path, model: _Model) -> None:
    """At once or not at all. Raises OSError."""
    content = io.BytesIO()
    for table in (_made_of(), model.names, model.prior, model.grams, model.chances, model.masks):
        np.save(content, np.asarray(table), allow_pickle=False)
    write_whole(path, content.getvalue())


def _read(path: Path) -> _Model:
    """Raises OSError, and ValueError or EOFError for a file that another version wrote."""
    with path.open("rb") as file:
        if _table(file).tolist() != _made_of():
            raise ValueError(f"{path} is of another version")
        return _Model(_table(file).tolist(), *(_table(file) for _ in range(4)))


def _table(file: BinaryIO) -> npt.NDArray[Any]:
    table: npt.NDArray[Any] = np.load(file, allow_pickle=False)
    return table


def _made_of() -> list[str]:
    """What the file depends on."""
    return [_FORMAT, version("py3langid"), *LANGUAGES]
