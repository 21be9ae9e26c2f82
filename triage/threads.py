"""Does a mail belong to a ticket? Signed ids first, then the number in the subject; never a stranger.

Our Message-IDs carry the ticket's number and an HMAC, so nobody can write one that was not sent to them.
A number in a subject can be typed by anyone: it counts only for somebody who takes part in the ticket.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from triage.domain import InboundMail, Ticket, TicketNumber

_TOKEN = re.compile(r"(?<![A-Za-z0-9])VSD[-_ ]?(\d{3,7})(?!\d)", re.IGNORECASE)
_OWN_ID = re.compile(r"vsd-(\d{1,9})\.([a-z0-9]{1,64})\.([a-z2-7]{16})@", re.IGNORECASE)
_TICKET_NONCE = "ticket"
_MARKER_NONCE = "marker"


class TicketIndex(Protocol):
    """What threading asks of the ledger."""

    def ticket(self, number: TicketNumber) -> Ticket | None:
        """The ticket of a number; a merged one leads to the ticket it was merged into."""

    def tickets_citing(self, message_ids: Sequence[str]) -> Sequence[TicketNumber]:
        """Tickets in which one of these ids was received or sent, newest first."""

    def takes_part(self, number: TicketNumber, email: str) -> bool:
        """Whether an address was in From, To or Cc of the ticket's mails."""

    def people(self, number: TicketNumber) -> frozenset[str]:
        """The addresses of those who take part."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Who may hear of a ticket: those who take part, and their colleagues at domains that strangers do not share.

    Anybody can write a From line. What a follow-up says of other recipients therefore widens nothing.
    """

    people: frozenset[str]
    domains: frozenset[str]

    def may_hear(self, email: str) -> bool:
        local, _, domain = email.rpartition("@")
        return email in self.people or (bool(local) and domain in self.domains)


@dataclass(frozen=True, slots=True)
class Belonging:
    """The outcome of threading.

    `by` says what matched ("reference" or "subject"), `circle` who may hear of the ticket. `claimed` is a ticket
    that the mail names but its sender has no part in: the mail becomes a ticket of its own and learns nothing of
    that one. `mentioned` are numbers that stand in the text only.
    """

    ticket: Ticket | None = None
    by: str = ""
    circle: Circle | None = None
    claimed: TicketNumber | None = None
    mentioned: tuple[TicketNumber, ...] = ()


class Signer:
    """Writes and recognises the desk's own Message-IDs: `vsd-12345.<nonce>.<hmac>@domain`."""

    def __init__(self, key: bytes, domain: str) -> None:
        self._key = key
        self._domain = domain

    def ticket_id(self, number: TicketNumber) -> str:
        """The constant reference that every mail of the ticket carries."""
        return self._id(number, _TICKET_NONCE)

    def message_id(self, number: TicketNumber, mail_key: str) -> str:
        """The id of the answer to one mail; the same answer always has the same id."""
        return self._id(number, mail_key[:24])

    def marker(self, number: TicketNumber) -> str:
        """The number under our seal as it stands at the end of every reply: `VSD-12345.<hmac>`, for providers that
        write new Message-IDs and drop the subject's number."""
        return f"{number}.{self._seal(number.value, _MARKER_NONCE)}"

    def staff_id(self, *particulars: str) -> str:
        """The id of a letter to people of ours; the same particulars always give the same id."""
        return self._id(TicketNumber.unknown(), hashlib.sha256("\n".join(particulars).encode()).hexdigest()[:24])

    def number_in(self, message_id: str) -> TicketNumber | None:
        """The ticket of an id that this desk signed, else None."""
        match = _OWN_ID.match(message_id)
        if not match:
            return None
        number, nonce, seal = int(match[1]), match[2].lower(), match[3].lower()
        return TicketNumber(number) if hmac.compare_digest(seal, self._seal(number, nonce)) else None

    def _id(self, number: TicketNumber, nonce: str) -> str:
        return f"vsd-{number.value}.{nonce}.{self._seal(number.value, nonce)}@{self._domain}"

    def _seal(self, number: int, nonce: str) -> str:
        digest = hmac.new(self._key, f"{number}.{nonce}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:10]).decode().lower()


def numbers_in(text: str) -> tuple[TicketNumber, ...]:
    """Every ticket number written in a text, in order, each once."""
    return tuple(dict.fromkeys(TicketNumber(int(digits)) for digits in _TOKEN.findall(text)))


def belonging(mail: InboundMail, index: TicketIndex, signer: Signer, public_domains: frozenset[str]) -> Belonging:
    """Find the mail's ticket.

    `public_domains` are mail providers that strangers share (config.yaml); without any, no domain makes colleagues.
    """
    mentioned = numbers_in(mail.new)
    claimed: TicketNumber | None = None
    for number, by, signed in _candidates(mail, index, signer):
        ticket = index.ticket(number)
        if ticket is None:
            continue
        circle = _circle(ticket.number, index, public_domains)
        if index.takes_part(ticket.number, mail.sender.email) or (signed and circle.may_hear(mail.sender.email)):
            return Belonging(ticket, by, circle, None, mentioned)
        claimed = claimed or ticket.number
    return Belonging(claimed=claimed, mentioned=mentioned)


def _candidates(mail: InboundMail, index: TicketIndex, signer: Signer) -> Iterator[tuple[TicketNumber, str, bool]]:
    ids = tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))
    for message_id in ids:
        if number := signer.number_in(message_id):
            yield number, "reference", True
    for number in index.tickets_citing(ids):
        yield number, "reference", False
    for number in numbers_in(mail.subject):
        yield number, "subject", False


def _circle(number: TicketNumber, index: TicketIndex, public_domains: frozenset[str]) -> Circle:
    people = index.people(number)
    domains = frozenset(email.rpartition("@")[2] for email in people) - public_domains - {""}
    return Circle(people, domains if public_domains else frozenset())
