"""`triage model`: the models that were trained, and which of them is in service."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.config import load

if TYPE_CHECKING:
    from triage.tuning.shelf import Volume

_SHORT = 12  # characters of a digest


@click.group()
def command() -> None:
    """The models that 'triage train' made: list them, go back, or use a certain one."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="The same for programs.")
@config_option
def list_(*, as_json: bool, config: Path) -> None:
    """Every stored model, newest first, with its figures; the one in service is marked."""
    with told_plainly():
        from triage.tuning import shelf

        found = shelf.volumes(load(config).state)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2))
    elif found:
        _tell(found)
    else:
        click.echo("no model is stored; 'triage train' makes one")


@command.command()
@config_option
def rollback(*, config: Path) -> None:
    """Put the model in service that was there before. A running desk takes it within half a minute."""
    with told_plainly():
        from triage.tuning import shelf

        state = load(config).state
        _serve(state, shelf.before(state))


@command.command()
@click.argument("digest")
@config_option
def use(*, digest: str, config: Path) -> None:
    """Put a certain model in service, by the beginning of its digest."""
    with told_plainly():
        from triage.tuning import shelf

        state = load(config).state
        _serve(state, shelf.find(state, digest))


def _serve(state: Path, volume: Volume) -> None:
    from triage.tuning import shelf

    shelf.serve(state, volume)
    click.echo(f"{volume.digest[:_SHORT]} of {volume.at:%Y-%m-%d %H:%M} is in service")


def _document(each: Volume) -> dict[str, object]:
    return asdict(each) | {"at": each.at.isoformat(), "path": str(each.path)}


def _tell(found: list[Volume]) -> None:
    from rich.table import Table

    from triage.cli.terminal import console

    table = Table("", "model", "trained", "examples", "evaluation", "corrected", "why", box=None, header_style="dim")
    for each in found:
        shares = [f"{each.figures.get(f'{name}_right', 0)}/{each.figures.get(f'{name}_mails', 0)}" for name in _SETS]
        mark = "in service" if each.in_service else ""
        table.add_row(mark, each.digest[:_SHORT], f"{each.at:%Y-%m-%d %H:%M}", str(each.examples), *shares, each.why)
    console().print(table)


_SETS = ("evaluation", "corrected")
