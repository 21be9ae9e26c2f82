"""What no template may say: a promise of a time or an outcome, or an address of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from triage.domain import Language
from triage.yamlfile import Model, Place, Problem, Problems, read

PROMISES = "promises.yaml"
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>)\"']+|[\w.+-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)


class PromiseWords(Model):
    """Words that promise, in one language."""

    time: tuple[str, ...]
    outcome: tuple[str, ...]


class PromisesFile(Model):
    """templates/promises.yaml."""

    promises: dict[Language, PromiseWords]


@dataclass(frozen=True, slots=True)
class Promises:
    """The words of promises.yaml, ready to be looked for."""

    _patterns: Mapping[Language, Mapping[str, re.Pattern[str]]]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read promises.yaml in the folder of templates. Raises Problems."""
        words = read(folder / PROMISES, PromisesFile).value.promises
        return cls(
            {
                language: {"a time": _pattern(each.time), "an outcome": _pattern(each.outcome)}
                for language, each in words.items()
            }
        )

    def knows(self, language: Language) -> bool:
        return language in self._patterns

    def found(self, text: str, language: Language) -> Iterator[tuple[int, str]]:
        """Each promise of a text: where it starts, and a sentence about it."""
        for kind, pattern in self._patterns[language].items():
            for match in pattern.finditer(text):
                words = " ".join(match.group().split())
                yield match.start(), f'"{words}" promises {kind}; leave it out'


def check_wording(folder: Path, languages: tuple[Language, ...]) -> Iterator[Problem]:
    """Promises and addresses that stand in the templates of some languages, each with its line and column."""
    try:
        promises = Promises.load(folder)
    except Problems as problems:
        yield from problems.problems
        return
    for language in languages:
        if not promises.knows(language):
            yield Problem(Place(str(folder / PROMISES)), f"it has no words for '{language}'; add them")
            continue
        for file in sorted(folder.rglob(f"*.{language}.md")):
            yield from _wrong_in(file, language, promises)


def _wrong_in(file: Path, language: Language, promises: Promises) -> Iterator[Problem]:
    text = _COMMENT.sub(_blank, file.read_text(encoding="utf-8", errors="replace"))
    for start, sentence in promises.found(text, language):
        yield Problem(_place(file, text, start), sentence)
    for match in _ADDRESS.finditer(text):
        sentence = f"'{match.group()}' is an address; contacts come from rules/contacts.yaml: use {{{{ about.link }}}}"
        yield Problem(_place(file, text, match.start()), sentence)


def _blank(comment: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", comment.group())


def _place(file: Path, text: str, start: int) -> Place:
    line = text.count("\n", 0, start) + 1
    return Place(str(file), line, start - text.rfind("\n", 0, start))


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words, with the numbers and further words that follow or go before it: "within 24 hours" is one."""
    one = "|".join(_one(word) for word in words)
    return re.compile(rf"\b(?:\d+\s+)?(?:{one})\b(?:\s+(?:\d+|{one})\b)*", re.IGNORECASE)


def _one(word: str) -> str:
    escaped = r"\s+".join(re.escape(part) for part in word.split())
    return escaped.replace(r"\*", r"\w*").replace(re.escape("<number>"), r"\d+")
