"""templates/ → text and HTML. The only home of jinja2 and markdown-it.

A template is Markdown with Jinja values. It is rendered once, each value between marks. Without the marks it is the
text part. For the HTML part the template's own words become HTML with a place for each value, and then the values are
put there as text: so both parts say the same, and no value can bring its own markup. The words of the templates are the
same each time: almost all of that HTML was made before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from triage.domain import Language
from triage.replies.letter import AlertLetter, HandoverLetter, Letter, Link, samples
from triage.replies.wording import check_wording
from triage.yamlfile import Place, Problem, Problems

TEMPLATES = (
    "acknowledge",
    "checklist",
    "checklist_incomplete",
    "completed",
    "key_leak",
    "question",
    "redirect",
    "request_info",
    "review",
    "separate_mail",
    "still_missing",
)
STAFF_TEMPLATES = ("staff/alert", "staff/handover")  # letters to people of ours, not to customers
_LAYOUT = "layout.html"
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()#+.!|<>~&-])")
_NUMBER = re.compile(r"\bVSD-\d+(?:\.[a-z0-9]+)?")
_BLANK_LINES = re.compile(r"\n\n\n+")
_NEW_BLOCK = re.compile(
    r"\n\n(?=[^\W\d_])"
)  # a letter behind a blank line belongs to nothing above it (CommonMark 0.31)
_REMEMBERED = 512  # blocks
# Marks: blanks to str.split, which takes them out of every value; so they stand only where they are put.
_VALUE, _LINK, _LINK_ENDS = "\x1f", "\x1e", "\x1d"
_PLACE = "\ufdd0"  # no letter (Unicode 23.7), and a letter like any other to Markdown
_REFERRING = ("](", "]:")  # before these a value is more than text


@dataclass(frozen=True, slots=True)
class Rendered:
    """Both parts of one reply."""

    text: str
    html: str


class Templates:
    """The templates of one folder, compiled once."""

    def __init__(self, folder: Path) -> None:
        self._templates = _environment(folder, _marked)
        self._layout = _environment(folder, _as_it_is).get_template(_LAYOUT)
        self._frame = lru_cache(len(Language))(self._new_frame)
        self._markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
        self._block = lru_cache(_REMEMBERED)(self._new_block)

    def render(self, name: str, language: Language, letter: Letter | AlertLetter | HandoverLetter) -> Rendered:
        """Write one letter. Raises jinja2.TemplateError for a broken template."""
        marked = self._templates.get_template(f"{name}.{language}.md").render(letter.values())
        text = _tidy(marked.replace(_VALUE, "").replace(_LINK, "").replace(_LINK_ENDS, ""))
        return Rendered(text, self._frame(language).replace(_PLACE, self._body(marked)))

    def _body(self, marked: str) -> str:
        """The HTML of a letter. Where a value is part of a reference it must stand there when Markdown is read."""
        pieces = marked.replace(_LINK, "<").replace(_LINK_ENDS, ">").split(_VALUE)
        if any(sign in piece for piece in pieces[::2] for sign in _REFERRING):
            pieces[1::2] = map(_escaped, pieces[1::2])
            pieces = ["".join(pieces)]
        html = "".join(map(self._block, _blocks(_tidy(_PLACE.join(pieces[::2])))))
        return html % tuple(map(_shown, pieces[1::2]))

    def _new_block(self, markdown: str) -> str:
        """HTML with `%s` for each value."""
        html: str = self._markdown.render(markdown)
        return html.replace("%", "%%").replace(_PLACE, "%s")

    def _new_frame(self, language: Language) -> str:
        return self._layout.render(body=_PLACE, language=language.value)


def load(folder: Path, languages: tuple[Language, ...]) -> Templates:
    """The templates, each rendered in every language, full and bare, and searched for what none may say.

    Raises Problems with all that is wrong, each with its file and line.
    """
    if not (folder / _LAYOUT).is_file():
        raise Problems([_no_layout(folder)])
    templates = Templates(folder)
    found = {_problem(templates, folder, name, language) for language in languages for name in _names(folder, language)}
    if problems := {problem for problem in found if problem} | set(check_wording(folder, languages)):
        raise Problems(problems)
    return templates


def check(folder: Path, languages: tuple[Language, ...]) -> tuple[Problem, ...]:
    """Everything wrong with the templates; empty when all is well."""
    try:
        load(folder, languages)
    except Problems as found:
        return found.problems
    return ()


def check_one(folder: Path, name: str, language: Language) -> Problem | None:
    """What keeps one template from being rendered, if anything."""
    if not (folder / _LAYOUT).is_file():
        return _no_layout(folder)
    return _problem(Templates(folder), folder, name, language)


def _no_layout(folder: Path) -> Problem:
    return Problem(Place(str(folder / _LAYOUT)), "this file does not exist; restore it")


def _names(folder: Path, language: Language) -> set[str]:
    """The templates that there must be, and those that others include."""
    ending = f".{language}.md"
    files = (file.relative_to(folder).as_posix() for file in folder.rglob(f"*{ending}"))
    return {*TEMPLATES, *STAFF_TEMPLATES, *(name.removesuffix(ending) for name in files)}


def _problem(templates: Templates, folder: Path, name: str, language: Language) -> Problem | None:
    file = folder / f"{name}.{language}.md"
    try:
        for letter in samples(name, language):
            if not templates.render(name, language, letter).text.strip() and name in TEMPLATES:
                return Problem(Place(str(file)), "this template says nothing; write the reply")
    except TemplateNotFound as error:
        missing = folder / str(error.name)
        needed = "; write it" if missing == file else f", and {file.name} needs it"
        return Problem(Place(str(missing)), f"this file does not exist{needed}")
    except TemplateSyntaxError as error:
        return Problem(Place(str(error.filename or file), error.lineno), f"{error.message}; mend the template here")
    except TemplateError as error:
        return Problem(_raised_at(error, file, folder), f"{error.message}; docs/editing-templates.md lists the names")
    return None


def _raised_at(error: TemplateError, file: Path, folder: Path) -> Place:
    """The template line that failed: the innermost frame of the traceback that stands in the templates' folder."""
    place, frame = Place(str(file)), error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if name.startswith(str(folder)):
            place = Place(name, frame.tb_lineno)
        frame = frame.tb_next
    return place


def _environment(folder: Path, finalize: Callable[[object], object]) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=-1,  # all of them, without a count of who was asked for last
        auto_reload=False,  # edited templates come with a new mind
    )


def _marked(value: object) -> object:
    """A value on one line, for a line break in it could look like a line of ours; between the marks of its kind."""
    if not isinstance(value, str):
        return value
    line = " ".join(value.split())
    if isinstance(value, Link):
        return f"{_LINK}{line}{_LINK_ENDS}"
    return f"{_VALUE}{line}{_VALUE}" if line else ""


def _blocks(markdown: str) -> list[str]:
    """What can be read apart. Fences and link definitions reach over blank lines: with them all is one block."""
    whole = any(sign in markdown for sign in ("```", "~~~", "]:"))
    return [markdown] if whole else _NEW_BLOCK.split(markdown)


def _as_it_is(value: object) -> object:
    return value


def _escaped(value: str) -> str:
    """A value as Markdown that shows it literally."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", value)


def _shown(value: str) -> str:
    """A value as HTML; a number that is broken over two lines would be hard to copy."""
    html = escapeHtml(value)
    return _NUMBER.sub(r'<span class="number">\g<0></span>', html) if "VSD-" in html else html


def _tidy(text: str) -> str:
    lines = "\n".join(map(str.rstrip, text.splitlines()))
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"
