"""`triage rules`: what the rules cost and earn."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.cli.report_output import FORMATS, show
from triage.cli.window import since_option, until_option
from triage.config import Settings, load

if TYPE_CHECKING:
    from triage.reports.rules import Standing


@click.group()
def command() -> None:
    """What the rules cost and earn."""


@command.command()
@since_option
@until_option
@click.option("--format", "form", type=click.Choice(FORMATS[:3]), default="table", show_default=True)
@click.option("--table", "only", metavar="ID", help="This table alone (csv: else the first).")
@config_option
def cost(*, since: datetime | None, until: datetime | None, form: str, only: str | None, config: Path) -> None:
    """Rules by how often they fired, decided and were overridden by staff; dead rules, overlaps, topics with few
    examples; and what that suggests. Nothing is changed.
    """
    with told_plainly():
        from triage.cli.wiring import store_for
        from triage.reports.making import rules_cost
        from triage.store.figures.counting import Scope

        settings = load(config)
        found = rules_cost(store_for(settings), Scope(since, until), _standing(settings))
        show((found,), settings.desk.name, form, only, None)


def _standing(settings: Settings) -> Standing:
    """The rules and examples as they are now. Raises Problems."""
    from triage.classifier.examples import load as load_examples
    from triage.reports.rules import Standing
    from triage.rulebook.loading import load as load_rulebook
    from triage.rulebook.structure import shown

    rulebook = load_rulebook(settings.rules)
    examples = load_examples([settings.rules / "examples"], [topic.name for topic in rulebook.topics])
    taught = Counter((example.topic, example.language.value) for example in examples)
    return Standing({rule: shown(place) for rule, place in rulebook.places.items()}, taught)
