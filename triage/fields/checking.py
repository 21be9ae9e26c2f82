"""Everything wrong with the data of this room, found before it is used: `triage check` prints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from triage.fields.checklists import ChecklistsFile
from triage.fields.known_answers import Answer, AnswersFile, Outdated, State, full_link
from triage.fields.parts import fold
from triage.fields.profiles import ProfilesFile
from triage.fields.terms import FieldsFile
from triage.rulebook.conditions import Condition
from triage.rulebook.words import trouble_with
from triage.yamlfile import Document, Model, Place, Problem, Problems, did_you_mean, read

M = TypeVar("M", bound=Model)
Loc = tuple[str | int, ...]


def check(folder: Path, templates: Path | None = None) -> tuple[Problem, ...]:
    """All problems of fields.yaml, profiles.yaml, checklists.yaml and known-answers.yaml in a rules folder.

    With the folder of templates, those that cite something outdated are refused as well.
    """
    found: list[Problem] = []
    fields = _read(folder / "fields.yaml", FieldsFile, found)
    profiles = _read(folder / "profiles.yaml", ProfilesFile, found)
    checklists = _read(folder / "checklists.yaml", ChecklistsFile, found)
    answers = _read(folder / "known-answers.yaml", AnswersFile, found)
    if profiles:
        found += _profiles(profiles, fields)
    if checklists:
        found += _checklists(checklists)
    if answers:
        found += _answers(answers, fields, profiles)
        files = [folder / "contacts.yaml", *(sorted(templates.rglob("*.*")) if templates else ())]
        found += outdated_in(files, answers.value.outdated)
    return Problems(found).problems


def outdated_in(files: Iterable[Path], outdated: Iterable[Outdated]) -> Iterator[Problem]:
    """Lines of files that recommend what no longer exists (DOMAIN section 5, rows marked OLD)."""
    rows = tuple(outdated)
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        lines = text.splitlines() if any(_cited(text, rows)) else []  # hardly any file cites one at all
        for number, line in enumerate(lines, start=1):
            for name, because in _cited(line, rows):
                yield Problem(
                    Place(str(file), number), f"this cites '{name}', which is outdated ({because}); remove it"
                )


def _read(path: Path, schema: type[M], found: list[Problem]) -> Document[M] | None:
    try:
        return read(path, schema)
    except Problems as problems:
        found += problems.problems
        return None


def _cited(text: str, outdated: Iterable[Outdated]) -> Iterator[tuple[str, str]]:
    folded = fold(text)
    for row in outdated:
        for name in row.names:
            if fold(name) in folded:
                yield name, row.because


# ── profiles ────────────────────────────────────────────────────────────────────────────────────────


def _profiles(file: Document[ProfilesFile], fields: Document[FieldsFile] | None) -> Iterator[Problem]:
    value, known = file.value, set(file.value.fields)
    yield from _unique(file, "profiles", [profile.name for profile in value.profiles])
    for number, profile in enumerate(value.profiles):
        at: Loc = ("profiles", number)
        yield from _all_known(file, (*at, "required"), profile.required, known, "field")
        yield from _all_known(file, (*at, "recommended"), profile.recommended, known, "field")
        yield from _all_known(file, (*at, "wording"), tuple(profile.wording), known, "field")
        for index, when in enumerate(profile.when):
            here = (*at, "when", index)
            yield from _all_known(file, (*here, "found"), when.found, known, "field")
            yield from _all_known(file, (*here, "not_found"), when.not_found, known, "field")
            yield from _condition(file, (*here, "words"), when.words)
            yield from _words(file, (*here, "unless"), when.unless)
    if value.profiles[-1].when:
        place = file.place("profiles", len(value.profiles) - 1, "when")
        yield Problem(place, "the last profile takes every other mail; remove its 'when' or add one without at the end")
    yield from _all_known(file, ("substitutes",), tuple(value.substitutes), known, "field")
    if fields:
        kinds = set(fields.value.secrets.labels) | {"basic_auth", "private_key"}
        for kind in sorted(kinds - set(value.secrets)):
            yield Problem(file.place("secrets"), f"'{kind}' has no name for replies; add it")


def _checklists(file: Document[ChecklistsFile]) -> Iterator[Problem]:
    value, known = file.value, set(file.value.items)
    yield from _all_known(file, ("partner_items",), value.partner_items, known, "item")
    yield from _unique(file, "checklists", [shape.api for shape in value.checklists], "api")
    for number, shape in enumerate(value.checklists):
        yield from _all_known(file, ("checklists", number, "items"), shape.items, known, "item")
        yield from _words(file, ("checklists", number, "recognised_by"), shape.recognised_by)
    for name in ("names", "handed_in", "partner_words"):
        yield from _words(file, (name,), getattr(value, name))
    for name, item in value.items.items():
        yield from _words(file, ("items", name, "any_of"), item.any_of)
        if not (item.found or item.any_of or item.any_texts or item.all_texts or item.files):
            yield Problem(
                file.place("items", name), f"nothing shows that '{name}' was given; add found, any_of or texts"
            )


# ── known answers ───────────────────────────────────────────────────────────────────────────────────


def _answers(
    file: Document[AnswersFile], fields: Document[FieldsFile] | None, profiles: Document[ProfilesFile] | None
) -> Iterator[Problem]:
    value = file.value
    names = {profile.name for profile in profiles.value.profiles} if profiles else set()
    products = {*fields.value.product.names, *fields.value.product.paths.values()} if fields else set()
    yield from _unique(file, "answers", [answer.id for answer in value.answers], "id")
    for number, answer in enumerate(value.answers):
        at: Loc = ("answers", number)
        yield from _condition(file, (*at, "words"), answer.words)
        if fields:
            yield from _all_known(file, (*at, "apis"), answer.apis, products, "product")
        if profiles:
            yield from _all_known(file, (*at, "profiles"), answer.profiles, names, "profile")
        yield from (Problem(file.place(*at, *where), said) for where, said in _wrong_with(answer, value))


def _wrong_with(answer: Answer, file: AnswersFile) -> Iterator[tuple[Loc, str]]:
    link = full_link(answer.link, file.links)
    if not link.startswith("https://"):
        yield ("link",), f"'{answer.link}' is neither a web address nor begins with one of: {', '.join(file.links)}"
    if answer.valid_until and answer.valid_until < answer.valid_from:
        yield ("valid_until",), "this day lies before valid_from; correct one of them"
    if answer.state is State.OLD:
        yield ("state",), "an old answer is never given; move it to 'outdated' with the names that must not be cited"
    if not (answer.statuses or answer.codes or answer.phrases or answer.words or answer.profiles):
        yield (), "this names no sign; add statuses, codes, phrases, words or profiles"
    for key, text in (("link", link), ("gist", f"{answer.gist.en} {answer.gist.no}")):
        for name, because in _cited(text, file.outdated):
            yield (key,), f"this cites '{name}', which is outdated ({because}); remove it"


# ── what all files share ────────────────────────────────────────────────────────────────────────────


def _unique(file: Document[M], section: str, names: list[str], key: str = "name") -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Problem(file.place(section, number, key), f"'{name}' is given twice; rename or remove one")


def _all_known(file: Document[M], at: Loc, names: Iterable[str], known: set[str], what: str) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name not in known:
            yield Problem(file.place(*at, number), f"'{name}' is no known {what}{did_you_mean(name, known)}")


def _condition(file: Document[M], at: Loc, condition: Condition | None) -> Iterator[Problem]:
    if condition:
        yield from (Problem(file.place(*at, *path), said) for path, said in condition.troubles())


def _words(file: Document[M], at: Loc, words: Iterable[str]) -> Iterator[Problem]:
    for number, word in enumerate(words):
        if said := trouble_with(word):
            yield Problem(file.place(*at, number), said)
