"""Profiles: kinds of technical mail, and which fields each one requires. The data is rules/profiles.yaml.

What its keys mean to staff stands in docs/editing-fields.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from triage.domain import Finding, InboundMail, Language
from triage.fields.suppositions import Split, Suppositions, SuppositionWords
from triage.rulebook.conditions import LONGEST_PART, Condition, Matcher, Sight
from triage.rulebook.words import WordIndex
from triage.yamlfile import Field, Model

# Sought from its mark, which few texts have, back to the word before it.
_QUESTION = re.compile(
    r"\?(?=[\s\"')\]?!]|\Z)(?:(?<=\w\?)|(?<=\w[\"')»\s]\?)|(?<=\w[\"')»][\"')»\s]\?)|(?<=\w[\"')»]{2}\s\?))"
)
_ADDRESS = re.compile(r"https?://\S{1,2000}")
_SUPPOSED = "response"  # the field that a sentence may only suppose


class Texts(Model):
    """A text in every language of the desk."""

    en: str = Field(min_length=1)
    no: str = Field(min_length=1)
    da: str = Field(min_length=1)
    sv: str = Field(min_length=1)
    fi: str = Field(min_length=1)

    def __getitem__(self, language: Language) -> str:
        text: str = getattr(self, language.value)
        return text


class When(Model):
    """One way for a profile to fit; everything given must hold."""

    words: Condition | None = None
    """Words in subject or text."""
    unless: tuple[str, ...] = ()
    """Words that must not occur."""
    products: tuple[str, ...] = ()
    """The product of the mail is one of these."""
    found: tuple[str, ...] = ()
    """Fields that the mail gives."""
    not_found: tuple[str, ...] = ()
    """Fields that the mail does not give."""
    asks: bool = False
    """The sender asks a question."""
    beyond_suppositions: bool = False
    """`unless` and `not_found` overlook sentences that only suppose trouble, or tell what a document lacks."""


class Profile(Model):
    """A kind of technical mail. `wording` replaces a field's general question."""

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    required: tuple[str, ...]
    recommended: tuple[str, ...] = ()
    when: tuple[When, ...] = ()
    wording: Mapping[str, Texts] = {}

    @property
    def asks_nothing(self) -> bool:
        return not self.required


class Wording(Model):
    """What a field is called, and one line that says why it is needed and where to find it."""

    name: Texts
    why: Texts


class ProfilesFile(Model):
    """Shape of rules/profiles.yaml."""

    profiles: tuple[Profile, ...] = Field(min_length=1)
    no_trouble: tuple[str, ...] = ()
    suppositions: SuppositionWords
    substitutes: Mapping[str, tuple[str, ...]] = {}
    fields: Mapping[str, Wording]
    secrets: Mapping[str, Texts]
    environments: Mapping[str, Texts]


@dataclass(frozen=True)
class Told:
    """What a mail, or a part of it, tells: its words, and the findings that count."""

    words: Sight
    counting: Sequence[Finding]

    @cached_property
    def given(self) -> set[str]:
        return {finding.field for finding in self.counting}

    @cached_property
    def products(self) -> set[str]:
        return {finding.value for finding in self.counting if finding.field == "product"}


@dataclass(frozen=True, slots=True)
class Line:
    """A `when` line of a profile. Its words are the condition `number`, those it forbids the next."""

    profile: Profile
    when: When
    number: int

    def fits(self, told: Told) -> bool:
        """Whether all holds that the line asks of words and fields."""
        when = self.when
        return (
            told.given.issuperset(when.found)
            and not (when.products and told.products.isdisjoint(when.products))
            and (when.words is None or told.words.holds(self.number))
        )

    def is_clear(self, told: Told) -> bool:
        """Whether nothing is told that the line forbids."""
        return told.given.isdisjoint(self.when.not_found) and not told.words.holds(self.number + 1)

    def may_be_clear(self, told: Told) -> bool:
        """Whether no field forbids the line for good: only a response can turn out to be supposed."""
        forbidden = told.given.intersection(self.when.not_found)
        return not forbidden or (self.when.beyond_suppositions and forbidden == {_SUPPOSED})


