"""`triage demo`: the main job without any server. Sample mails in a local Maildir, a table of what happened and
why, and the replies as files to open."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli import shipped
from triage.cli.exits import told_plainly
from triage.cli.progress import training
from triage.config import load

if TYPE_CHECKING:
    from triage.config import Settings
    from triage.store.queries import HandledMail

CONFIG = """\
# Made by `triage demo`: a local mailbox and a folder for the replies. Nothing leaves this machine.
desk: {{name: Vipps Integration, address: integration@vipps.no}}
mailboxes:
  - name: demo
    maildir: {{path: mailbox}}
outgoing: {{folder: replies}}
database: sqlite:///demo.sqlite
state: state
rules: {rules}
templates: {templates}
"""


_COLOURS = {
    "redirect": "cyan",
    "request_info": "yellow",
    "acknowledge": "green",
    "review": "magenta",
    "attach": "blue",
    "none": "bright_black",
}


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Made anew; the trained model in it is kept.",
)
def command(*, folder: Path) -> None:
    """Run the desk on sample mail in a local folder; nothing is sent and no server is needed."""
    with told_plainly():
        _refuse_foreign(folder)
        settings = _lay_out(folder)
        from triage.cli.wiring import desk_for
        from triage.desk import run_once
        from triage.store import queries

        desk = desk_for(settings, training)
        waiting = sum(mailbox.count_waiting() for mailbox in desk.mailboxes)
        with click.progressbar(length=waiting, label="handling the sample mail") as bar:
            tally = run_once(desk, progress=bar.update)
        with desk.store.connection() as db:
            _tell(queries.handled(db))
        _say_where(folder, waiting, tally["sent"])


def _refuse_foreign(folder: Path) -> None:
    """The folder is emptied, so it must be ours or new."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "config.yaml").is_file():
        raise click.UsageError(f"{folder} is not empty and not a demo folder; name another with --folder")


def _lay_out(folder: Path) -> Settings:
    for old in ("mailbox", "replies"):
        shutil.rmtree(folder / old, ignore_errors=True)
    for file in folder.glob("demo.sqlite*"):
        file.unlink()
    for name in ("new", "cur", "tmp"):
        (folder / "mailbox" / name).mkdir(parents=True)
    for number, mail in enumerate(sorted(shipped.samples().glob("*.eml"))):
        shutil.copy(mail, folder / "mailbox" / "new" / f"{1_700_000_000 + number}.{mail.stem}.demo")
    text = CONFIG.format(rules=shipped.folder("rules"), templates=shipped.folder("templates"))
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load(folder / "config.yaml")


def _tell(mails: Sequence[HandledMail]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("mail", "subject", "", "topic", "action", "ticket", "why", header_style="dim")
    for each in mails:
        name = each.uid.split(".")[1] if "." in each.uid else each.uid
        action = Text(each.action, style=_COLOURS.get(each.action, ""))
        number = str(each.ticket) if each.ticket else "-"
        missing = (f"missing: {', '.join(each.missing)}",) if each.missing and each.template else ()
        why = "; ".join((*missing, *each.reasons, *each.flags))
        table.add_row(
            name, Text(each.subject[:40] or "(no subject)"), each.language, each.topic, action, number, Text(why[:90])
        )
    Console(highlight=False).print(table)


def _say_where(folder: Path, mails: int, replies: int) -> None:
    click.echo(f"\n{mails} mails were handled, {replies} replies written.")
    click.echo(f"The replies, to open in any mail program:   {folder / 'replies'}")
    click.echo(f"The mail, filed in trays:                   {folder / 'mailbox'}")
    click.echo(f"Why, in full, for one mail:                 triage explain -c {folder / 'config.yaml'} MAIL.eml")
    click.echo(f"Figures:                                    triage report -c {folder / 'config.yaml'}")
