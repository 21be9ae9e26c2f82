"""`triage train`: a model from rules/examples, compared with the one in service."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, told_plainly
from triage.cli.options import config_option
from triage.config import Settings, load

if TYPE_CHECKING:
    from triage.classifier.model import Classifier
    from triage.classifier.storing import Sources
    from triage.tuning.challenger import Exams, Scores


@click.command()
@config_option
def command(*, config: Path) -> None:
    """Train a model from rules/examples. It takes over only when it is no worse than the one in service.

    Both answer rules/evaluation and the mails that staff corrected: the new one must have as many topics right and no
    more wrong where it is sure. It is kept in any case: 'triage model list'. A running desk takes it within half a minute.
    """
    with told_plainly():
        from triage.classifier.storing import learn
        from triage.cli.progress import training
        from triage.mind import model_sources
        from triage.rulebook.loading import load as load_rulebook

        settings, started = load(config), time.monotonic()
        rulebook = load_rulebook(settings.rules)
        sources = model_sources(settings, rulebook)
        exams = _exams(settings, list(sources.descriptions))
        model = learn(sources, training)
        spent = time.monotonic() - started
        click.echo(f"trained on {len(model.memory.ids)} examples of {len(model.topics)} topics in {spent:.0f} s")
        taken = _contest(settings, sources, model, exams)
    if not taken:
        raise SystemExit(FOUND)


def _exams(settings: Settings, topics: list[str]) -> Exams:
    from triage.classifier.examples import load_gold
    from triage.cli.wiring import store_for
    from triage.tuning.challenger import Exams, corrected_mails

    corrected = [mail for mail in corrected_mails(store_for(settings)) if mail.topic in topics]
    return Exams(load_gold(settings.rules / "evaluation", topics), corrected)


def _contest(settings: Settings, sources: Sources, model: Classifier, exams: Exams) -> bool:
    from triage.tuning import shelf
    from triage.tuning.challenger import compare, sit

    serving = _serving(settings, sources)
    before = sit(serving, exams) if serving else None
    now = sit(model, exams)
    if serving and before and not _on_the_shelf(settings, serving):
        first = shelf.Verdict(True, "in service before models were kept", compare(None, before).figures)
        shelf.put(settings.state, serving, first, _made_at(settings))
    verdict = compare(before, now)
    volume = shelf.put(settings.state, model, verdict, datetime.now(UTC))
    _tell(before, now)
    if verdict.taken:
        shelf.serve(settings.state, volume)
        click.echo(f"{volume.digest[:12]} is in service: {verdict.why}")
    else:
        click.echo(f"{volume.digest[:12]} is kept but not in service: {verdict.why}")
        click.echo(f"to use it all the same: triage model use {volume.digest[:12]}")
    return verdict.taken


def _serving(settings: Settings, sources: Sources) -> Classifier | None:
    """The model in service, if there is one that can be compared with."""
    from triage.classifier import storing
    from triage.mind import model_path

    path = model_path(settings)
    try:
        found = storing.load(path)
    except (OSError, storing.ModelFileError):
        return None
    return found if storing.serves(found, sources, path) else None


def _on_the_shelf(settings: Settings, serving: Classifier) -> bool:
    from triage.tuning import shelf

    return any(each.digest == serving.digest for each in shelf.volumes(settings.state))


def _made_at(settings: Settings) -> datetime:
    from triage.mind import model_path

    return datetime.fromtimestamp(model_path(settings).stat().st_mtime, UTC)


def _tell(before: Scores | None, now: Scores) -> None:
    from rich.table import Table

    from triage.cli.terminal import console

    table = Table("mails", "", "of", "before", "now", box=None, header_style="dim")
    for name in ("evaluation", "corrected"):
        score, old = getattr(now, name), getattr(before, name) if before else None
        table.add_row(name, "right topic", str(score.mails), str(old.right) if old else "-", str(score.right))
        table.add_row("", "wrong where sure", "", str(old.sure_wrong) if old else "-", str(score.sure_wrong))
    console().print(table)
