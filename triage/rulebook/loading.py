"""rules/*.yaml → Rulebook. Everything wrong in all the files is reported at once, each with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar, get_args

from triage.domain import Language
from triage.rulebook.book import Contact, Era, Rule, Rulebook, Topic
from triage.rulebook.conditions import Condition
from triage.rulebook.consistency import Files, problems_across
from triage.rulebook.schema import (
    ContactsFile,
    FlagsFile,
    InEveryLanguage,
    RoutingFile,
    StructureFile,
    TopicFile,
)
from triage.rulebook.structure import SignRule
from triage.yamlfile import Document, Model, Problem, Problems, read

M = TypeVar("M", bound=Model)


def load(folder: Path) -> Rulebook:
    """Read the rulebook of a folder. Raises Problems with everything that a person must mend."""
    problems: list[Problem] = []
    files = _read_all(folder, problems)
    problems += problems_across(files, folder) if files else ()
    if files is None or problems:
        raise Problems(problems)
    return _build(files, _digest(folder, files))


def _read_all(folder: Path, problems: list[Problem]) -> Files | None:
    """Every file of the rulebook, an unreadable one as if it were empty; None when the list of topics is unreadable."""

    def get(name: str, schema: type[M]) -> Document[M] | None:
        try:
            return read(folder / name, schema, shown_as=f"{folder.name}/{name}")
        except Problems as found:
            problems.extend(found.problems)
            return None

    contacts = get("contacts.yaml", ContactsFile) or Document(ContactsFile(contacts=()), "contacts.yaml")
    structure = get("structure.yaml", StructureFile) or Document(StructureFile(topic="", rules=()), "structure.yaml")
    flags = get("flags.yaml", FlagsFile) or Document(FlagsFile(rules=()), "flags.yaml")
    routing = get("routing.yaml", RoutingFile)
    if routing is None:
        return None
    names = dict.fromkeys(routing.value.topics)
    topics = tuple(document for name in names if (document := get(f"{name}.yaml", TopicFile)))
    return Files(routing, contacts, structure, flags, topics)


def _build(files: Files, digest: str) -> Rulebook:
    return Rulebook(
        topics=[_topic(document) for document in files.topics],
        contacts=_contacts(files.contacts),
        rules=[*(rule for document in files.topics for rule in _rules(document)), *_flag_rules(files.flags)],
        signs=_signs(files.structure),
        thresholds=files.routing.value.thresholds,
        digest=digest,
    )


def _topic(document: Document[TopicFile]) -> Topic:
    value = document.value
    title, description = _texts(value.title), _texts(value.description)
    return Topic(value.topic, value.kind, title, description, value.contact)


def _texts(shape: InEveryLanguage) -> dict[Language, str]:
    return {language: getattr(shape, language.value) for language in Language}


def _contacts(document: Document[ContactsFile]) -> Iterator[Contact]:
    for shape in document.value.contacts if document else ():
        for era in get_args(Era):
            given = getattr(shape, era)
            yield Contact(shape.key, era, given.value, given.source, _texts(shape.label))


def _rules(document: Document[TopicFile]) -> Iterator[Rule]:
    topic = document.value.topic
    for number, shape in enumerate(document.value.rules):
        place = document.place("rules", number)
        rule_id = f"{topic}/{shape.id}"
        yield Rule(rule_id, topic, _condition(shape), shape.weight, shape.wrong_when, place, profile=shape.profile)


def _flag_rules(document: Document[FlagsFile]) -> Iterator[Rule]:
    for number, shape in enumerate(document.value.rules):
        place = document.place("rules", number)
        yield Rule(f"flags/{shape.id}", "", _condition(shape), 0.0, shape.wrong_when, place, flag=shape.flag)


def _signs(document: Document[StructureFile]) -> Iterator[SignRule]:
    for number, shape in enumerate(document.value.rules):
        yield SignRule.of(shape, document.value.topic, document.place("rules", number))


def _condition(shape: Condition) -> Condition:
    """The condition alone, without the particulars of the rule."""
    return Condition(**{name: getattr(shape, name) for name in Condition.model_fields})


def _digest(folder: Path, files: Files) -> str:
    """SHA-256 (hex) over the names and bytes of every file that was read."""
    total = hashlib.sha256()
    for path in sorted(_paths(folder, files)):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _paths(folder: Path, files: Files) -> Iterable[Path]:
    return (folder / Path(document.path).name for document in files.documents())
