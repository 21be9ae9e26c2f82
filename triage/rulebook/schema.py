"""The shapes of the rulebook's files: rules/routing.yaml, contacts.yaml, structure.yaml, flags.yaml, <topic>.yaml
and their *.test.yaml. What each key means to staff stands in docs/editing-rules.md.
"""

from __future__ import annotations

from enum import StrEnum

from triage.domain import Flag, TopicKind
from triage.rulebook.conditions import Condition
from triage.yamlfile import Field, Model

IDENTIFIER = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
TOPIC_NAME = r"^[a-z][a-z0-9_]*$"


class InEveryLanguage(Model):
    """A text that staff see or the model learns from, in the five languages."""

    en: str = Field(min_length=1)
    no: str = Field(min_length=1)
    da: str = Field(min_length=1)
    sv: str = Field(min_length=1)
    fi: str = Field(min_length=1)


class RuleShape(Condition):
    """One reason to think of a topic."""

    id: str = Field(pattern=IDENTIFIER)
    weight: float = Field(gt=0, le=10)
    wrong_when: str = Field(min_length=10)
    profile: str | None = None


class TopicFile(Model):
    """rules/<topic>.yaml"""

    topic: str = Field(pattern=TOPIC_NAME)
    kind: TopicKind
    contact: str | None = None
    title: InEveryLanguage
    description: InEveryLanguage
    rules: tuple[RuleShape, ...] = ()


class FlagRuleShape(Condition):
    """One reason to set a flag beside the verdict; it argues for no topic."""

    id: str = Field(pattern=IDENTIFIER)
    flag: Flag
    wrong_when: str = Field(min_length=10)


class FlagsFile(Model):
    """rules/flags.yaml"""

    rules: tuple[FlagRuleShape, ...]


class Sign(StrEnum):
    """A kind of structural evidence; triage/rulebook/structure.py says how each is found."""

    STATUS = "status"  # a status code beside a word that announces one
    CALL = "call"  # an HTTP method and its path
    PATH = "path"  # the beginning of an API path
    HOST = "host"  # a host or a deep-link scheme
    HEADER = "header"  # the name of an HTTP header
    KEY = "key"  # a JSON, PHP or log key with a value behind it
    JSON = "json"  # a key in quotes with a colon behind it
    CODE = "code"  # an error code or other name of a programme, written as one word
    CAPITALS = "capitals"  # a word that counts only as it stands, in capitals
    TEXT = "text"  # any run of characters, e.g. of a stack trace


class SignShape(Model):
    """One structural rule: what kind of thing to look for, and the names to look for."""

    id: str = Field(pattern=IDENTIFIER)
    sign: Sign
    names: tuple[str, ...] = Field(min_length=1)
    fillers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    unless_followed_by: tuple[str, ...] = ()
    weight: float = Field(gt=0, le=10)
    wrong_when: str = Field(min_length=10)
    profile: str | None = None


class StructureFile(Model):
    """rules/structure.yaml: structural evidence for one topic."""

    topic: str
    rules: tuple[SignShape, ...]


class ContactValue(Model):
    """An address exactly as the source document gives it."""

    value: str = Field(pattern=r"^(https://\S+|[^\s@]+@[^\s@]+\.[a-z]+)$")
    source: str = Field(min_length=3)


class ContactShape(Model):
    key: str = Field(pattern=TOPIC_NAME)
    label: InEveryLanguage
    vipps: ContactValue
    vippsmobilepay: ContactValue


class ContactsFile(Model):
    """rules/contacts.yaml"""

    contacts: tuple[ContactShape, ...]


class Thresholds(Model):
    """When summed evidence is strong enough to decide alone; the comments in rules/routing.yaml explain each."""

    strong: float = Field(gt=0)
    margin: float = Field(ge=0)
    subject_factor: float = Field(ge=1)
    long_mail_words: int = Field(gt=0)
    long_mail_factor: float = Field(gt=0, le=1)


class RoutingFile(Model):
    """rules/routing.yaml"""

    topics: tuple[str, ...] = Field(min_length=1)
    thresholds: Thresholds


class SampleMail(Model):
    subject: str = ""
    text: str = ""
    attachment: str = ""


class CaseShape(Model):
    """One mail with what the rules must, and must not, say of it."""

    name: str = Field(min_length=3)
    mail: SampleMail
    expect: str | None = None
    because: tuple[str, ...] = ()
    not_because: tuple[str, ...] = ()


class TestFile(Model):
    """rules/<topic>.test.yaml"""

    __test__ = False  # its name must not make pytest collect it

    tests: tuple[CaseShape, ...] = ()
