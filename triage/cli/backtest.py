"""`triage backtest`: what edited rules, or another model, would have done with the mail of the last weeks."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import FOUND, fail, told_plainly
from triage.cli.options import TicketParam, config_option
from triage.cli.window import since_option
from triage.config import Settings, load
from triage.domain import TicketNumber

if TYPE_CHECKING:
    from triage.store.store import Store
    from triage.tuning.backtest import Backtest, Wanted


@click.command()
@since_option
@click.option("--rules", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A draft of the rules.")
@click.option("--model", metavar="DIGEST", help="A stored model of 'triage model list', instead of the one in service.")
@click.option(
    "--show",
    type=TicketParam(),
    metavar="VSD-123",
    help="One ticket in full: what was decided then, what would be now, and why.",
)
@click.option("--json", "as_json", is_flag=True, help="The whole result for programs.")
@config_option
def command(
    *,
    since: datetime | None,
    rules: Path | None,
    model: str | None,
    show: TicketNumber | None,
    as_json: bool,
    config: Path,
) -> None:
    """Decide the recorded mail again with a draft of the rules or another model, and compare with those in service.

    Without --rules and --model: with what was decided when the mail came. Nothing is sent or changed. Follow-ups are judged with their ticket as it stood when they came. Replies that a limit
    held back count as written. Mail whose words were forgotten is left out and counted.
    """
    with told_plainly():
        from triage.cli.wiring import store_for

        settings = load(config)
        wanted = _wanted(settings, rules, model)
        store = store_for(settings)
        if show:
            _show(store, wanted, show)
        else:
            _tell(_run(store, wanted, since, quiet=as_json), as_json=as_json)


def _wanted(settings: Settings, rules: Path | None, model: str | None) -> Wanted:
    from triage.mind import load as load_mind
    from triage.mind import model_path
    from triage.tuning.backtest import Wanted

    path = model_path(settings)
    if model:
        from triage.tuning import shelf

        path = shelf.find(settings.state, model).path
    elif not path.exists():
        from triage.cli.progress import training

        load_mind(settings, training)
    draft = settings.model_copy(update={"rules": rules.resolve()}) if rules else settings
    return Wanted(draft, path, settings if rules or model else None)


def _run(store: Store, wanted: Wanted, since: datetime | None, *, quiet: bool) -> Backtest:
    from triage.tuning.backtest import backtest

    seen = 0
    with click.progressbar(length=1, label="judging recorded mail", file=sys.stderr, hidden=quiet) as bar:

        def progress(done: int, mails: int) -> None:
            nonlocal seen
            bar.length = mails
            bar.update(done - seen)
            seen = done

        return backtest(store, wanted, since, progress)


def _tell(found: Backtest, *, as_json: bool) -> None:
    from triage.cli import backtest_telling

    if as_json:
        click.echo(json.dumps(backtest_telling.document(found), ensure_ascii=False, indent=2))
    else:
        backtest_telling.tell(found)


def _show(store: Store, wanted: Wanted, ticket: TicketNumber) -> None:
    from triage.cli import backtest_telling
    from triage.store import recorded

    with store.connection() as db:
        rows = recorded.of_ticket(db, ticket)
    if not rows:
        fail(FOUND, f"{ticket}: no mail of this ticket is recorded, or its words were forgotten")
    backtest_telling.show(rows, wanted.minds())
