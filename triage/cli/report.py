"""`triage report`: figures of what the desk did, as tables, files, pictures and mail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.cli.report_output import FORMATS, show
from triage.cli.window import since_option, until_option
from triage.config import load

_EVERYTHING = "all"
_BY = ("profile", "language", "product", "sender", "partner", "week")


class _Reports(click.Group):
    """Without the name of a report, all of them are meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [_EVERYTHING, *args]
        return super().parse_args(ctx, args)


class _Dimensions(click.ParamType[tuple[str, ...]]):
    """What figures are broken down by: one name or several, with commas."""

    name = "WHAT"

    def __init__(self, known: Sequence[str]) -> None:
        self.known = tuple(known)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(name.strip() for name in str(value).split(",")))
        if unknown := next((name for name in names if name not in self.known), None):
            self.fail(f"this report cannot be broken down by '{unknown}', only by {', '.join(self.known)}", param, ctx)
        return names


@click.group(cls=_Reports)
def command() -> None:
    """Figures of what the desk did; without a name, all reports.

    \b
    triage report missing --by week             is less missing than before?
    triage report routing --since 30d           topics, actions, what staff corrected
    triage report --format html -o desk.html    everything in one file, with charts
    triage report send                          the same by mail
    """


Function = Callable[..., None]


def _report(name: str, known: Sequence[str], told: str) -> None:
    """Add the command of one report."""

    @command.command(name=name, help=told)
    @click.option(
        "--by", type=_Dimensions(known), default=(), help=f"Break down by {', '.join(known)}; more with commas."
    )
    @since_option
    @until_option
    @click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
    @click.option("--table", "only", metavar="ID", help="This table alone (csv: else the first).")
    @click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
    @config_option
    def one(  # noqa: PLR0913 - each option has its own
        *,
        by: tuple[str, ...],
        since: datetime | None,
        until: datetime | None,
        form: str,
        only: str | None,
        output: Path | None,
        config: Path,
    ) -> None:
        with told_plainly():
            from triage.cli.wiring import store_for
            from triage.reports import making
            from triage.store.figures.counting import Scope

            settings = load(config)
            scope = Scope(since, until, by, settings.reports.partners)
            store = store_for(settings)
            reports = making.make_all(store, scope) if name == _EVERYTHING else (making.make(name, store, scope),)
            show(reports, settings.desk.name, form, only, output)


_report("missing", ("field", *_BY), "Missing fields of first mails, what came of asking, time to complete.")
_report("routing", _BY, "Topics, actions, who decided, review share, staff's corrections, rules, silenced mail.")
_report("replies", _BY, "How soon replies left, by template and language, and what known answers settled.")
_report("workload", _BY, "Mail by kind, week and hour, what was left to people, tickets by state.")
_report(_EVERYTHING, _BY, "All of them.")


@command.command()
@since_option
@until_option
@config_option
def send(*, since: datetime | None, until: datetime | None, config: Path) -> None:
    """Mail all reports as one HTML file to the addresses in reports.to (by default of the last whole weeks)."""
    with told_plainly():
        from triage.cli.report_output import mail_out

        mail_out(load(config), since, until)
