"""Everything wrong with rules and templates, for `triage check` and before the daemon takes edited ones. Needs no model."""

from __future__ import annotations

from collections.abc import Iterator

from triage.config import Settings
from triage.fields.checking import check as check_fields
from triage.fields.handbook import Handbook
from triage.replies.rendering import check as check_templates
from triage.rulebook.book import Rulebook
from triage.rulebook.checking import Loader
from triage.rulebook.checking import check as check_rules
from triage.rulebook.loading import load as load_rulebook
from triage.yamlfile import Document, Problem, did_you_mean


def problems_in(settings: Settings, loader: Loader = load_rulebook) -> Iterator[Problem]:
    """What a person must mend: shape, tests, coverage, and what replies must not say. `loader` reads the rulebook."""
    yield from check_rules(settings.rules, loader)
    yield from check_fields(settings.rules, settings.templates)
    yield from check_templates(settings.templates, settings.languages.answer)


def misnamed(config: Document[Settings], rulebook: Rulebook, handbook: Handbook) -> Iterator[Problem]:
    """Topics and profiles under `handover` that no rule knows: nothing would ever be passed on for them."""
    topics = [topic.name for topic in rulebook.topics]
    for at, rule in enumerate(config.value.handover):
        for kind, given in (("topics", rule.when.topics), ("profiles", rule.when.profiles)) if rule.when else ():
            for number, name in enumerate(given):
                if name not in topics if kind == "topics" else handbook.named(name) is None:
                    place = config.place("handover", at, "when", kind, number)
                    hint = did_you_mean(name, topics) if kind == "topics" else ""
                    yield Problem(place, f"there is no {kind.removesuffix('s')} '{name}'{hint}")
