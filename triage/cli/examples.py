"""`triage examples review`: corrected mails become examples, each looked at by somebody first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage.cli.exits import told_plainly
from triage.cli.options import config_option
from triage.config import load

if TYPE_CHECKING:
    from triage.classifier.examples import Example
    from triage.store.corrections import Correction
    from triage.store.store import Store


@click.group()
def command() -> None:
    """Corrected mails as examples for the model."""


@command.command()
@config_option
def review(*, config: Path) -> None:
    """Go through the mails that were corrected: accept each as an example, edit it, drop it, or leave it for later.

    Secrets were masked when the mail came; addresses, telephone numbers, long numbers and names from the headers are
    taken out here. Look for other names before you accept. 'triage train' learns what was accepted.
    """
    with told_plainly():
        from triage.cli.wiring import store_for

        settings = load(config)
        store, accepted = store_for(settings), 0
        for correction, example in _offered(store):
            answer, chosen = _ask(correction, example)
            if answer == "quit":
                break
            accepted += _settle(store, settings.rules, correction, chosen, answer)
    click.echo(f"{accepted} accepted" + ("; 'triage train' learns them" if accepted else ""))


def _offered(store: Store) -> Iterator[tuple[Correction, Example]]:
    """What waits; a mail whose words were forgotten offers nothing any more."""
    from triage.store import corrections, recorded
    from triage.tuning.examples import proposal

    with store.connection() as db:
        waiting = corrections.offered(db)
    for each in waiting:
        with store.connection() as db:
            rows = [row for row in recorded.of_ticket(db, each.ticket) if row.mail == each.mail]
            if not rows:
                corrections.settle(db, each.id, corrections.DROPPED)
        if rows and each.topic:
            yield each, proposal(recorded.unpack(rows[0].content), each.topic)


def _ask(correction: Correction, example: Example) -> tuple[str, Example]:
    """What to do with one example; edited as often as somebody wants."""
    from triage.cli.showing import harmless
    from triage.tuning.examples import editable, edited

    words = {"a": "accept", "e": "edit", "d": "drop", "l": "later", "q": "quit"}
    while True:
        click.echo(f"\n{correction.ticket}: {correction.topic_before or 'no topic'} should be {correction.topic}")
        click.echo(harmless(f"{correction.who}: {correction.why}" if correction.why else correction.who))
        click.echo(harmless(editable(example)))
        answer = words[click.prompt("[a]ccept, [e]dit, [d]rop, [l]ater, [q]uit", type=click.Choice([*words]))]
        if answer != "edit":
            return answer, example
        try:
            example = edited(click.edit(editable(example)) or editable(example), example)
        except ValueError as error:
            click.echo(str(error), err=True)


def _settle(store: Store, rules: Path, correction: Correction, example: Example, answer: str) -> int:
    from triage.store import corrections
    from triage.tuning.examples import append

    if answer == "later":
        return 0
    if answer == "accept":
        click.echo(f"written to {append(rules, example)}")
    with store.connection() as db:
        corrections.settle(db, correction.id, corrections.ACCEPTED if answer == "accept" else corrections.DROPPED)
    return int(answer == "accept")
