"""Everything wrong with rules and templates, for `triage check` and before the daemon takes edited ones. Needs no model."""

from __future__ import annotations

from collections.abc import Iterator

from triage.config import Settings
from triage.fields.checking import check as check_fields
from triage.replies.rendering import check as check_templates
from triage.rulebook.checking import check as check_rules
from triage.yamlfile import Problem


def problems_in(settings: Settings) -> Iterator[Problem]:
    """What a person must mend: shape, tests, coverage, and what replies must not say."""
    yield from check_rules(settings.rules)
    yield from check_fields(settings.rules, settings.templates)
    yield from check_templates(settings.templates, settings.languages.answer)
