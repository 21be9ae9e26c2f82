"""Options that many commands share."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

import click

from triage.domain import TicketNumber

_TICKET = re.compile(r"\[?(?:VSD[- ]?)?(\d{1,9})\]?", re.IGNORECASE)


class TicketParam(click.ParamType[TicketNumber]):
    """A ticket's number as people write it: VSD-12345, [VSD-12345] or 12345."""

    name = "ticket"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> TicketNumber:
        if isinstance(value, TicketNumber):
            return value
        found = _TICKET.fullmatch(str(value).strip())
        if not found:
            self.fail(f"'{value}' is not a ticket number; write it as VSD-12345", param, ctx)
        return TicketNumber(int(found[1]))


who_option = click.option(
    "--who", default=getpass.getuser, metavar="NAME", help="Who does it, for the ticket's history.  [default: you]"
)

config_option = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    envvar="TRIAGE_CONFIG",
    help="The configuration file.",
)
