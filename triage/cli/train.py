"""`triage train`: train the model from rules/examples now."""

from __future__ import annotations

import time
from pathlib import Path

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.config import load


@click.command()
@config_option
def command(*, config: Path) -> None:
    """Train the model from rules/examples and keep it in the state folder.

    The other commands do this by themselves when examples, rules or code have changed.
    """
    with told_plainly():
        from triage.classifier.storing import learn, save
        from triage.cli.progress import training
        from triage.mind import model_path, model_sources
        from triage.rulebook.loading import load as load_rulebook

        settings = load(config)
        started = time.monotonic()
        model = learn(model_sources(settings, load_rulebook(settings.rules)), training)
        save(model, model_path(settings))
    spent = time.monotonic() - started
    click.echo(f"trained on {len(model.memory.ids)} examples of {len(model.topics)} topics in {spent:.0f} s")
    click.echo(f"kept in {model_path(settings)}")