@dataclass(frozen=True)
class Choice:
    """Chooses the profile of a mail: the first in the file that fits, else the last."""

    lines: tuple[Line, ...]
    last: Profile
    matcher: Matcher
    no_trouble: WordIndex[str]
    suppositions: Suppositions

    @classmethod
    def of(cls, file: ProfilesFile) -> Self:
        whens = [(profile, when) for profile in file.profiles for when in profile.when]
        lines = tuple(Line(profile, when, 2 * place) for place, (profile, when) in enumerate(whens))
        conditions = [condition for _, when in whens for condition in _conditions(when)]
        matcher = Matcher([*conditions, Condition(any_of=file.no_trouble)])
        no_trouble = WordIndex({"": file.no_trouble})
        return cls(lines, file.profiles[-1], matcher, no_trouble, Suppositions.of(file.suppositions))

    def choose(self, mail: InboundMail, counting: Sequence[Finding]) -> Profile:
        """The profile of a mail, from its words and the findings that count."""
        subject, body = mail.subject, mail.new[:LONGEST_PART]
        words = self.matcher.look(subject, body)
        if words.holds(2 * len(self.lines)):  # something is denied
            subject, body = map(self._without_denials, (subject, body))
            words = self.matcher.look(subject, body)
        plain, asks, beyond = Told(words, counting), _asks(mail), None
        for line in self.lines:
            if (line.when.asks and not asks) or not line.may_be_clear(plain) or not line.fits(plain):
                continue
            if line.is_clear(plain):
                return line.profile
            if line.when.beyond_suppositions:
                beyond = beyond or self._beyond_suppositions(subject, body, plain)
                if line.is_clear(beyond):
                    return line.profile
        return self.last

    def _beyond_suppositions(self, subject: str, body: str, plain: Told) -> Told:
        """What is told outside of sentences that only suppose trouble; then the subject is but their headline."""
        split = self.suppositions.split(subject, body)
        if split is None:
            return plain
        counting = tuple(one for one in plain.counting if one.field != _SUPPOSED or _told_in(split, one))
        return Told(self.matcher.look("", split.rest), counting)

    def _without_denials(self, text: str) -> str:
        """The text without phrases like `no problem`, which hold the words of trouble but deny it."""
        for seen in reversed(self.no_trouble.scan(text).get("", [])):
            text = f"{text[: seen.start]}. {text[seen.end :]}"
        return text


def missing(profile: Profile, counting: Sequence[Finding], substitutes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Required fields that nothing satisfies, in the profile's order. A conflict satisfies nothing."""
    return _not_given(profile.required, counting, substitutes)


def helpful(profile: Profile, counting: Sequence[Finding], substitutes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Recommended fields that nothing satisfies: mentioned when something is asked for anyway (DOMAIN section 3)."""
    return _not_given(profile.recommended, counting, substitutes)


def _not_given(
    names: Sequence[str], counting: Sequence[Finding], substitutes: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    given = {finding.field for finding in counting if finding.value != "conflict"}
    return tuple(name for name in names if not given & {name, *substitutes.get(name, ())})


def _conditions(when: When) -> tuple[Condition, Condition]:
    """Always two, so that conditions are numbered by place: the words, and the words that must not occur."""
    return when.words or Condition(), Condition(any_of=when.unless)


def _told_in(split: Split, response: Finding) -> bool:
    """Whether a response stands elsewhere than in a sentence that only supposes it."""
    value = response.value.rsplit(" ", 1)[-1]
    return value in split.rest or value not in split.supposed


def _asks(mail: InboundMail) -> bool:
    """A sentence that ends in a question mark; those in addresses do not count."""
    text = f"{mail.subject}\n{mail.new[:LONGEST_PART]}"
    return "?" in text and bool(_QUESTION.search(_ADDRESS.sub(" ", text)))
