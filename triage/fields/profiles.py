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
from triage.rulebook.conditions import LONGEST_PART, Condition, Matcher
from triage.rulebook.words import WordIndex
from triage.yamlfile import Field, Model

_QUESTION = re.compile(r"\w[\"')»]{0,2}\s?\?(?=\s|\Z|[\"')\]?!])")
_ADDRESS = re.compile(r"https?://\S{1,2000}")


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
    """What a mail, or a part of it, tells: numbers of the conditions that hold, and the findings that count."""

    seen: set[int]
    counting: Sequence[Finding]

    @cached_property
    def given(self) -> set[str]:
        return {finding.field for finding in self.counting}


@dataclass(frozen=True)
class Choice:
    """Chooses the profile of a mail: the first in the file that fits, else the last."""

    profiles: tuple[Profile, ...]
    matcher: Matcher
    no_trouble: WordIndex[str]
    suppositions: Suppositions

    @classmethod
    def of(cls, file: ProfilesFile) -> Self:
        conditions = [
            condition for profile in file.profiles for when in profile.when for condition in _conditions(when)
        ]
        return cls(
            file.profiles, Matcher(conditions), WordIndex({"": file.no_trouble}), Suppositions.of(file.suppositions)
        )

    def choose(self, mail: InboundMail, counting: Sequence[Finding]) -> Profile:
        """The profile of a mail, from its words and the findings that count."""
        subject, body = map(self._without_denials, (mail.subject, mail.new[:LONGEST_PART]))
        plain = Told({match.number for match in self.matcher.match(subject, body)}, counting)
        asks, beyond = _asks(mail), None
        number = -2
        for profile in self.profiles:
            for when in profile.when:
                number += 2
                if not _fits(when, number, plain, asks=asks):
                    continue
                if _is_clear(when, number, plain):
                    return profile
                if when.beyond_suppositions:
                    beyond = beyond or self._beyond_suppositions(subject, body, plain)
                    if _is_clear(when, number, beyond):
                        return profile
        return self.profiles[-1]

    def _beyond_suppositions(self, subject: str, body: str, plain: Told) -> Told:
        """What is told outside of sentences that only suppose trouble; then the subject is but their headline."""
        split = self.suppositions.split(subject, body)
        if split is None:
            return plain
        counting = tuple(one for one in plain.counting if one.field != "response" or _told_in(split, one))
        return Told({match.number for match in self.matcher.match("", split.rest)}, counting)

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


def _fits(when: When, number: int, told: Told, *, asks: bool) -> bool:
    """Whether all holds that a line asks for; its words are the condition `number`."""
    products = [finding.value for finding in told.counting if finding.field == "product"]
    return (
        (when.words is None or number in told.seen)
        and (asks or not when.asks)
        and (not when.products or any(product in when.products for product in products))
        and told.given.issuperset(when.found)
    )


def _is_clear(when: When, number: int, told: Told) -> bool:
    """Whether nothing is told that a line forbids; its forbidden words are the condition behind its words."""
    return number + 1 not in told.seen and told.given.isdisjoint(when.not_found)


def _asks(mail: InboundMail) -> bool:
    """A sentence that ends in a question mark; those in addresses do not count."""
    text = f"{mail.subject}\n{mail.new[:LONGEST_PART]}"
    return "?" in text and bool(_QUESTION.search(_ADDRESS.sub(" ", text)))
