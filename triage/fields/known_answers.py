"""Known answers: hints that a reply may add, each with the time in which it is true (DOMAIN section 5).

A hint never closes a ticket and asks for nothing. Keyed on API, error group and code together, never on a
code alone: the same number means different things in different APIs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Self

from triage.domain import Finding, InboundMail, Language
from triage.fields.parts import fold
from triage.rulebook.conditions import Condition, Matcher
from triage.yamlfile import Field, Model

MOST_HINTS = 3
_LOOKED_AT = 60_000  # characters of a text in which phrases of an error are looked for
_NAMES_OF_CODES = ("errorcode", "responsecode", "errorid")
# Sought from the letters in its middle, which stand together less often than its first.
_ERROR_CODE = re.compile(
    r"od(?:e(?:(?<=code)|(?<=kode))|i(?<=koodi))[\"'\]]{0,2}[ ]?(?:=>|[:= ])[ ]?[\"']?(\d{1,5})(?!\d)"
)


class State(StrEnum):
    """Whether an answer may be given."""

    CURRENT = "current"
    CHECK = "check"  # true as far as known; staff should look at the link
    OLD = "old"  # never given, and never to be cited


class Gist(Model):
    """The answer in one or two sentences; languages without their own read the English one."""

    en: str = Field(min_length=10)
    no: str = Field(min_length=10)
    da: str = ""
    sv: str = ""
    fi: str = ""

    def __getitem__(self, language: Language) -> str:
        text: str = getattr(self, language.value)
        return text or self.en


class Answer(Model):
    """One known answer. Every kind of sign that is given must be seen; one entry of each is enough."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    row: int
    """Row of the table in DOMAIN section 5."""
    state: State
    apis: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    """Text of an error, as it stands in a body or log."""
    words: Condition | None = None
    """Words of the sender."""
    profiles: tuple[str, ...] = ()
    environment: str = Field(default="", pattern="^(test|production|)$")
    valid_from: date
    valid_until: date | None = None
    gist: Gist
    link: str

    def is_valid(self, today: date) -> bool:
        return (
            self.state is not State.OLD
            and self.valid_from <= today
            and (self.valid_until is None or today <= self.valid_until)
        )


class Outdated(Model):
    """Something that no rule, answer or template may recommend any more."""

    row: int
    names: tuple[str, ...] = Field(min_length=1)
    because: str


class AnswersFile(Model):
    """Shape of rules/known-answers.yaml."""

    links: Mapping[str, str]
    answers: tuple[Answer, ...]
    outdated: tuple[Outdated, ...]


@dataclass(frozen=True)
class KnownAnswers:
    """All known answers, ready to be looked up."""

    answers: tuple[Answer, ...]
    phrases: tuple[tuple[str, ...], ...]  # of each answer, folded
    matcher: Matcher  # of the words of each
    wordless: frozenset[int]  # the answers that ask for no words of the sender

    @classmethod
    def of(cls, file: AnswersFile) -> Self:
        answers = tuple(
            answer.model_copy(update={"link": full_link(answer.link, file.links)}) for answer in file.answers
        )
        phrases = tuple(tuple(fold(phrase) for phrase in answer.phrases) for answer in answers)
        wordless = frozenset(number for number, answer in enumerate(answers) if answer.words is None)
        return cls(answers, phrases, Matcher([answer.words or Condition() for answer in answers]), wordless)

    def hints(self, mail: InboundMail, findings: Sequence[Finding], profile: str, today: date) -> tuple[str, ...]:
        """Ids of the answers that fit, at most three, the most particular first."""
        signs, words = _signs(mail, findings), self.matcher.look(mail.subject, mail.new)
        fitting = [
            answer
            for number in sorted(self.wordless | words.likely)
            if _fits(answer := self.answers[number], signs, profile)
            and (answer.words is None or words.holds(number))
            and (not answer.phrases or any(phrase in signs.text for phrase in self.phrases[number]))
            and answer.is_valid(today)
        ]
        best = {answer.row: answer for answer in sorted(fitting, key=_particular)}  # one answer for each row
        return tuple(answer.id for answer in sorted(best.values(), key=_particular, reverse=True)[:MOST_HINTS])

    def answer(self, name: str) -> Answer:
        """The answer with this id. Raises KeyError when there is none."""
        return next((answer for answer in self.answers if answer.id == name), None) or _no_such(name)


@dataclass(frozen=True)
class _Signs:
    """What a mail shows of an error. Nothing is searched for that no answer asks about."""

    mail: InboundMail
    apis: frozenset[str]
    statuses: frozenset[str]
    groups: frozenset[str]  # of errors
    codes: frozenset[str]  # of errors, as they were found
    environment: str

    @cached_property
    def folded(self) -> str:
        logs = (attachment.text or "" for attachment in self.mail.attachments)
        return fold("\n".join(text[:_LOOKED_AT] for text in (self.mail.subject, self.mail.new, *logs)))

    @cached_property
    def text(self) -> str:
        """With single blanks."""
        return " ".join(self.folded.split())

    @cached_property
    def told_codes(self) -> frozenset[str]:
        return frozenset(_ERROR_CODE.findall(self.folded))

    def has_code(self, codes: Sequence[str]) -> bool:
        return any(code in self.codes or (code in self.folded and code in self.told_codes) for code in codes)


def full_link(link: str, links: Mapping[str, str]) -> str:
    """`KB/errors` with the place of KB filled in."""
    name, _, rest = link.partition("/")
    return links[name] + (f"/{rest}" if rest else "") if name in links else link


def _signs(mail: InboundMail, findings: Sequence[Finding]) -> _Signs:
    answers = [finding.value.partition(" ") for finding in findings if finding.field == "response"]
    return _Signs(
        mail=mail,
        apis=frozenset(finding.value for finding in findings if finding.field == "product"),
        statuses=frozenset(value for name, _, value in answers if name == "HTTP"),
        groups=frozenset(value.lower() for name, _, value in answers if name == "errorgroup"),
        codes=frozenset(value for name, _, value in answers if name in _NAMES_OF_CODES),
        environment=next((finding.value for finding in findings if finding.field == "environment"), ""),
    )


def _fits(answer: Answer, signs: _Signs, profile: str) -> bool:
    """Whether all signs of an answer are seen but for its words and phrases."""
    return (
        (not answer.statuses or not signs.statuses.isdisjoint(answer.statuses))
        and (not answer.apis or not signs.apis.isdisjoint(answer.apis) or not (signs.apis or answer.codes))
        and (not answer.profiles or profile in answer.profiles)
        and (not answer.environment or answer.environment == signs.environment)
        and (not answer.codes or _has_error(answer, signs))
    )


def _has_error(answer: Answer, signs: _Signs) -> bool:
    of_a_group = not answer.groups or any(group.lower() in signs.groups for group in answer.groups)
    return of_a_group and signs.has_code(answer.codes)


def _particular(answer: Answer) -> int:
    """Codes and phrases of an error say more than a status, a status more than words."""
    return (
        4 * bool(answer.phrases)
        + 3 * bool(answer.codes)
        + bool(answer.groups)
        + bool(answer.statuses)
        + bool(answer.words)
    )


def _no_such(name: str) -> Answer:
    raise KeyError(f"no known answer is called '{name}'")
