"""What the desk thinks with: rules, model, finders and templates as loaded at one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from triage.classifier.storing import Sources, ready
from triage.config import Settings
from triage.fields.handbook import Handbook
from triage.fields.inspecting import Inspector
from triage.mail.guard import Ours
from triage.replies.rendering import Templates, check
from triage.replies.writer import Writer
from triage.routing import Policy
from triage.rulebook.book import Rulebook
from triage.rulebook.loading import load as load_rulebook
from triage.understanding import Understanding
from triage.yamlfile import Problems

Progress = Callable[[int, int], None]  # steps of training done, steps in all


@dataclass(frozen=True)
class Mind:
    """Never changes afterwards: edited rules and templates are read at the next start."""

    understanding: Understanding
    writer: Writer
    handbook: Handbook
    settings: Settings

    def policy(self) -> Policy:
        """What judging needs, as of today (UTC)."""
        settings = self.settings
        return Policy(self.understanding.rulebook, self.handbook, settings.languages, settings.era, _today())


def load(settings: Settings, progress: Progress | None = None) -> Mind:
    """Read and check everything; train the model if its examples or code have changed. Raises Problems."""
    rulebook = load_rulebook(settings.rules)
    inspector = Inspector.load(settings.rules)
    handbook = Handbook.load(settings.rules)
    if problems := check(settings.templates, settings.languages.answer):
        raise Problems(problems)
    model = ready(model_sources(settings, rulebook), model_path(settings), progress)
    ours = Ours(settings.desk.addresses, frozenset({settings.desk.domain}))
    understanding = Understanding(rulebook, model, inspector, ours)
    return Mind(understanding, Writer(Templates(settings.templates), rulebook, handbook, settings), handbook, settings)


def model_path(settings: Settings) -> Path:
    """Where the trained model is kept."""
    return settings.state / "model.bin"


def model_sources(settings: Settings, rulebook: Rulebook) -> Sources:
    """What the model is made of."""
    descriptions = {topic.name: topic.description for topic in rulebook.topics}
    return Sources((settings.rules / "examples",), settings.rules / "lexicon.yaml", descriptions)


def _today() -> date:
    return datetime.now(UTC).date()
