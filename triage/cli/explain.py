"""`triage explain`: why the desk would do what it does with a mail. Needs no server and no database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from triage.cli.exits import FOUND, told_plainly
from triage.cli.options import config_option
from triage.config import load

BATCH = 64  # mails understood at once


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line and mail, in file-name order.")
@config_option
def command(paths: tuple[Path, ...], *, json_lines: bool, config: Path) -> None:
    """Show what the desk would do with mails and why: .eml files, or folders of them."""
    with told_plainly():
        from triage.cli.explaining import Explainer, NotRead, as_json
        from triage.cli.telling import tell

        explainer = Explainer.build(load(config))
        files, unreadable = list(_files(paths)), False
        for start in range(0, len(files), BATCH):
            for result in explainer.explain(files[start : start + BATCH]):
                unreadable = unreadable or isinstance(result, NotRead)
                if json_lines:
                    click.echo(json.dumps(as_json(result), ensure_ascii=False))
                else:
                    tell(result)
    if unreadable:
        raise SystemExit(FOUND)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The given files, and the .eml files of given folders by name."""
    for path in paths:
        yield from sorted(path.glob("*.eml")) if path.is_dir() else [path]
