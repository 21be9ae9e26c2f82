"""`triage evaluate --fields`: how well the finders do on labelled technical mail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from triage.cli.terminal import console
from triage.config import Settings
from triage.fields.evaluating import Evaluation, evaluate_fields
from triage.fields.handbook import Handbook
from triage.fields.inspecting import Inspector
from triage.reports.labelled_fields import load


def measure_fields(settings: Settings, paths: Sequence[Path], *, as_json: bool) -> None:
    """Print precision and recall of each field, and how often exactly the right things would be asked for."""
    mails = [mail for _, mail in load(paths)]
    found = evaluate_fields(Inspector.load(settings.rules), Handbook.load(settings.rules), mails)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
    else:
        _tell(found)


def _tell(found: Evaluation) -> None:
    out = console()
    table = Table("field", "labelled", "found", "precision", "recall", title="Fields", title_justify="left")
    for score in found.scores.values():
        numbers = (str(score.labelled), str(score.found), f"{score.precision:.1%}", f"{score.recall:.1%}")
        table.add_row(score.name, *numbers)
    out.print(table)
    out.print(f"mails                                        {found.mails}")
    out.print(f"profile right                                {found.profile_share:.1%}")
    out.print(f"missing set exactly right                    {found.missing_share:.1%}")
    out.print(f"nothing asked that the mail gives            {found.nothing_in_vain_share:.1%}")
    for miss in found.misses:
        out.print(f"  {miss.name}: {miss.what}: labelled {miss.labelled!r}, found {miss.found!r}", markup=False)
