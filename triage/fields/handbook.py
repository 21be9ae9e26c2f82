"""What staff decided about fields: profiles, their questions in each language, and known answers.

Built once from rules/profiles.yaml and rules/known-answers.yaml; everything here is a lookup or pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from triage.domain import Finding, Language, Reading
from triage.fields.checklists import ChecklistsFile
from triage.fields.inspecting import counted
from triage.fields.known_answers import Answer, AnswersFile, KnownAnswers
from triage.fields.profiles import Choice, Profile, ProfilesFile, Texts, helpful, missing
from triage.yamlfile import read


@dataclass(frozen=True, slots=True)
class Question:
    """How the desk asks for one field."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The mail says one environment and calls the other."""

    said: str
    called: str


@dataclass(frozen=True)
class Handbook:
    """Profiles, questions and known answers."""

    file: ProfilesFile
    choice: Choice
    known: KnownAnswers
    items: ChecklistsFile

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the handbook's files. Raises yamlfile.Problems."""
        profiles = read(folder / "profiles.yaml", ProfilesFile).value
        answers = read(folder / "known-answers.yaml", AnswersFile).value
        checklists = read(folder / "checklists.yaml", ChecklistsFile).value
        return cls(profiles, Choice.of(profiles), KnownAnswers.of(answers), checklists)

    # ── profiles ────────────────────────────────────────────────────────────────────────────────────

    def choose(self, reading: Reading) -> Profile:
        """The profile of a technical mail: what its words and fields show, else what a rule says of it."""
        counting = self.counting(reading.inspection.findings)
        chosen = self.choice.choose(reading.mail, counting)
        said = [item for item in reading.evidence if item.profile]
        if chosen is self.file.profiles[-1] and said:
            return self.named(max(said, key=lambda item: item.weight).profile) or chosen
        return chosen

    def named(self, name: str | None) -> Profile | None:
        """The profile with this name, if there is one."""
        return next((profile for profile in self.file.profiles if profile.name == name), None)

    def required(self, name: str | None) -> tuple[str, ...]:
        """Fields that a profile asks for; none for an unknown profile."""
        profile = self.named(name)
        return profile.required if profile else ()

    def counting(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The finding that counts for each field."""
        return counted(findings)

    def missing(self, profile: Profile, counting: Sequence[Finding]) -> tuple[str, ...]:
        """Required fields that nothing satisfies, in the order in which they are asked for."""
        return missing(profile, counting, self.file.substitutes)

    def helpful(self, name: str | None, counting: Sequence[Finding]) -> tuple[str, ...]:
        """Recommended fields of a profile that the mail does not give."""
        profile = self.named(name)
        return helpful(profile, counting, self.file.substitutes) if profile else ()

    # ── words for replies ───────────────────────────────────────────────────────────────────────────

    def question(self, name: str, profile: str | None, language: Language) -> Question:
        """How to ask for a field, or for an item of a checklist."""
        own = self.named(profile)
        wording = self.file.fields.get(name) or self.items.items.get(name)
        why = own.wording.get(name) if own else None
        if wording is None:
            return Question(name, "")
        return Question(wording.name[language], (why or wording.why)[language])

    def field_name(self, name: str, language: Language) -> str:
        """What a field is called in a reply."""
        wording = self.file.fields.get(name)
        return wording.name[language] if wording else name

    def shown_value(self, found: Finding, language: Language) -> str:
        """A field's value in the words of a reply: environments by their name, the rest as it was found."""
        names = self.file.environments.get(found.value) if found.field == "environment" else None
        return names[language] if names else found.value

    def secret_name(self, kind: str, language: Language) -> str:
        """What a reply calls a masked key or number; it never shows it."""
        texts: Texts | None = self.file.secrets.get(kind)
        return texts[language] if texts else kind.replace("_", " ")

    def conflict(self, findings: Sequence[Finding], language: Language) -> Conflict | None:
        """Which environment the mail states and which one its calls go to; None when they agree."""
        if not any(finding.field == "environment" and finding.value == "conflict" for finding in findings):
            return None
        names = self.file.environments
        inferred = {f.value for f in findings if f.field == "environment" and f.note == "inferred"}
        stated = {f.value for f in findings if f.field == "environment" and f.note != "inferred"} - {"conflict"}
        joint = f" {names['and'][language]} "
        said, called = (joint.join(names[value][language] for value in sorted(values)) for values in (stated, inferred))
        return Conflict(said or called, called or said)

    # ── known answers ───────────────────────────────────────────────────────────────────────────────

    def hints(self, reading: Reading, profile: Profile, today: date) -> tuple[str, ...]:
        """Ids of known answers that may help with a mail of this profile, at most three, none outdated."""
        return self.known.hints(reading.mail, self._one_environment(reading), profile.name, today)

    def _one_environment(self, reading: Reading) -> tuple[Finding, ...]:
        """Findings with the one that counts for the environment only: a hint must not rest on the other side."""
        environment = [f for f in self.counting(reading.inspection.findings) if f.field == "environment"]
        return (*environment, *(f for f in reading.inspection.findings if f.field != "environment"))

    def answer(self, name: str) -> Answer:
        """The known answer with this id. Raises KeyError when there is none."""
        return self.known.answer(name)
