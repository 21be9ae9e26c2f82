"""`triage check`: config, rules and templates are sound, or every line that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from triage.cli.exits import WRONG_FILES, told_plainly
from triage.cli.options import config_option
from triage.config import Settings, load
from triage.yamlfile import Problem, Problems, read


@click.command()
@config_option
def command(*, config: Path) -> None:
    """Check the config, the rules with their tests and coverage, and the templates in every language.

    Needs neither the trained model nor any server. Every problem is one line: file:line:column: what is wrong,
    what to do.
    """
    with told_plainly():
        settings = load(config)
    problems, counts = _look(settings)
    for problem in problems:
        click.echo(_shown(problem))
    if problems:
        click.echo(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}", err=True)
        raise SystemExit(WRONG_FILES)
    click.echo(f"config, rules and templates are sound: {', '.join(counts)}")


def _look(settings: Settings) -> tuple[Sequence[Problem], Sequence[str]]:
    """Every problem; where nothing keeps from counting, how much of each there is."""
    problems = set(_problems(settings))
    try:
        return sorted(problems), list(_counts(settings))
    except Problems as found:
        return sorted(problems.union(found.problems)), ()


def _problems(settings: Settings) -> Iterator[Problem]:
    from triage.fields.checking import check as check_fields
    from triage.replies.rendering import check as check_templates
    from triage.rulebook.checking import check as check_rules

    yield from check_rules(settings.rules)
    yield from check_fields(settings.rules, settings.templates)
    yield from check_templates(settings.templates, settings.languages.answer)


def _counts(settings: Settings) -> Iterator[str]:
    """What there is, in words. Raises Problems of the rules and the examples."""
    from triage.classifier.examples import load as load_examples
    from triage.replies.rendering import TEMPLATES
    from triage.rulebook.loading import load as load_rulebook
    from triage.rulebook.schema import TestFile

    rulebook = load_rulebook(settings.rules)
    examples = load_examples([settings.rules / "examples"], [topic.name for topic in rulebook.topics])
    folder = settings.rules
    files = (read(path, TestFile, shown_as=f"{folder.name}/{path.name}") for path in folder.glob("*.test.yaml"))
    tests = sum(len(file.value.tests) for file in files)
    yield f"{len(rulebook.topics)} topics"
    yield f"{len(rulebook.places)} rules"
    yield f"{tests} rule tests"
    yield f"{len(examples):,} examples"
    languages = len(settings.languages.answer)
    yield f"{len(TEMPLATES)} templates in {languages} {'language' if languages == 1 else 'languages'}"


def _shown(problem: Problem) -> str:
    """The problem with its file named from here, if that is shorter."""
    try:
        near = Path(problem.place.file).resolve().relative_to(Path.cwd())
    except ValueError:
        return str(problem)
    return str(problem).replace(problem.place.file, str(near), 1)
