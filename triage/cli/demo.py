"""`triage demo`: the main job without any server. Sample mails in a local Maildir, what happened to each and why,
and the replies as files to open."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
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
_MARK = CONFIG.partition(":")[0]  # what a demo's own config.yaml begins with

_HEADINGS = ("mail", "in", "ticket", "topic")  # and the action
_INDENT = 4  # columns before the second line of a mail
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
    if folder.exists() and any(folder.iterdir()) and not _is_ours(folder / "config.yaml"):
        raise click.UsageError(f"{folder} is not empty and not a demo folder; name another with --folder")


def _is_ours(config: Path) -> bool:
    return config.is_file() and config.read_text(encoding="utf-8", errors="replace").startswith(_MARK)


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
    """Two lines a mail: what was done with it, then its subject and why. Columns are as wide as they must be."""
    from rich.padding import Padding
    from rich.text import Text

    from triage.cli.terminal import console

    rows = [_row(each) for each in mails]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    out = console()
    out.print(Text(_line(_HEADINGS, widths) + "  action", style="dim"))
    for each, row in zip(mails, rows, strict=True):
        out.print(Text(_line(row, widths)), Text(each.action, style=_COLOURS.get(each.action, "")), sep="  ")
        out.print(Padding(Text(f"{each.subject or '(no subject)'} · {_why(each)}", style="dim"), (0, 0, 0, _INDENT)))


def _row(each: HandledMail) -> tuple[str, ...]:
    name = each.uid.split(".")[1] if "." in each.uid else each.uid
    return name, each.language, str(each.ticket or "-"), each.topic


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


def _why(each: HandledMail) -> str:
    missing = (f"missing: {', '.join(each.missing)}",) if each.missing and each.template else ()
    return "; ".join((*missing, *each.reasons, *each.flags))


def _say_where(folder: Path, mails: int, replies: int) -> None:
    config, sample = str(folder / "config.yaml"), sorted(shipped.samples().glob("04-*.eml"))[0]
    click.echo(f"\n{mails} mails were handled, {replies} replies written.")
    click.echo(f"The replies, to open in any mail program:  {folder / 'replies'}")
    click.echo(f"The mail, filed in trays:                  {folder / 'mailbox'}")
    click.echo("Why, in full, for one mail:")
    click.echo(f"  {shlex.join([_this_program(), 'explain', '-c', config, _from_here(sample)])}")
    click.echo("Figures:")
    click.echo(f"  {shlex.join([_this_program(), 'report', '-c', config])}")


def _this_program() -> str:
    """What to type to start this program again: as it was started, if that was as a program of its own."""
    started = sys.argv[0]
    return started if Path(started).is_file() and os.access(started, os.X_OK) else "triage"


def _from_here(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
