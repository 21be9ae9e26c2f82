"""`triage check`: config, rules and templates are sound, or every line that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from triage.cli.exits import WRONG_FILES, told_plainly
from triage.cli.options import config_option
from triage.config import Settings, load
from triage.yamlfile import Problem, Problems


@click.command()
@config_option
def command(*, config: Path) -> None:
    """Check the config, the rules with their tests and coverage, and the templates in every language.

    Needs neither the trained model nor any server. Every problem is one line: file:line:column: what is wrong,
    what to do.
    """
    with told_plainly():
        settings = load(config)
    problems = sorted(set(_problems(settings)))
    for problem in problems:
        click.echo(_shown(problem))
    if problems:
        click.echo(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}", err=True)
        raise SystemExit(WRONG_FILES)
    click.echo("config, rules and templates are sound")


def _problems(settings: Settings) -> Iterator[Problem]:
    from triage.classifier.examples import load as load_examples
    from triage.fields.checking import check as check_fields
    from triage.replies.rendering import check as check_templates
    from triage.rulebook.checking import check as check_rules
    from triage.rulebook.loading import load as load_rulebook

    yield from check_rules(settings.rules)
    yield from check_fields(settings.rules, settings.templates)
    yield from check_templates(settings.templates, settings.languages.answer)
    try:
        topics = [topic.name for topic in load_rulebook(settings.rules).topics]
        load_examples([settings.rules / "examples"], topics)
    except Problems as problems:
        yield from problems.problems


def _shown(problem: Problem) -> str:
    """The problem with its file named from here, if that is shorter."""
    try:
        near = Path(problem.place.file).resolve().relative_to(Path.cwd())
    except ValueError:
        return str(problem)
    return str(problem).replace(problem.place.file, str(near), 1)
