"""The examples a model learns from, read from rules/examples/<topic>.yaml with every problem located."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.domain import Language
from triage.yamlfile import Document, Model, Problem, Problems, did_you_mean, read, read_list

__all__ = ["Descriptions", "Example", "describe", "files", "load", "load_gold"]

Descriptions = Mapping[str, Mapping[Language, str]]  # what the rulebook says of each topic, by language


@dataclass(frozen=True, slots=True)
class Example:
    """One mail whose topic people have settled. `intent` is a narrower kind inside the topic, "" when none is named;
    `also` are other topics that a fair judge would accept."""

    topic: str
    intent: str
    language: Language
    subject: str
    text: str
    also: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`settlement/payout-missing/1a2b3c4d`: stable as long as the words of the mail stay the same."""
        short = hashlib.sha256(self.words.encode()).hexdigest()[:8]
        return "/".join(part for part in (self.topic, self.intent, short) if part)

    @property
    def words(self) -> str:
        """What the model reads: the subject, a line break, the text."""
        return f"{self.subject}\n{self.text}"

    @property
    def label(self) -> str:
        """The narrowest kind that is named: topic and intent, or the topic alone."""
        return f"{self.topic}/{self.intent}" if self.intent else self.topic


class _Entry(Model):
    language: Language
    intent: str = ""
    subject: str = ""
    text: str


class _Gold(Model):
    id: str
    topic: str
    also: tuple[str, ...] = ()
    """Other topics the mail touches; the model must find `topic`."""
    language: Language
    subject: str = ""
    text: str


class _File(Model):
    topic: str
    examples: tuple[_Entry, ...] = ()


def load(folders: Iterable[Path], topics: Collection[str]) -> tuple[Example, ...]:
    """Every example of some folders, in the order of file names.

    Raises Problems with all that is wrong at once: unreadable files, unknown keys, languages and topics,
    mails without words, and mails that stand there twice.
    """
    problems: list[Problem] = []
    documents: list[Document[_File]] = []
    for path in files(folders):
        try:
            documents.append(read(path, _File, shown_as=f"{path.parent.name}/{path.name}"))
        except Problems as found:
            problems += found.problems
    problems += (
        problem for document in documents for problem in _unknown_topic(document, document.value.topic, topics)
    )
    problems += _doubtful_texts(documents)
    if problems:
        raise Problems(problems)
    return tuple(_example(document.value.topic, entry) for document in documents for entry in document.value.examples)


def load_gold(folder: Path, topics: Collection[str]) -> tuple[Example, ...]:
    """The mails that never train, from files that are lists of `id`, `topic`, `language`, `subject` and `text`.

    Raises Problems with all that is wrong at once: as `load`, and ids that are given twice.
    """
    problems: list[Problem] = []
    documents: list[Document[_Gold]] = []
    for path in files([folder]):
        try:
            documents += read_list(path, _Gold, shown_as=f"{folder.name}/{path.name}")
        except Problems as found:
            problems += found.problems
    seen: set[str] = set()
    for document in documents:
        mail = document.value
        for topic in (mail.topic, *mail.also):
            problems += _unknown_topic(document, topic, topics)
        if mail.id in seen:
            problems.append(Problem(document.place("id"), f"the id '{mail.id}' is given twice; give each mail its own"))
        seen.add(mail.id)
    if problems:
        raise Problems(problems)
    mails = (document.value for document in documents)
    return tuple(Example(one.topic, "", one.language, one.subject.strip(), one.text.strip(), one.also) for one in mails)


def files(folders: Iterable[Path]) -> list[Path]:
    """The example files of some folders, in the order of their names."""
    return [path for folder in folders for path in sorted(folder.glob("*.yaml"))]


def describe(descriptions: Descriptions) -> tuple[Example, ...]:
    """What the rulebook says of its topics, as mails to learn from: one for each topic and language."""
    return tuple(
        Example(topic, "", language, "", text)
        for topic, texts in sorted(descriptions.items())
        for language, text in sorted(texts.items())
        if text.strip()
    )


def _example(topic: str, entry: _Entry) -> Example:
    return Example(topic, entry.intent.strip(), entry.language, entry.subject.strip(), entry.text.strip())


def _unknown_topic(document: Document[Any], topic: str, topics: Collection[str]) -> Iterator[Problem]:
    if topic not in topics:
        yield Problem(document.place("topic"), f"unknown topic '{topic}'{did_you_mean(topic, topics)}")


def _doubtful_texts(documents: Iterable[Document[_File]]) -> Iterator[Problem]:
    """Mails without words, and mails whose words stand there twice (capitals and spaces do not count)."""
    first: dict[str, str] = {}
    for document in documents:
        for index, entry in enumerate(document.value.examples):
            place = document.place("examples", index, "text")
            said = " ".join(f"{entry.subject} {entry.text}".lower().split())
            if not entry.text.strip():
                yield Problem(place, "'text' is empty; write the mail, or remove this example")
            elif said in first:
                yield Problem(place, f"this mail stands already in {first[said]}; keep one of them")
            else:
                first[said] = str(place)
