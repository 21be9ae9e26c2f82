"""Says a decision to a person: the mail with the words that counted marked, the reasons, the reply."""

from __future__ import annotations

import re

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from triage.cli import terminal
from triage.cli.explaining import Explained, NotRead
from triage.domain import Action, Reading

_COLOURS = {
    Action.REDIRECT: "cyan",
    Action.REQUEST_INFO: "yellow",
    Action.ACKNOWLEDGE: "green",
    Action.REVIEW: "magenta",
    Action.ATTACH: "blue",
    Action.NONE: "bright_black",
}
_LONGEST_MAIL = 3000  # characters shown


def tell(result: Explained | NotRead, console: Console | None = None) -> None:
    """Print one explained mail; colours only on a terminal."""
    out = console or terminal.console()
    if isinstance(result, NotRead):
        out.print(Text(f"{result.file}: set aside in {result.problem.stage}: {result.problem.error}", style="red"))
        return
    out.rule(Text(f"{result.file}  ·  {result.reading.mail.subject or '(no subject)'}"))
    out.print(_headline(result))
    out.print(Panel(_marked_mail(result.reading), title="what was read", title_align="left", border_style="dim"))
    for table in (_evidence(result.reading), _fields(result)):
        if table.row_count:
            out.print(table)
    out.print(_guesses(result.reading))
    for reason in result.verdict.reasons:
        out.print(Text(f"  · {reason}", style="dim"))
    if result.reply:
        out.print(_reply(result))
    else:
        out.print(Text("No reply.", style="dim"))


def _headline(result: Explained) -> Text:
    verdict = result.verdict
    line = Text("→ ")
    line.append(verdict.action.value, style=f"bold {_COLOURS[verdict.action]}")
    line.append(f"  topic {verdict.topic or '-'}  profile {verdict.profile or '-'}  language {verdict.language.value}")
    line.append(f"  decided by {verdict.decided_by.value} ({verdict.confidence:.0%})")
    if verdict.missing:
        line.append(f"\n  missing: {', '.join(verdict.missing)}", style="yellow")
    if verdict.flags:
        line.append(f"\n  flags: {', '.join(flag.value for flag in verdict.flags)}", style="red")
    return line


def _marked_mail(reading: Reading) -> Group:
    mail = reading.mail
    new = Text(mail.new[:_LONGEST_MAIL])
    for item in reading.evidence:
        for word in item.text.split(" … "):
            new.highlight_regex(re.escape(word[:200]), "bold reverse")
    parts = [new]
    if mail.signature:
        parts.append(Text(f"\n[signature]\n{mail.signature[:600]}", style="dim"))
    if mail.quoted:
        parts.append(Text(f"\n[quoted history, {len(mail.quoted)} characters]", style="dim"))
    if mail.attachments:
        parts.append(Text(f"\n[attachments] {', '.join(part.name for part in mail.attachments)}", style="dim"))
    return Group(*parts)


def _evidence(reading: Reading) -> Table:
    table = Table(box=None, header_style="dim")
    table.add_column("rule", overflow="fold")
    table.add_column("words seen", overflow="fold")
    table.add_column("weight", justify="right")
    table.add_column("where it is written", no_wrap=True, overflow="fold")
    for item in sorted(reading.evidence, key=lambda one: -one.weight):
        rule = f"{item.rule} (flag {item.flag.value})" if item.flag else item.rule
        table.add_row(rule, Text(item.text[:60]), f"{item.weight:g}", item.place)
    return table


def _guesses(reading: Reading) -> Group:
    opinion = reading.opinion
    if opinion is None:
        return Group()
    table = Table("model's guess", "probability", box=None, header_style="dim")
    for guess in opinion.guesses[:3]:
        table.add_row(guess.topic, f"{guess.probability:.0%}")
    remarks = (
        f"confidence {opinion.confidence:.2f}, {'sure' if opinion.sure else 'not sure'}",
        f"because of: {', '.join(word for word, _ in opinion.because)}",
        f"like: {', '.join(opinion.nearest)}",
    )
    return Group(table, *(Padding(Text(remark, style="dim"), (0, 0, 0, 1)) for remark in remarks))


def _fields(result: Explained) -> Table:
    table = Table("field", "value", "found in", "note", box=None, header_style="dim")
    for found in result.verdict.fields:
        table.add_row(found.field, Text(" ".join(found.value.split())[:80]), found.where.value, found.note)
    for name in result.verdict.missing:
        table.add_row(Text(name, style="yellow"), Text("missing", style="yellow"), "", "")
    return table


def _reply(result: Explained) -> Panel:
    reply = result.reply
    assert reply is not None  # noqa: S101 - the caller asked
    head = f"To: {', '.join(person.email for person in reply.to)}\n"
    if reply.cc:
        head += f"Cc: {', '.join(person.email for person in reply.cc)}\n"
    body = Text(f"{head}Subject: {reply.subject}\n\n{reply.text}")
    return Panel(body, title=f"reply ({reply.template}, {reply.language})", title_align="left", border_style="green")
