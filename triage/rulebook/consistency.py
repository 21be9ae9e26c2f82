"""What must agree between the rulebook's files: topics, contacts, rule ids and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage.domain import TopicKind
from triage.rulebook.conditions import Condition
from triage.rulebook.schema import ContactsFile, FlagsFile, RoutingFile, StructureFile, TopicFile
from triage.yamlfile import Document, Place, Problem, did_you_mean

_SAYS_TOPIC = re.compile(r"^topic:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a rulebook; a file that cannot be read counts as empty, and its own problems are told elsewhere."""

    routing: Document[RoutingFile]
    contacts: Document[ContactsFile]
    structure: Document[StructureFile]
    flags: Document[FlagsFile]
    topics: tuple[Document[TopicFile], ...]

    def documents(self) -> tuple[Document[Any], ...]:
        """Every file."""
        return (self.routing, self.contacts, self.structure, self.flags, *self.topics)


def problems_across(files: Files, folder: Path) -> Iterator[Problem]:
    """Everything that each file alone cannot know to be wrong."""
    yield from _topics_listed(files, folder)
    yield from _topic_names(files)
    yield from _contacts(files)
    yield from _rules(files)


def _topics_listed(files: Files, folder: Path) -> Iterator[Problem]:
    known = files.routing.value.topics
    for number, name in enumerate(known):
        if name in known[:number]:
            yield Problem(files.routing.place("topics", number), f"topic '{name}' is listed twice; keep one of them")
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in known or path.name == "structure.yaml" or not _says_topic(path):
            continue
        sentence = (
            f"unknown topic '{path.stem}': list it under 'topics' in {folder.name}/routing.yaml, or rename the file"
        )
        yield Problem(Place(f"{folder.name}/{path.name}"), sentence + did_you_mean(path.stem, known))


def _says_topic(path: Path) -> bool:
    return bool(_SAYS_TOPIC.search(path.read_text(encoding="utf-8", errors="replace")))


def _topic_names(files: Files) -> Iterator[Problem]:
    known = files.routing.value.topics
    for document in files.topics:
        name, stem = document.value.topic, Path(document.path).stem
        if name != stem:
            sentence = f"unknown topic '{name}': the topic of this file is its name, '{stem}'"
            yield Problem(document.place("topic"), sentence)
    name = files.structure.value.topic
    if files.structure.value.rules and name not in known:
        yield Problem(files.structure.place("topic"), f"unknown topic '{name}'{did_you_mean(name, known)}")


def _contacts(files: Files) -> Iterator[Problem]:
    keys = [contact.key for contact in files.contacts.value.contacts]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            place = files.contacts.place("contacts", number, "key")
            yield Problem(place, f"contact '{key}' is given twice; keep one of them")
    for document in files.topics:
        key_wanted = document.value.contact
        if key_wanted is None and document.value.kind is TopicKind.POINTER:
            sentence = "a topic of kind 'pointer' needs a 'contact'; name one of contacts.yaml"
            yield Problem(document.place("kind"), sentence)
        if keys and key_wanted is not None and key_wanted not in keys:
            sentence = f"unknown contact '{key_wanted}'{did_you_mean(key_wanted, keys)}"
            yield Problem(document.place("contact"), sentence)


def _rules(files: Files) -> Iterator[Problem]:
    taken: dict[str, int] = {}
    for document, prefix in _with_prefixes(files):
        for number, rule in enumerate(document.value.rules):
            place = document.place("rules", number, "id")
            if (rule_id := f"{prefix}/{rule.id}") in taken:
                sentence = (
                    f"rule id '{rule.id}' is given twice, the first is on line {taken[rule_id]}; rename one of them"
                )
                yield Problem(place, sentence)
            taken.setdefault(rule_id, place.line)
            if isinstance(rule, Condition):
                for path, sentence in rule.troubles():
                    yield Problem(document.place("rules", number, *path), sentence)


def _with_prefixes(files: Files) -> Iterator[tuple[Document[Any], str]]:
    """Every file that holds rules, with the first half of its rule ids."""
    yield files.structure, files.structure.value.topic
    yield from ((document, document.value.topic) for document in files.topics)
    yield files.flags, "flags"
