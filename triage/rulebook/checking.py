"""Tests and coverage of the rules: every rule needs a mail in which it fires and a near miss in which it must not.

The tests use the rules alone, so they never depend on a trained model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from triage.domain import Address, Attachment, Evidence, InboundMail
from triage.rulebook.book import Rulebook
from triage.rulebook.loading import load
from triage.rulebook.schema import CaseShape, SampleMail, TestFile
from triage.yamlfile import Document, Place, Problem, Problems, did_you_mean, read

__all__ = ["check"]

_NOTHING = "none"  # `expect: none`: no rule may argue for any topic


def check(folder: Path) -> tuple[Problem, ...]:
    """Everything wrong with the rules of a folder: shape, tests and coverage. Empty when all is well."""
    problems: list[Problem] = []
    try:
        rulebook = load(folder)
    except Problems as found:
        return found.problems
    documents = list(_test_files(folder, rulebook, problems))
    cases = [_Case(document, number) for document in documents for number in range(len(document.value.tests))]
    for case in cases:
        problems += _wrong_with(case, rulebook)
    problems += _uncovered(folder, rulebook, cases)
    return Problems(problems).problems


@dataclass(frozen=True, slots=True)
class _Case:
    """One case of a test file and where it stands."""

    document: Document[TestFile]
    number: int

    @property
    def shape(self) -> CaseShape:
        return self.document.value.tests[self.number]

    @property
    def prefix(self) -> str:
        return Path(self.document.path).name.removesuffix(".test.yaml")

    def place(self, *loc: str | int) -> Place:
        return self.document.place("tests", self.number, *loc)

    def rule_ids(self, key: str) -> tuple[str, ...]:
        """The rules that `because` or `not_because` names, in full (`settlement/payout-words`)."""
        named: tuple[str, ...] = getattr(self.shape, key)
        return tuple(name if "/" in name else f"{self.prefix}/{name}" for name in named)


def _test_files(folder: Path, rulebook: Rulebook, problems: list[Problem]) -> Iterator[Document[TestFile]]:
    known = [*(topic.name for topic in rulebook.topics), "flags"]
    for path in sorted(folder.glob("*.test.yaml")):
        name, shown = path.name.removesuffix(".test.yaml"), f"{folder.name}/{path.name}"
        if name not in known:
            sentence = f"unknown topic '{name}': this file tests no file of rules{did_you_mean(name, known)}"
            problems.append(Problem(Place(shown), sentence))
            continue
        try:
            yield read(path, TestFile, shown_as=shown)
        except Problems as found:
            problems.extend(found.problems)


def _wrong_with(case: _Case, rulebook: Rulebook) -> Iterator[Problem]:
    """What one case finds wrong: names it does not know, rules that are silent or fire against its will."""
    evidence = rulebook.evidence(_mail(case.shape.mail))
    fired = {item.rule: item for item in evidence}
    for number, rule in enumerate(case.rule_ids("because")):
        if sentence := _unknown_rule(rule, rulebook):
            yield Problem(case.place("because", number), sentence)
        elif rule not in fired:
            others = ", ".join(sorted(fired)) or "none"
            yield Problem(case.place("because", number), f"rule '{rule}' does not fire in this mail; firing: {others}")
    for number, rule in enumerate(case.rule_ids("not_because")):
        if sentence := _unknown_rule(rule, rulebook):
            yield Problem(case.place("not_because", number), sentence)
        elif rule in fired:
            sentence = f"near miss: rule '{rule}' must not fire in this mail but does, on '{fired[rule].text}'"
            yield Problem(case.place("not_because", number), sentence)
    yield from _wrong_topic(case, rulebook, evidence)


def _unknown_rule(rule: str, rulebook: Rulebook) -> str | None:
    known = rulebook.places
    if rule in known:
        return None
    alike = [name for name in known if name.partition("/")[0] == rule.partition("/")[0]]
    return f"unknown rule '{rule}'{did_you_mean(rule, alike or known)}"


def _wrong_topic(case: _Case, rulebook: Rulebook, evidence: tuple[Evidence, ...]) -> Iterator[Problem]:
    expected = case.shape.expect
    if expected is None:
        return
    names = [*(topic.name for topic in rulebook.topics), _NOTHING]
    if expected not in names:
        yield Problem(case.place("expect"), f"unknown topic '{expected}'{did_you_mean(expected, names)}")
        return
    standings = rulebook.standings(evidence)
    got = standings[0].topic if standings else _NOTHING
    if got != expected:
        because = ", ".join(f"{item.rule} on '{item.text}'" for item in evidence if item.topic == got)
        sentence = f"expected topic '{expected}' but the rules say '{got}'" + (f" ({because})" if because else "")
        yield Problem(case.place("expect"), sentence)


def _uncovered(folder: Path, rulebook: Rulebook, cases: list[_Case]) -> Iterator[Problem]:
    """Rules without a case in which they fire, or without a near miss."""
    needs = {
        "because": "has no test in which it fires",
        "not_because": "has no near miss, a mail in which it must not fire",
    }
    for key, lack in needs.items():
        tested = {rule for case in cases for rule in case.rule_ids(key)}
        for rule, place in rulebook.places.items():
            if rule not in tested:
                prefix, _, name = rule.partition("/")
                todo = f"add a case with '{key}: [{name}]' to {folder.name}/{prefix}.test.yaml"
                yield Problem(place, f"rule '{rule}' {lack}; {todo}")


def _mail(sample: SampleMail) -> InboundMail:
    attachment = Attachment("sample.txt", "text/plain", len(sample.attachment), sample.attachment)
    attachments = (attachment,) if sample.attachment else ()
    return InboundMail("", "", Address("sender@shop.example"), sample.subject, sample.text, attachments=attachments)
