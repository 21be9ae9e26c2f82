"""`triage ticket`: the life of one ticket, and why it went as it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import TicketParam, config_option
from triage.config import load
from triage.domain import TicketNumber

if TYPE_CHECKING:
    from triage.store.dossier import Dossier


@click.command()
@click.argument("ticket", type=TicketParam(), metavar="VSD-1")
@click.option("--why", is_flag=True, help="Also what each decision was made of.")
@config_option
def command(*, ticket: TicketNumber, why: bool, config: Path) -> None:
    """Who wrote, what was decided, what left, and what was done by hand, oldest first."""
    with told_plainly():
        from triage.cli.showing import harmless
        from triage.cli.wiring import store_for
        from triage.store import dossier

        with store_for(load(config)).connection() as db:
            found = dossier.of(db, ticket)
    if found is None:
        fail(FOUND, f"there is no ticket {ticket}")
    click.echo(harmless(_told(found, why=why)))


def _told(found: Dossier, *, why: bool) -> str:
    about = "/".join(filter(None, (found.topic, found.profile))) or "no topic"
    lines = [f"{found.number}  {found.state}  {about}  {found.subject or '(no subject)'}"]
    lines += [f"part of {found.part_of}"] if found.part_of else []
    lines += [f"took in {', '.join(map(str, found.parts))}"] if found.parts else []
    lines += [f"flags: {', '.join(found.flags)}"] if found.flags else []
    lines += [f"of {found.owner}; taking part: {', '.join(found.people) or 'nobody'}", ""]
    for step in found.steps:
        lines.append(f"{step.at:%Y-%m-%d %H:%M}  {step.line}")
        lines += [f"    {each}" for each in (step.because if why else step.because[:1])]
    return "\n".join(lines)
