"""Tests and coverage of the rules: every rule needs a mail in which it fires and a near miss in which it must not.

The tests use the rules alone, so they never depend on a trained model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from triage.domain import Address, Attachment, Evidence, InboundMail
from triage.rulebook.book import Rulebook
from triage.rulebook.loading import load
from triage.rulebook.schema import CaseShape, SampleMail, TestFile
from triage.yamlfile import Document, Place, Problem, Problems, did_you_mean, read

__all__ = ["Loader", "check"]

_NOTHING = "none"  # `expect: none`: no rule may argue for any topic


Loader = Callable[[Path], Rulebook]


def check(folder: Path, loader: Loader = load) -> tuple[Problem, ...]:
    """Everything wrong with the rules of a folder: shape, tests and coverage. Empty when all is well.

    Who needs the rulebook besides gives a `loader` that keeps it: reading it takes a tenth of a second.
    """
    problems: list[Problem] = []
    documents = list(_test_files(folder, problems))
    try:
        rulebook = loader(folder)
    except Problems as found:
        return Problems([*problems, *found.problems]).problems
    cases = [_Case(document, number) for document in documents for number in range(len(document.value.tests))]
    problems += _misplaced(documents, rulebook)
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
        return _tested(self.document)

    def place(self, *loc: str | int) -> Place:
        return self.document.place("tests", self.number, *loc)

    def rule_ids(self, key: str) -> tuple[str, ...]:
        """The rules that `because` or `not_because` names, in full (`settlement/payout-words`)."""
        named: tuple[str, ...] = getattr(self.shape, key)
        return tuple(name if "/" in name else f"{self.prefix}/{name}" for name in named)


def _test_files(folder: Path, problems: list[Problem]) -> Iterator[Document[TestFile]]:
    """Every test file that can be read; what is wrong with the others goes to `problems`."""
    for path in sorted(folder.glob("*.test.yaml")):
        try:
            yield read(path, TestFile, shown_as=f"{folder.name}/{path.name}")
        except Problems as found:
            problems.extend(found.problems)


def _misplaced(documents: list[Document[TestFile]], rulebook: Rulebook) -> Iterator[Problem]:
    """Test files whose name is that of no file of rules."""
    known = [*(topic.name for topic in rulebook.topics), "flags"]
    for document in documents:
        if (name := _tested(document)) not in known:
            sentence = f"unknown topic '{name}': this file tests no file of rules{did_you_mean(name, known)}"
            yield Problem(Place(document.path), sentence)


def _tested(document: Document[TestFile]) -> str:
    """The name of the file of rules that a test file stands beside."""
    return Path(document.path).name.removesuffix(".test.yaml")


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
