"""`triage correct`: what a verdict should have been."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import fail, told_plainly
from triage.cli.options import TicketParam, config_option, who_option
from triage.config import Settings, load
from triage.domain import TicketNumber

if TYPE_CHECKING:
    from triage.store.corrections import Correction

_NOTHING = "nothing"  # --missing nothing
_WRONG_USAGE = 2


@click.command()
@click.argument("ticket", type=TicketParam(), metavar="VSD-123")
@click.option("--topic", help="What the mail was about.")
@click.option("--missing", help="The fields it should have been asked for, with commas between; or 'nothing'.")
@click.option("--why", default="", help="A sentence for the next person.")
@click.option("--move", is_flag=True, help="The ticket follows: its topic and state become those of the right topic.")
@click.option("--reply", is_flag=True, help="Move it and send the reply that the right topic has.")
@who_option
@config_option
def command(  # noqa: PLR0913 - one for each option
    *,
    ticket: TicketNumber,
    topic: str | None,
    missing: str | None,
    why: str,
    move: bool,
    reply: bool,
    who: str,
    config: Path,
) -> None:
    """Say what the mail that opened a ticket should have been. The verdict itself stays as it was.

    Reports count corrections, back-tests compare with them, and 'triage examples review' offers the mail as an example.
    Nothing is sent without --reply. The mail stays in the folder where it rests.
    """
    if topic is None and missing is None:
        raise click.UsageError("Give --topic, --missing, or both.")
    if (move or reply) and topic is None:
        raise click.UsageError("--move and --reply need --topic.")
    with told_plainly():
        settings = load(config)
        fields = _fields(settings, missing) if missing is not None else None
        if topic is not None:
            _refuse_unknown("topic", topic, _topics(settings))
        from triage.cli.wiring import store_for
        from triage.tuning.correcting import Said, correct

        said = correct(store_for(settings), ticket, Said(topic, fields, why, who))
        click.echo(_told(said))
        if move or reply:
            _follow(settings, said, reply=reply)


def _follow(settings: Settings, said: Correction, *, reply: bool) -> None:
    from triage.cli import logs
    from triage.cli.progress import training
    from triage.cli.wiring import desk_for
    from triage.tuning.correcting import reroute

    logs.set_up(settings, logging.WARNING)
    verdict = reroute(desk_for(settings, training), said, reply=reply)
    click.echo(f"{said.ticket} is {verdict.state.value if verdict.state else 'as it was'} now, topic {verdict.topic}")
    if reply:
        click.echo(f"queued: {verdict.template} ({verdict.language.value})" if verdict.template else "it has no reply")


def _told(said: Correction) -> str:
    parts = [f"{said.topic_before or 'no topic'} should be {said.topic}"] if said.topic else []
    if said.missing is not None:
        parts.append(f"should be asked for {', '.join(said.missing) or _NOTHING}")
    offered = "; 'triage examples review' offers it as an example" if said.example == "offered" else ""
    return f"{said.ticket}: {'; '.join(parts)}{offered}"


def _topics(settings: Settings) -> list[str]:
    from triage.rulebook.loading import load as load_rulebook

    return [topic.name for topic in load_rulebook(settings.rules).topics]


def _fields(settings: Settings, text: str) -> tuple[str, ...]:
    from triage.fields.handbook import Handbook

    if text.strip() == _NOTHING:
        return ()
    handbook = Handbook.load(settings.rules)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        _refuse_unknown("field", name, [*handbook.file.fields, *handbook.items.items])
    return names


def _refuse_unknown(what: str, name: str, known: Collection[str]) -> None:
    from triage.yamlfile import did_you_mean

    if name not in known:
        fail(_WRONG_USAGE, f"there is no {what} '{name}'{did_you_mean(name, known)}")
