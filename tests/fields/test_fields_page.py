"""docs/editing-fields.md names every key that staff may write in a profile; every hint speaks five languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.domain import Language
from triage.fields.known_answers import Answer
from triage.fields.profiles import Profile, ProfilesFile, When
from triage.fields.suppositions import SuppositionWords

PAGE = (Path(__file__).parents[2] / "docs" / "editing-fields.md").read_text(encoding="utf-8")
KEYS = {key for shape in (When, SuppositionWords, Profile, ProfilesFile) for key in shape.model_fields}
OF_THEMSELVES = {"name", "profiles", "required", "recommended", "secrets", "environments"}


@pytest.mark.parametrize("key", sorted(KEYS - OF_THEMSELVES))
def test_the_page_names_every_key(key: str) -> None:
    assert f"`{key}`" in PAGE


@pytest.mark.parametrize("language", Language)
def test_every_known_answer_has_its_own_words_in_each_language(handbook, language: Language) -> None:
    def own(answer: Answer) -> str:
        return getattr(answer.gist, language.value)

    assert [answer.id for answer in handbook.known.answers if len(own(answer)) < 10] == []
