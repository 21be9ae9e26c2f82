"""templates/ → text and HTML. The only home of jinja2 and markdown-it.

A template is Markdown with Jinja values. It is rendered twice: once as it stands for the text part, once
with every value escaped and then turned into HTML, so that both parts say the same and no value can bring
its own markup.
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
_BLANK_LINES = re.compile(r"\n{3,}")
_NEW_BLOCK = re.compile(
    r"\n\n(?=[^\W\d_])"
)  # a letter behind a blank line belongs to nothing above it (CommonMark 0.31)
_REMEMBERED = 512  # blocks


@dataclass(frozen=True, slots=True)
class Rendered:
    """Both parts of one reply."""

    text: str
    html: str


class Templates:
    """The templates of one folder, compiled once."""

    def __init__(self, folder: Path) -> None:
        self._text = _environment(folder, _plain)
        self._markdown = _environment(folder, _escaped)
        self._html = MarkdownIt("commonmark", {"html": False, "breaks": True})
        self._block = lru_cache(_REMEMBERED)(self._html.render)  # most of what is written was written before
        self._layout = _environment(folder, _as_it_is).get_template(_LAYOUT)

    def render(self, name: str, language: Language, letter: Letter | AlertLetter | HandoverLetter) -> Rendered:
        """Write one letter. Raises jinja2.TemplateError for a broken template."""
        file, values = f"{name}.{language}.md", letter.values()
        text = _tidy(self._text.get_template(file).render(values))
        body = self._to_html(_tidy(self._markdown.get_template(file).render(values)))
        body = _NUMBER.sub(r'<span class="number">\g<0></span>', body)  # a number broken over two lines is hard to copy
        return Rendered(text, self._layout.render(body=body, language=language.value))

    def _to_html(self, markdown: str) -> str:
        """Block by block. Fences and link definitions reach over blank lines: with them all is one block."""
        whole = any(sign in markdown for sign in ("```", "~~~", "]:"))
        blocks = [markdown] if whole else _NEW_BLOCK.split(markdown)
        return "".join(map(self._block, blocks))


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
        auto_reload=False,  # edited templates come with a new mind
    )


def _plain(value: object) -> object:
    """A value on one line: a line break in it could look like a line of ours."""
    return " ".join(value.split()) if isinstance(value, str) else value


def _as_it_is(value: object) -> object:
    return value


def _escaped(value: object) -> object:
    """A value as Markdown that shows it literally; a link becomes clickable."""
    if isinstance(value, Link):
        return f"<{value}>"
    if isinstance(value, str):
        return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(value.split()))
    return value


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"
