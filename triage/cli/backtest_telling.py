"""Says what a back-test found: tables for people, one document for programs, one ticket in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from triage.cli.showing import harmless
from triage.cli.terminal import console
from triage.domain import Evidence
from triage.store import recorded
from triage.store.recorded import Row
from triage.tuning.backtest import Backtest, Decision, Judged, Minds, judge_rows
from triage.tuning.judging import readings_of

_MOST = 40  # mails listed one by one


def tell(found: Backtest) -> None:
    """What would have been otherwise, largest groups first."""
    out = console()
    out.print(_summary(found))
    for title, headings, counts in (
        ("Who moves", ("from", "to"), found.moves),
        ("Who would be asked for what", ("field", "asked"), found.asked),
        ("Which letter", ("from", "to"), found.letters),
    ):
        if counts:
            out.print(_counted(title, headings, counts))
    if found.changed:
        out.print(_mails(found.changed))


def document(found: Backtest) -> dict[str, Any]:
    """The whole result; `changed` has every mail."""
    return {
        "mails": found.mails,
        "forgotten": found.forgotten,
        "unreadable": found.unreadable,
        "changed": [_changed(each) for each in found.changed],
        "moves": _rows(("from", "to"), found.moves),
        "asked": _rows(("field", "asked"), found.asked),
        "letters": _rows(("from", "to"), found.letters),
        "agreement": asdict(found.agreement),
    }


def show(rows: Sequence[Row], tried: Minds) -> None:
    """Each mail of one ticket: what was decided, what would be, and what speaks for it."""
    out = console()
    judged = {each.mail: each for each in judge_rows(rows, tried)}
    for row in rows:
        kept = recorded.unpack(row.content)
        (reading,) = readings_of([kept], tried.tried)
        out.rule(Text(f"{row.ticket}  ·  {row.at:%Y-%m-%d %H:%M}  ·  {harmless(kept.mail.subject) or '(no subject)'}"))
        out.print(Text(harmless(kept.mail.new[:1500]), style="dim"))
        out.print(_beside(judged[row.mail]))
        out.print(_evidence(reading.evidence))
        if reading.opinion:
            guesses = ", ".join(f"{one.topic} {one.probability:.0%}" for one in reading.opinion.guesses[:3])
            out.print(Text(f"the model's guess: {guesses}", style="dim"))


def _summary(found: Backtest) -> Text:
    changed = len(found.changed)
    line = Text(f"{found.mails} recorded mails were judged again: {changed} would be decided otherwise.")
    if found.forgotten or found.unreadable:
        line.append(f"\nLeft out: {found.forgotten} whose words were forgotten, {found.unreadable} unreadable.")
    if found.agreement.mails:
        agreement = found.agreement
        line.append(f"\nOf {agreement.mails} corrected mails, {agreement.before} agreed with staff; ")
        line.append(f"{agreement.after} would.", style="green" if agreement.after >= agreement.before else "red")
    return line


def _counted(title: str, headings: tuple[str, str], counts: Counter[tuple[str, str]]) -> Table:
    table = Table(*headings, title=f"\n{title}", title_justify="left", header_style="dim", box=None)
    table.add_column("mails", justify="right")
    for (one, other), mails in counts.most_common():
        table.add_row(one, other, str(mails))
    return table


def _mails(changed: Sequence[Judged]) -> Table:
    more = f" (the first {_MOST} of {len(changed)}; --json has all)" if len(changed) > _MOST else ""
    title = f"\nThe mails{more}; --show TICKET tells why"
    table = Table(title=title, title_justify="left", header_style="dim", box=None)
    for heading in ("ticket", "before", "after"):
        table.add_column(heading, no_wrap=heading == "ticket")
    table.add_column("subject", style="dim")
    for each in changed[:_MOST]:
        before, after = _differences(each)
        table.add_row(str(each.ticket or "-"), before, after, Text(harmless(each.subject)[:50]))
    return table


def _differences(each: Judged) -> tuple[str, str]:
    """What differs, in words, before and after."""
    pairs = [(one, other) for one, other in zip(_told(each.before), _told(each.after), strict=True) if one != other]
    return "; ".join(one for one, _ in pairs), "; ".join(other for _, other in pairs)


def _told(decision: Decision) -> tuple[str, ...]:
    return (
        decision.door,
        f"tray {decision.tray}",
        f"asked for {', '.join(sorted(decision.missing)) or 'nothing'}",
        f"{decision.template} ({decision.language})" if decision.template else "no reply",
    )


def _beside(each: Judged) -> Table:
    table = Table("", "before", "after", box=None, header_style="dim")
    for name, before in asdict(each.before).items():
        after = asdict(each.after)[name]
        table.add_row(name, _cell(before), _cell(after), style="bold" if before != after else "")
    return table


def _cell(value: object) -> str:
    return ", ".join(value) or "-" if isinstance(value, tuple) else str(value or "-")


def _evidence(evidence: Sequence[Evidence]) -> Table:
    table = Table("rule", "words seen", "weight", "where it is written", box=None, header_style="dim")
    for item in sorted(evidence, key=lambda one: -one.weight):
        table.add_row(item.rule, Text(harmless(item.text)[:60]), f"{item.weight:g}", item.place)
    return table


def _changed(each: Judged) -> dict[str, Any]:
    return {
        "ticket": str(each.ticket) if each.ticket else None,
        "mail": each.mail,
        "at": each.at.isoformat(),
        "subject": each.subject,
        "before": asdict(each.before),
        "after": asdict(each.after),
    }


def _rows(names: tuple[str, str], counts: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [dict(zip(names, pair, strict=True)) | {"mails": mails} for pair, mails in counts.most_common()]
