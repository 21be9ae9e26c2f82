"""`triage preview`: what a template looks like, filled as a live reply is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.config import Settings, load
from triage.domain import Language
from triage.yamlfile import Problems, did_you_mean

if TYPE_CHECKING:
    from triage.replies.writer import Writer


@click.command()
@click.argument("template")
@click.argument("language", type=click.Choice([language.value for language in Language]))
@click.option("--minimal", is_flag=True, help="With the least a mail can give, not with everything.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the HTML part to this file too.")
@config_option
def command(*, template: str, language: str, minimal: bool, html: Path | None, config: Path) -> None:
    """Show a template as a reply to a made-up mail, for example: triage preview request_info no.

    Any language that has the template will do, answered in or not. A template that is broken is refused with its line.
    """
    with told_plainly():
        settings = load(config)
        _refuse_unknown(template, settings)
        spoken = Language(language)
        _refuse_broken(template, settings, spoken)
        from triage.replies.preview import previewed

        subject, rendered = previewed(_writer(settings), template, spoken, full=not minimal)
    if subject:
        click.echo(f"Subject: {subject}\n")
    click.echo(rendered.text, nl=False)
    if html:
        html.write_text(rendered.html, encoding="utf-8")
        click.echo(f"the HTML part is in {html}", err=True)


def _writer(settings: Settings) -> Writer:
    from triage.fields.handbook import Handbook
    from triage.replies.rendering import Templates
    from triage.replies.writer import Writer
    from triage.rulebook.loading import load as load_rulebook

    rulebook, handbook = load_rulebook(settings.rules), Handbook.load(settings.rules)
    return Writer(Templates(settings.templates), rulebook, handbook, settings)


def _refuse_unknown(template: str, settings: Settings) -> None:
    from triage.replies.rendering import STAFF_TEMPLATES, TEMPLATES

    known = (*TEMPLATES, *STAFF_TEMPLATES)
    if template not in known:
        hint = did_you_mean(template, known)
        raise click.UsageError(f"there is no template '{template}'{hint}")


def _refuse_broken(template: str, settings: Settings, language: Language) -> None:
    """Raises Problems with what keeps this template from being rendered."""
    from triage.replies.rendering import check_one

    if problem := check_one(settings.templates, template, language):
        raise Problems((problem,))
