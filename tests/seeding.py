"""Many recorded mails from few: the labelled mails handled by the real desk again and again, from other people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

from tests import labelled
from triage.desk import Desk, handle
from triage.domain import Address, Reading
from triage.mind import Mind
from triage.transport.mailbox import Arrival


def labelled_readings(mind: Mind) -> list[Reading]:
    """The labelled mails as a mind reads them; those that it cannot read are left out."""
    return [each for each in mind.understanding.read([one.raw for one in labelled.load()]) if isinstance(each, Reading)]


def seed(desk: Desk, readings: Sequence[Reading], mails: int) -> None:
    """Hand the desk as many mails as wanted, each from another person and with its own Message-ID, nothing sent."""
    with desk.store.ledger() as ledger:
        for number, reading in enumerate(islice(cycle(readings), mails)):
            handle(Arrival("seeded", str(number), b"", 0, None), _another(reading, number), ledger, desk)


def _another(reading: Reading, number: int) -> Reading:
    mail = reading.mail
    key = hashlib.sha256(f"{number} {mail.key}".encode()).hexdigest()
    local, _, domain = mail.sender.email.partition("@")
    person = bool(domain) and reading.silence is None  # the guard has looked at a machine's address already
    sender = Address(f"{local}.{number}@{domain}", mail.sender.name) if person else mail.sender
    return replace(reading, mail=replace(mail, key=key, message_id=f"{number}.{key[:8]}@seed.example", sender=sender))
