"""`triage evaluate`: how right the desk is on labelled mail that never trained."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.config import load

if TYPE_CHECKING:
    from triage.classifier.evaluation import Evaluation
    from triage.reports.routing import RoutingScore

MAILS = Path("tests/gold")
FIELD_MAILS = Path("tests/fields/labelled")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option("--fields", is_flag=True, help="Measure the field finders instead of the routing.")
@click.option("--json", "as_json", is_flag=True, help="The figures for programs.")
@click.option("--chart", type=click.Path(path_type=Path), help="Also write reliability and confusions as an SVG file.")
@config_option
def command(*, paths: tuple[Path, ...], fields: bool, as_json: bool, chart: Path | None, config: Path) -> None:
    """Measure on labelled mails: YAML lists or folders of them (tests/gold, or tests/fields/labelled with --fields).

    "Right topic" counts the desk's first thought for every mail; "answered" is the share that no human has to look
    at, and "right where answered" how much of that goes through the right door.
    """
    with told_plainly():
        settings = load(config)
        if fields:
            from triage.cli.evaluating_fields import measure_fields

            measure_fields(settings, paths or (FIELD_MAILS,), as_json=as_json)
            return
        from triage.classifier.diagram import diagram
        from triage.classifier.evaluation import evaluate
        from triage.classifier.examples import load_gold
        from triage.cli.progress import training
        from triage.mind import load as load_mind
        from triage.reports.routing import routed, score

        mind = load_mind(settings, training)
        topics = [topic.name for topic in mind.understanding.rulebook.topics]
        mails = [mail for path in paths or (MAILS,) for mail in load_gold(path, topics)]
        model = evaluate(mind.understanding.classifier, mails)
        whole = score(routed(mind, mails))
    if chart:
        chart.write_text(diagram(model), encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"desk": asdict(whole), "model": asdict(model)}, ensure_ascii=False, default=str))
    else:
        _tell(whole, model)


def _tell(whole: RoutingScore, model: Evaluation) -> None:
    from triage.classifier import evaluation

    _table("The desk: rules and model together", ("measure", "share"), _desk_rows(whole))
    languages = [(language.value, str(count), f"{share:.1%}") for language, count, share in whole.by_language]
    _table("The desk by language", ("language", "mails", "right topic"), languages)
    _table("The model alone", ("measure", "share"), evaluation.summary_rows(model))
    _table("The model by topic", ("topic", "mails", "precision", "recall", "F1"), evaluation.topic_rows(model))
    _table("Its costliest confusions", ("about", "taken for", "mails", "sure"), evaluation.confusion_rows(model))
    for each in whole.wrong_doors:
        click.echo(f"wrong door: {each.mail.topic} was sent to {each.best}: {each.mail.subject or each.mail.text[:60]}")


def _desk_rows(whole: RoutingScore) -> Iterable[Sequence[str]]:
    yield "mails", str(whole.mails)
    yield "right topic", f"{whole.right:.1%}"
    yield "macro-F1", f"{whole.macro_f1:.3f}"
    yield "answered without a human", f"{whole.answered:.1%}"
    yield "right where answered", f"{whole.answered_right:.1%}"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.table import Table

    from triage.cli.terminal import console

    table = Table(*columns, title=title, title_justify="left", header_style="dim")
    for row in rows:
        table.add_row(*row)
    console().print(table)
