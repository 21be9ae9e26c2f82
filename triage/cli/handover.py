"""`triage handover`: a ticket goes to a team or another helpdesk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import TicketParam, config_option, who_option
from triage.config import load
from triage.domain import TicketNumber

if TYPE_CHECKING:
    from triage.config import Settings
    from triage.fields.handbook import Handbook
    from triage.handover import Handovers


@click.command()
@click.argument("ticket", type=TicketParam(), metavar="VSD-1")
@click.option(
    "--to", multiple=True, metavar="ADDRESS", help="To whom instead of those under `handover` in config.yaml."
)
@who_option
@config_option
def command(*, ticket: TicketNumber, to: tuple[str, ...], who: str, config: Path) -> None:
    """Pass a ticket on with masked copies of its mails and what was found in them; it leaves with the next run."""
    with told_plainly():
        from triage.cli.wiring import store_for
        from triage.handover import case_of

        settings = load(config)
        receivers = _receivers(to, settings)
        handovers, handbook = _handovers(settings)
        with store_for(settings).ledger() as ledger:
            case = case_of(ledger, ticket, handbook)
            if case is None:
                fail(FOUND, f"there is no ticket {ticket}, or its words have expired")
            handovers.pass_on(ledger, case, receivers, who)
    click.echo(f"{case.number}: goes to {', '.join(receivers)} with the next run")


def _receivers(to: tuple[str, ...], settings: Settings) -> tuple[str, ...]:
    from triage.mail.addresses import deliverable

    found = tuple(dict.fromkeys(map(str.lower, to))) or tuple(dict.fromkeys(rule.to for rule in settings.handover))
    if not found:
        raise click.UsageError("Name somebody with --to, or under 'handover' in config.yaml.")
    for email in found:
        if not deliverable(email) or settings.desk.is_ours(email):
            raise click.UsageError(f"'{email}' is no address of somebody else.")
    return found


def _handovers(settings: Settings) -> tuple[Handovers, Handbook]:
    """What writes the letter; no model is needed."""
    from triage.cli.signing import signer_for
    from triage.cli.wiring import envelope_for
    from triage.fields.handbook import Handbook
    from triage.handover import Handovers
    from triage.replies.rendering import Templates
    from triage.replies.writer import Writer
    from triage.rulebook.loading import load as load_rulebook

    handbook = Handbook.load(settings.rules)
    writer = Writer(Templates(settings.templates), load_rulebook(settings.rules), handbook, settings)
    return Handovers(settings.handover, writer, signer_for(settings), envelope_for(settings)), handbook
