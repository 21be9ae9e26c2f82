"""`triage check`: config, rules and templates are sound, or every line that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import WRONG_FILES, told_plainly
from triage.cli.loading import loading
from triage.cli.options import config_option
from triage.config import Settings, load
from triage.yamlfile import Problem, Problems, read

if TYPE_CHECKING:
    from triage.rulebook.book import Rulebook


@click.command()
@click.option("--rules", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A draft of the rules.")
@config_option
def command(*, rules: Path | None, config: Path) -> None:
    """Check the config, the rules with their tests and coverage, and the templates in every language.

    Needs neither the trained model nor any server. Every problem is one line: file:line:column: what is wrong,
    what to do.
    """
    with told_plainly(), loading():
        settings = load(config)
        if rules:
            settings = settings.model_copy(update={"rules": rules.resolve()})
        problems, counts = _look(settings)
        problems = sorted({*problems, *_misnamed(config, settings)})
    for problem in problems:
        click.echo(_shown(problem))
    if problems:
        click.echo(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}", err=True)
        raise SystemExit(WRONG_FILES)
    click.echo(f"config, rules and templates are sound: {', '.join(counts)}")


def _look(settings: Settings) -> tuple[Sequence[Problem], Sequence[str]]:
    """Every problem; where nothing keeps from counting, how much of each there is."""
    from triage.checking import problems_in

    problems = set(problems_in(settings, _rulebook))
    try:
        return sorted(problems), list(_counts(settings))
    except Problems as found:
        return sorted(problems.union(found.problems)), ()


def _misnamed(config: Path, settings: Settings) -> Sequence[Problem]:
    """What the config says of topics and profiles that the rules do not have; nothing while the rules are broken."""
    from triage.checking import misnamed
    from triage.fields.handbook import Handbook

    if not any(rule.when for rule in settings.handover):
        return ()
    try:
        rulebook, handbook = _rulebook(settings.rules), Handbook.load(settings.rules)
    except Problems:
        return ()
    return list(misnamed(read(config, Settings), rulebook, handbook))


def _counts(settings: Settings) -> Iterator[str]:
    """What there is, in words. Raises Problems of the rules and the examples."""
    from triage.classifier.examples import load as load_examples
    from triage.classifier.examples import load_gold
    from triage.replies.rendering import TEMPLATES
    from triage.rulebook.schema import TestFile

    rulebook = _rulebook(settings.rules)
    names = [topic.name for topic in rulebook.topics]
    examples = load_examples([settings.rules / "examples"], names)
    evaluation = load_gold(settings.rules / "evaluation", names)
    folder = settings.rules
    files = (read(path, TestFile, shown_as=f"{folder.name}/{path.name}") for path in folder.glob("*.test.yaml"))
    tests = sum(len(file.value.tests) for file in files)
    yield f"{len(rulebook.topics)} topics"
    yield f"{len(rulebook.places)} rules"
    yield f"{tests} rule tests"
    yield f"{len(examples):,} examples"
    yield f"{len(evaluation)} evaluation mails"
    languages = len(settings.languages.answer)
    yield f"{len(TEMPLATES)} templates in {languages} {'language' if languages == 1 else 'languages'}"


@cache
def _rulebook(folder: Path) -> Rulebook:
    """Read once for all that is asked of it. Raises Problems."""
    from triage.rulebook.loading import load as load_rulebook

    return load_rulebook(folder)


def _shown(problem: Problem) -> str:
    """The problem with its file named from here, if that is shorter."""
    try:
        near = Path(problem.place.file).resolve().relative_to(Path.cwd())
    except ValueError:
        return str(problem)
    return str(problem).replace(problem.place.file, str(near), 1)
