"""YAML whose values know file:line:column. The only home of PyYAML and pydantic.

Every scalar is read as the text that stands in the file (`no`, `012345` and `1:30` stay what they are)
and becomes a number or a truth value only where the schema asks for one. Unknown keys, duplicate keys
and wrong shapes are reported all at once, each with its place and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

__all__ = [
    "Document",
    "Field",
    "FilePath",
    "Model",
    "Place",
    "Problem",
    "Problems",
    "ValidationInfo",
    "did_you_mean",
    "field_validator",
    "model_validator",
    "read",
]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # in C, where libyaml is there
    """Every scalar is text, so nobody asks each what kind of value it might be: that takes as long as the reading."""

    def resolve(self, *_: object) -> str:
        return ""

    def descend_resolver(self, *_: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


class Model(BaseModel):
    """Base of every schema: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder: Path = info.context["folder"] if info.context else Path()
    return folder / path


FilePath = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path written in a YAML file: relative ones start in the folder of that file."""

M = TypeVar("M", bound=Model)
Loc = Sequence[str | int]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something a person must mend: where it stands, what is wrong and what to do."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Problems(Exception):  # noqa: N818 - reads as what it is: all the problems of one look
    """All problems of one look, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Document(Generic[M]):
    """A checked file: its value, and the tree it was read from, which knows the place of each part."""

    value: M
    path: str
    root: yaml.Node | None = None

    def place(self, *loc: str | int) -> Place:
        """Where a part stands; the nearest enclosing part when that one has no place of its own."""
        return _place(self.path, _nearest(self.root, loc))


def read(path: Path, schema: type[M], *, shown_as: str | None = None) -> Document[M]:
    """Read one YAML file against a schema.

    `shown_as` is the file name in messages. Raises Problems with everything that is wrong in the file.
    """
    name = shown_as or str(path)
    return _Reader(name, path.resolve().parent, _compose(_text(path, name), name)).document(schema)


