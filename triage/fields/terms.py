"""The words of rules/fields.yaml, read once and made ready for the finders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from triage import yamlfile
from triage.fields.clauses import Outcomes, Said
from triage.fields.labels import spelled
from triage.fields.parts import Part, fold
from triage.fields.vocabulary import Labels, Vocabulary
from triage.rulebook.words import WordIndex


class _Surroundings(yamlfile.Model):
    hosts: tuple[str, ...]
    words: tuple[str, ...]
    values: tuple[str, ...]


class _Environment(yamlfile.Model):
    test: _Surroundings
    production: _Surroundings
    labels: tuple[str, ...]
    not_stated_by: tuple[str, ...]
    no_verbs: tuple[str, ...]
    denied_by: tuple[str, ...]


class _Product(yamlfile.Model):
    paths: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]
    not_meant: tuple[str, ...]


class _App(yamlfile.Model):
    iOS: tuple[str, ...]  # noqa: N815 - the contract's own spelling
    Android: tuple[str, ...]
    before_version: tuple[str, ...]
    updated_to: tuple[str, ...]
    own: tuple[str, ...]
    not_the_app: tuple[str, ...]
    sent_from: tuple[str, ...]


class _Ordered(yamlfile.Model):
    said_with: tuple[str, ...]
    portal: tuple[str, ...]
    partner: tuple[str, ...]


class _Call(yamlfile.Model):
    before: tuple[str, ...]
    answer: tuple[str, ...]
    of_the_app: tuple[str, ...]
    status_words: tuple[str, ...]
    status_before: tuple[str, ...]
    status_after: tuple[str, ...]


class _Secrets(yamlfile.Model):
    labels: Mapping[str, tuple[str, ...]]
    beside: tuple[str, ...]
    not_meant: tuple[str, ...]
    person: tuple[str, ...]


class FieldsFile(yamlfile.Model):
    """Shape of rules/fields.yaml."""

    labels: Mapping[str, Mapping[str, tuple[str, ...]]]
    other_numbers: tuple[str, ...]
    joining: tuple[str, ...]
    beside: tuple[str, ...]
    own: tuple[str, ...]
    number_words: tuple[str, ...]
    units: tuple[str, ...]
    company_words: tuple[str, ...]
    other_particulars: tuple[str, ...]
    failure: tuple[str, ...]
    success: tuple[str, ...]
    negations: tuple[str, ...]
    environment: _Environment
    product: _Product
    app: _App
    plugins: tuple[str, ...]
    ordered_through: _Ordered
    call: _Call
    placeholders: tuple[str, ...]
    ambiguous_placeholders: tuple[str, ...]
    no_value: tuple[str, ...]
    no_ids: tuple[str, ...]
    secrets: _Secrets


@dataclass(frozen=True)
class Terms:
    """Every word a finder looks for, folded. `labels` holds all spellings of a field's labels."""

    labels: Mapping[str, Labels]
    code_labels: Mapping[str, frozenset[str]]
    other_numbers: frozenset[str]
    joining: frozenset[str]
    beside: frozenset[str]
    own: tuple[str, ...]
    number_words: frozenset[str]
    units: frozenset[str]
    company_words: frozenset[str]
    other_particulars: tuple[str, ...]
    outcomes: Outcomes
    index: WordIndex[str]  # lists environment/test, product/ecom, platform/iOS ... of plain words
    hosts: Mapping[str, tuple[str, ...]]
    environment_labels: Labels
    no_verbs: frozenset[str]
    environment_values: Mapping[str, str]
    product_paths: Mapping[str, str]
    before_version: frozenset[str]
    updated_to: frozenset[str]
    own_app: frozenset[str]  # in front of `app`
    not_the_app: frozenset[str]
    sent_from: tuple[str, ...]
    order_words: tuple[str, ...]
    request_words: Labels
    response_words: Labels
    of_the_app: tuple[str, ...]
    status_words: frozenset[str]
    status_before: frozenset[str]
    status_after: frozenset[str]
    placeholders: frozenset[str]
    ambiguous: frozenset[str]
    no_value: frozenset[str]
    no_ids: frozenset[str]
    secret_labels: Mapping[str, Labels]
    key_words: tuple[str, ...]
    no_secret: frozenset[str]
    person_keys: Labels

    @cached_property
    def of_masking(self) -> Vocabulary:
        """The labels of what is masked."""
        return Vocabulary.of((*self.secret_labels.values(), self.person_keys))

    def vocabulary(self, others: Iterable[Labels]) -> Vocabulary:
        """All labels, and those that finders bring along."""
        found = (*self.labels.values(), self.environment_labels, self.request_words, self.response_words)
        return Vocabulary.of((*found, *self.secret_labels.values(), self.person_keys, *others))

    def failed(self, part: Part, start: int) -> bool:
        """Whether the clause around an offset says that something went wrong there."""
        return self.outcomes.said(part, start) is Said.FAILED

    def worked(self, part: Part, start: int) -> bool:
        """Whether the clause around an offset says that all went well there."""
        return self.outcomes.said(part, start) is Said.WORKED

    def is_placeholder(self, value: str) -> bool:
        """Whether a value is a sample of the documentation, or a variable nobody filled in."""
        return fold(value) in self.placeholders


