"""How good the finders are on labelled mail: `triage evaluate --fields` prints it.

A value is right when it equals the label, capitals and spaces aside; for `request` and `response` it is
enough that one was found, because what counts is whether the desk asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from triage.domain import InboundMail, Reading
from triage.fields.handbook import Handbook
from triage.fields.inspecting import Inspector

_ONLY_PRESENT = frozenset({"request", "response"})


@dataclass(frozen=True, slots=True)
class LabelledMail:
    """A mail and what a person finds in it: profile, values of fields, and what is missing for the profile."""

    name: str
    mail: InboundMail
    profile: str
    fields: Mapping[str, str]
    missing: tuple[str, ...]


@dataclass(slots=True)
class FieldScore:
    """One field over all mails. `right` of the `found` values are the ones labelled; `labelled` should have been found."""

    name: str
    labelled: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.labelled if self.labelled else 1.0


@dataclass(frozen=True, slots=True)
class Miss:
    """A mail on which the desk and the person differ. `what` is a field's name, `profile` or `missing`."""

    name: str
    what: str
    labelled: str
    found: str


@dataclass(slots=True)
class Evaluation:
    """All figures. `asked_in_vain` counts mails in which something is asked for that the mail gives."""

    mails: int = 0
    profile_right: int = 0
    missing_right: int = 0
    asked_in_vain: int = 0
    scores: dict[str, FieldScore] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)

    @property
    def profile_share(self) -> float:
        return self.profile_right / self.mails if self.mails else 1.0

    @property
    def missing_share(self) -> float:
        return self.missing_right / self.mails if self.mails else 1.0

    @property
    def nothing_in_vain_share(self) -> float:
        return 1 - self.asked_in_vain / self.mails if self.mails else 1.0


def evaluate_fields(inspector: Inspector, handbook: Handbook, mails: Iterable[LabelledMail]) -> Evaluation:
    """Precision and recall of each labelled field, and how often the missing set is exactly right."""
    every = list(mails)
    names = sorted({name for labelled in every for name in labelled.fields})
    result = Evaluation(scores={name: FieldScore(name) for name in names})
    for labelled in every:
        inspection = inspector.inspect(labelled.mail)
        reading = Reading(inspection.masked or labelled.mail, inspection=inspection)
        counting = handbook.counting(inspection.findings)
        profile = handbook.choose(reading)
        _score_fields(result, labelled, {finding.field: finding.value for finding in counting})
        _score_missing(result, labelled, profile.name, handbook.missing(profile, counting))
    return result


def _score_fields(result: Evaluation, labelled: LabelledMail, found: Mapping[str, str]) -> None:
    for name, score in result.scores.items():
        expected, value = labelled.fields.get(name), found.get(name)
        right = expected is not None and value is not None and _same(name, expected, value)
        score.labelled += expected is not None
        score.found += value is not None
        score.right += right
        if not right and (expected or value):
            result.misses.append(Miss(labelled.name, name, expected or "", value or ""))


def _score_missing(result: Evaluation, labelled: LabelledMail, profile: str, missing: tuple[str, ...]) -> None:
    result.mails += 1
    result.profile_right += profile == labelled.profile
    result.missing_right += set(missing) == set(labelled.missing)
    result.asked_in_vain += bool(set(missing) & (set(labelled.fields) - set(labelled.missing)))
    if profile != labelled.profile:
        result.misses.append(Miss(labelled.name, "profile", labelled.profile, profile))
    if set(missing) != set(labelled.missing):
        result.misses.append(Miss(labelled.name, "missing", " ".join(labelled.missing), " ".join(missing)))


def _same(name: str, expected: str, value: str) -> bool:
    if name == "date" and value.startswith("--"):  # a day and a month; the year is the mail's own
        return expected.endswith(value[1:])
    if name == "contact_phone":
        return _digits(expected) == _digits(value)
    return name in _ONLY_PRESENT or _bare(expected) == _bare(value)


def _digits(value: str) -> str:
    return "".join(sign for sign in value if sign.isdigit())


def _bare(value: str) -> str:
    return "".join(value.lower().split())