def read_list(path: Path, schema: type[M], *, shown_as: str | None = None) -> list[Document[M]]:
    """Read a YAML file that is one list, each item against a schema. Raises Problems as `read` does."""
    name = shown_as or str(path)
    node = _compose(_text(path, name), name)
    if not isinstance(node, yaml.SequenceNode):
        raise Problems([Problem(Place(name), _SENTENCES["list_type"])])
    documents: list[Document[M]] = []
    problems: list[Problem] = []
    for item in node.value:
        try:
            documents.append(_Reader(name, path.resolve().parent, item).document(schema))
        except Problems as found:
            problems += found.problems
    if problems:
        raise Problems(problems)
    return documents


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Problems([Problem(Place(name), "this file does not exist; create it or correct the path")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Problems([Problem(Place(name), f"cannot be read as UTF-8 text ({error}); save it as UTF-8")]) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known word, else the list of a few known ones, else nothing."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known here: {', '.join(names)}" if 0 < len(names) <= 24 else ""


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        raise Problems([Problem(place, _syntax(error, text, place))]) from None
    except yaml.YAMLError as error:
        raise Problems([Problem(Place(name), f"is not readable YAML ({error}); save it as plain text")]) from None


def _syntax(error: yaml.MarkedYAMLError, text: str, place: Place) -> str:
    lines = text.splitlines()
    if place.line <= len(lines) and lines[place.line - 1].startswith("\t"):
        return "a tab stands at the beginning of this line; indent with spaces"
    said = " ".join((error.problem or "no further word").split())
    return f"this is not readable YAML ({said}); check the indentation and the quotes here"


def _nearest(node: yaml.Node | None, loc: Loc) -> yaml.Node | None:
    """The part of a tree that `loc` names, or the innermost one around it. Walked when somebody asks: hardly anybody does."""
    for part in loc:
        if isinstance(part, int):
            inner = node.value[part] if isinstance(node, yaml.SequenceNode) and part < len(node.value) else None
        else:
            inner = _pair(node, part)[1]
        if inner is None:
            break
        node = inner
    return node


def _pair(node: yaml.Node | None, key: str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """A key of a mapping and its value, the first of two; of anything else none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((pair for pair in pairs if pair[0].value == key), (None, None))


def _place(name: str, node: yaml.Node | None) -> Place:
    return Place(name, node.start_mark.line + 1, node.start_mark.column + 1) if node else Place(name)


class _Reader:
    """Turns one composed tree into plain text values, remembering what is wrong with it."""

    def __init__(self, name: str, folder: Path, root: yaml.Node | None) -> None:
        self.name = name
        self.folder = folder
        self.root = root
        self.problems: list[Problem] = []

    def document(self, schema: type[M]) -> Document[M]:
        raw = self._plain(self.root) if self.root is not None else {}
        value = None
        try:
            value = schema.model_validate({} if raw is None else raw, context={"folder": self.folder})
        except ValidationError as error:
            self.problems += [self._problem(item, schema) for item in error.errors() if not self._follows(item, error)]
        if self.problems or value is None:
            raise Problems(self.problems)
        return Document(value, self.name, self.root)

    def _plain(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return None if node.style is None and node.value in _NULLS else node.value
        return self._mapping(node) if isinstance(node, yaml.MappingNode) else [*map(self._plain, node.value)]

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, "a key must be a plain word")
            elif key in result:
                first = _place(self.name, _pair(node, key)[0]).line
                self._wrong(key_node, f"'{key}' is given twice, the first is on line {first}; keep one of them")
            else:
                result[key] = self._plain(value_node)
        return result

    def _wrong(self, node: yaml.Node | None, sentence: str) -> None:
        self.problems.append(Problem(_place(self.name, node), sentence))

    def _problem(self, item: Mapping[str, Any], schema: type[Model]) -> Problem:
        loc, kind = item["loc"], item["type"]
        place = _place(self.name, _nearest(self.root, loc))
        if kind == "extra_forbidden":
            key, _ = _pair(_nearest(self.root, loc[:-1]), loc[-1])
            hint = did_you_mean(str(loc[-1]), _siblings(schema, loc[:-1]))
            return Problem(_place(self.name, key) if key else place, f"unknown key '{loc[-1]}'{hint}")
        if kind == "missing":
            return Problem(place, f"'{loc[-1]}' is missing here; add it")
        return Problem(place, f"{_subject(loc, item['input'])}{_sentence(item)}")

    def _follows(self, item: Mapping[str, Any], error: ValidationError) -> bool:
        """Whether a list is only called too short because what stands in it is wrong."""
        inside = (other["loc"][: len(item["loc"])] == item["loc"] and other is not item for other in error.errors())
        return bool(item["type"] == "too_short" and sum(inside) > 1)


def _subject(loc: Loc, given: object) -> str:
    """The key a sentence is about, unless the sentence names it itself."""
    names = [part for part in loc if isinstance(part, str) and part != "[key]"]
    return f"'{names[-1]}': " if names and names[-1] != given else ""


_SENTENCES = {
    "list_type": "a list is expected here (lines that begin with '- ')",
    "tuple_type": "a list is expected here (lines that begin with '- ')",
    "dict_type": "keys and values are expected here (lines like 'key: value')",
    "model_type": "keys and values are expected here (lines like 'key: value')",
    "string_type": "a text is expected here",
    "int_parsing": "a whole number is expected here",
    "int_type": "a whole number is expected here",
    "float_parsing": "a number is expected here",
    "float_type": "a number is expected here",
    "bool_parsing": "'true' or 'false' is expected here",
    "bool_type": "'true' or 'false' is expected here",
}


def _sentence(item: Mapping[str, Any]) -> str:
    """What is wrong, in words a person without Python understands."""
    if item["type"] in _SENTENCES:
        return _SENTENCES[item["type"]]
    if item["type"] in ("enum", "literal_error"):
        allowed = [word.strip(" '") for word in str(item["ctx"]["expected"]).replace(" or ", ", ").split(",")]
        return f"'{item['input']}' is not known here{did_you_mean(str(item['input']), allowed)}"
    message = str(item["msg"])
    return message.removeprefix("Value error, ")


def _siblings(schema: type[Model], loc: Loc) -> list[str]:
    """The keys a mapping at `loc` may hold, found by walking the schema's annotations."""
    models: list[type[Model]] = [schema]
    for part in loc:
        found: list[type[Model]] = []
        for model in models:
            names = {field.alias or name: field for name, field in model.model_fields.items()}
            if isinstance(part, str) and part in names:
                found += _models_in(names[part].annotation)
        models = found or models
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> list[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    return [model for arg in getattr(annotation, "__args__", ()) for model in _models_in(arg)]
