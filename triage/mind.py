"""What the desk thinks with: rules, model, finders and templates as loaded at one moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from triage import __version__
from triage.classifier.model import Classifier
from triage.classifier.storing import Sources, ready
from triage.config import Settings
from triage.editions import MODEL, RULES, TEMPLATES, Edition, edition, total_digest
from triage.fields.handbook import Handbook
from triage.fields.inspecting import Inspector
from triage.mail import language_model
from triage.mail.guard import Ours
from triage.replies.rendering import load as load_templates
from triage.replies.writer import Writer
from triage.routing import Policy
from triage.rulebook.book import Rulebook
from triage.rulebook.loading import load as load_rulebook
from triage.understanding import Understanding

Progress = Callable[[int, int], None]  # steps of training done, steps in all

_LEARNT = "lexicon.yaml"  # speaks through the model alone
_FINDERS = ("fields.yaml", "checklists.yaml")


@dataclass(frozen=True)
class Mind:
    """Never changes afterwards; the daemon takes a new one when files were edited (triage.reloading)."""

    understanding: Understanding
    writer: Writer
    handbook: Handbook
    settings: Settings
    rules: Edition
    templates: Edition

    @property
    def editions(self) -> tuple[Edition, ...]:
        """What it was made of."""
        return self.rules, self.templates, Edition(MODEL, self.understanding.classifier.digest)

    @cached_property
    def finders(self) -> str:
        """A digest of what finds fields and secrets, the code included: the same finders find the same again."""
        return total_digest({name: self.rules.files.get(name, "") for name in _FINDERS} | {"code": __version__})

    def policy(self) -> Policy:
        """What judging needs, as of today (UTC)."""
        return self.policy_of(datetime.now(UTC).date())

    def policy_of(self, today: date) -> Policy:
        """What judging needs, as of some day."""
        settings = self.settings
        return Policy(self.understanding.rulebook, self.handbook, settings.languages, settings.era, today)


def load(settings: Settings, progress: Progress | None = None) -> Mind:
    """Read the rules and templates; take the stored model, or train one where none can be used. Raises Problems."""
    language_model.prepare(
        settings.state
    )  # first: unpacking takes 150 MB for a moment, which all that follows uses again
    editions, rulebook = _editions(settings), load_rulebook(settings.rules)
    model = ready(model_sources(settings, rulebook), model_path(settings), progress)
    return _made(settings, editions, rulebook, model)


def with_model(settings: Settings, model: Classifier) -> Mind:
    """Rules and templates as they are now, with a model that is there already. Raises Problems."""
    return _made(settings, _editions(settings), load_rulebook(settings.rules), model)


def _editions(settings: Settings) -> tuple[Edition, Edition]:
    """Of the rules and the templates. Looked at before they are read: what is edited meanwhile counts as newer."""
    return rules_edition(settings.rules), templates_edition(settings.templates)


def _made(settings: Settings, editions: tuple[Edition, Edition], rulebook: Rulebook, model: Classifier) -> Mind:
    rules, templates = editions
    inspector = Inspector.load(settings.rules)
    handbook = Handbook.load(settings.rules)
    written = load_templates(settings.templates, settings.languages.answer)
    ours = Ours(settings.desk.addresses, frozenset({settings.desk.domain}))
    return Mind(
        understanding=Understanding(rulebook, model, inspector, ours),
        writer=Writer(written, rulebook, handbook, settings),
        handbook=handbook,
        settings=settings,
        rules=rules,
        templates=templates,
    )


def rules_edition(folder: Path) -> Edition:
    """The rules as they decide: their tests and the examples say nothing of a mail. Raises OSError."""
    files = (path for path in folder.glob("*.yaml") if path.name != _LEARNT and not path.name.endswith(".test.yaml"))
    return edition(RULES, folder, files)


def templates_edition(folder: Path) -> Edition:
    """Every file from which replies are made. Raises OSError."""
    return edition(TEMPLATES, folder, (path for path in folder.rglob("*") if path.is_file()))


def model_path(settings: Settings) -> Path:
    """Where the trained model is kept."""
    return settings.state / "model.bin"


def model_sources(settings: Settings, rulebook: Rulebook) -> Sources:
    """What the model is made of."""
    descriptions = {topic.name: topic.description for topic in rulebook.topics}
    return Sources((settings.rules / "examples",), settings.rules / "lexicon.yaml", descriptions)
