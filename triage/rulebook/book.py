"""The rulebook: every topic, contact and rule as one immutable value that reads a mail and says why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from triage.domain import Evidence, Flag, InboundMail, Language, TopicKind, Where
from triage.rulebook.conditions import Condition, Match, Matcher
from triage.rulebook.schema import Thresholds
from triage.rulebook.standing import Standing, standings
from triage.rulebook.structure import SignRule, Signs, shown
from triage.yamlfile import Place

Era = Literal["vipps", "vippsmobilepay"]
Texts = Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Topic:
    """What a mail can be about, how it is treated and, for a pointer, whose door is the right one."""

    name: str
    kind: TopicKind
    title: Texts
    description: Texts
    contact: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A door: an address exactly as its source document gives it, for one era of the company's name."""

    key: str
    era: Era
    value: str
    source: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to think of a topic. `topic` is empty when the rule sets a flag instead."""

    id: str  # "settlement/payout-words"
    topic: str
    condition: Condition
    weight: float
    wrong_when: str
    place: Place
    flag: Flag | None = None
    profile: str | None = None


class Rulebook:
    """All rules/*.yaml of routing, read once by `triage.rulebook.loading.load`; never changes afterwards."""

    def __init__(
        self,
        topics: Iterable[Topic],
        contacts: Iterable[Contact],
        rules: Iterable[Rule],
        signs: Iterable[SignRule],
        thresholds: Thresholds,
        digest: str,
    ) -> None:
        self.topics = tuple(topics)
        self.contacts = tuple(contacts)
        self.rules = tuple(rules)
        self.signs = tuple(signs)
        self._signs = Signs(self.signs)
        self.thresholds = thresholds
        self.digest = digest  # SHA-256 over all the files, noted with every verdict
        self.places = {rule.id: rule.place for rule in self.rules} | {sign.id: sign.place for sign in self.signs}
        self._kinds = {topic.name: topic.kind for topic in self.topics}
        self._topics = {topic.name: topic for topic in self.topics}
        self._contacts = {(contact.key, contact.era): contact for contact in self.contacts}
        self._matcher = Matcher([rule.condition for rule in self.rules])

    def topic(self, name: str) -> Topic:
        """A topic by name. Raises KeyError for a name that routing.yaml does not list."""
        return self._topics[name]

    def contact(self, key: str, era: Era) -> Contact:
        """A contact by key. Raises KeyError for a key that contacts.yaml does not have."""
        return self._contacts[key, era]

    def evidence(self, mail: InboundMail) -> tuple[Evidence, ...]:
        """Every rule that fires: words in the subject and the new text, structure there and in text attachments."""
        return (*self._signs.evidence(mail), *self._word_evidence(mail))

    def standings(self, evidence: Iterable[Evidence]) -> tuple[Standing, ...]:
        """What the evidence says of each topic, heaviest first."""
        return standings(evidence, self._kinds, self.thresholds)

    def _word_evidence(self, mail: InboundMail) -> Iterator[Evidence]:
        in_text = self._factor_in_text(mail.new)
        for match in self._matcher.match(mail.subject, mail.new):
            rule = self.rules[match.number]
            weight = rule.weight * (self.thresholds.subject_factor if match.where is Where.SUBJECT else in_text)
            yield _evidence(rule, match, round(weight, 3))

    def _factor_in_text(self, text: str) -> float:
        """The same words prove less in a long mail (DOMAIN.md section 9)."""
        # A word takes two characters at least, so most mails need no counting.
        if len(text) <= 2 * self.thresholds.long_mail_words:
            return 1.0
        long = len(text.split()) > self.thresholds.long_mail_words
        return self.thresholds.long_mail_factor if long else 1.0


def _evidence(rule: Rule, match: Match, weight: float) -> Evidence:
    return Evidence(
        "rule", rule.id, rule.topic, match.where, match.text, weight, shown(rule.place), rule.flag, rule.profile
    )