def load(path: Path, *, shown_as: str | None = None) -> Terms:
    """Read rules/fields.yaml. Raises yamlfile.Problems."""
    file = yamlfile.read(path, FieldsFile, shown_as=shown_as).value
    surroundings = {"test": file.environment.test, "production": file.environment.production}
    return Terms(
        labels={
            name: Labels.of(spelled(word for words in given.values() for word in words))
            for name, given in file.labels.items()
        },
        code_labels={name: frozenset(spelled(given.get("code", ()))) for name, given in file.labels.items()},
        other_numbers=frozenset(_folded(file.other_numbers)),
        joining=frozenset(_folded(file.joining)),
        beside=frozenset(_folded(file.beside)),
        own=_folded(file.own),
        number_words=frozenset(_folded(file.number_words)),
        units=frozenset(_folded(file.units)),
        company_words=frozenset(_folded(file.company_words)),
        other_particulars=_folded(file.other_particulars),
        outcomes=Outcomes.of(*map(_folded, (file.failure, file.success, file.negations))),
        index=WordIndex(_lists(file)),
        hosts={name: _folded(words.hosts) for name, words in surroundings.items()},
        environment_labels=Labels.of(spelled(file.environment.labels)),
        no_verbs=frozenset(_folded(file.environment.no_verbs)),
        environment_values={fold(word): name for name, words in surroundings.items() for word in words.values},
        product_paths={fold(path): product for path, product in file.product.paths.items()},
        before_version=frozenset(_folded(file.app.before_version)),
        updated_to=frozenset(_folded(file.app.updated_to)),
        own_app=frozenset(_folded(file.app.own)),
        not_the_app=frozenset(_folded(file.app.not_the_app)),
        sent_from=_folded(file.app.sent_from),
        order_words=_folded(file.ordered_through.said_with),
        request_words=Labels.of(_folded(file.call.before)),
        response_words=Labels.of(_folded(file.call.answer)),
        of_the_app=_folded(file.call.of_the_app),
        status_words=frozenset(_folded(file.call.status_words)),
        status_before=frozenset(_folded(file.call.status_before)),
        status_after=frozenset(_folded(file.call.status_after)),
        placeholders=frozenset(_folded(file.placeholders)),
        ambiguous=frozenset(file.ambiguous_placeholders),
        no_value=frozenset(_folded(file.no_value)),
        no_ids=frozenset(_folded(file.no_ids)),
        secret_labels={kind: Labels.of(spelled(words)) for kind, words in file.secrets.labels.items()},
        key_words=_folded(file.secrets.beside),
        no_secret=frozenset(_folded((*file.secrets.not_meant, *file.placeholders))),
        person_keys=Labels.of(spelled(file.secrets.person)),
    )


def _lists(file: FieldsFile) -> dict[str, Iterable[str]]:
    return {
        "environment/test": file.environment.test.words,
        "environment/production": file.environment.production.words,
        "environment/value": (*file.environment.test.values, *file.environment.production.values),
        "environment/denied": file.environment.denied_by,
        "environment/not": file.environment.not_stated_by,
        "not a product": file.product.not_meant,
        "platform/iOS": file.app.iOS,
        "platform/Android": file.app.Android,
        "plugin": file.plugins,
        "ordered/portal": file.ordered_through.portal,
        "ordered/partner": file.ordered_through.partner,
        **{f"product/{name}": words for name, words in file.product.names.items()},
    }


def _folded(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({fold(word) for word in words}, key=lambda word: (-len(word), word)))
