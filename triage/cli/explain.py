"""`triage explain`: why the desk would do what it does with a mail. Needs no server and no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.loading import loading
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
        files, unreadable = [file for path in paths for file in _files(path)], False
        with loading():
            from triage.cli.explaining import Explainer, NotRead, as_json
            from triage.cli.telling import tell

            explainer = Explainer.build(load(config))
        for start in range(0, len(files), BATCH):
            for result in explainer.explain(files[start : start + BATCH]):
                unreadable = unreadable or isinstance(result, NotRead)
                if json_lines:
                    click.echo(json.dumps(as_json(result), ensure_ascii=False))
                else:
                    tell(result)
    if unreadable:
        raise SystemExit(FOUND)


def _files(path: Path) -> Sequence[Path]:
    """The given file, or the .eml files of a given folder by name."""
    if not path.is_dir():
        return [path]
    return sorted(path.glob("*.eml")) or fail(FOUND, f"no .eml files in {path}")
