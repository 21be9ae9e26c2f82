"""Does a mail belong to a ticket? Signed ids first, then the marker in the text, then the number in the subject; never
a stranger.

Our Message-IDs carry the ticket's number and an HMAC, so nobody can write one that was not sent to them. The marker at
the end of every reply carries the same for providers that write ids anew. A number in a subject can be typed by anyone:
it counts only for somebody who takes part in the ticket.
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
_IN_SUBJECT = re.compile(r"\s*\[?\bVSD[-_ ]?\d{3,7}\]?\s*", re.IGNORECASE)
_PREFIXES = re.compile(r"^(?:\s*(?:re|sv|vs|aw|ang|fwd?|vl|vb|wg|tr|antw|odp)\s*(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
_MARKED = re.compile(r"(?<![A-Za-z0-9])VSD-(\d{3,9})\.([a-z2-7]{16})(?![A-Za-z0-9])", re.IGNORECASE)
_OWN_ID = re.compile(r"vsd-(\d{1,9})\.([a-z0-9]{1,64})\.([a-z2-7]{16})@", re.IGNORECASE)
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}")
_TICKET_NONCE = "ticket"
_MARKER_NONCE = "marker"
_HANDOVER_NONCE = "handover"  # begins the nonce of a letter that passes a ticket on; a mail's key is hexadecimal


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

    `by` says what matched ("reference", "marker" or "subject"), `circle` who may hear of the ticket. `claimed` is a
    ticket that the mail names but its sender has no part in: the mail becomes a ticket of its own and learns nothing of
    that one. `mentioned` are numbers that stand in the text only. `partner`: the sender is a team or helpdesk that
    tickets are handed over to, and is never answered by the desk. `forged`: our mail server says that the sender is not
    who From says (DMARC); such a mail belongs to no ticket and is answered to nobody.
    """

    ticket: Ticket | None = None
    by: str = ""
    circle: Circle | None = None
    claimed: TicketNumber | None = None
    mentioned: tuple[TicketNumber, ...] = ()
    partner: bool = False
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Whom the desk knows beside those who take part in a ticket (config.yaml).

    `public_domains` are mail providers that strangers share; without any, no domain makes colleagues. `partners` are the
    addresses that tickets are handed over to and that alerts go to.
    """

    public_domains: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()


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
        return self._id(TicketNumber.unknown(), _digest(particulars))

    def handover_id(self, number: TicketNumber, *particulars: str) -> str:
        """The id of a letter that passes a ticket on; the same particulars always give the same id."""
        return self._id(number, _HANDOVER_NONCE + _digest(particulars))

    def number_in(self, message_id: str) -> TicketNumber | None:
        """The ticket of an id that this desk signed, else None."""
        match = _OWN_ID.match(message_id)
        return self._sealed(match[1], match[2], match[3]) if match else None

    def to_partners(self, message_id: str) -> bool:
        """Whether an id is that of a letter to people of ours or to those whom a ticket was handed over to."""
        match = _OWN_ID.match(message_id)
        if not match or self.number_in(message_id) is None:
            return False
        return int(match[1]) == 0 or match[2].lower().startswith(_HANDOVER_NONCE)

    def ids_in(self, text: str) -> tuple[str, ...]:
        """Every Message-ID in a text that this desk signed, in order, each once."""
        found = (match[0] + _domain_behind(text, match.end()) for match in _OWN_ID.finditer(text))
        return tuple(dict.fromkeys(each for each in found if self.number_in(each)))

    def marked_in(self, text: str) -> tuple[TicketNumber, ...]:
        """The tickets whose markers stand in a text, in order, each once."""
        if not _names_tickets(text):
            return ()
        sealed = (self._sealed(number, _MARKER_NONCE, seal) for number, seal in _MARKED.findall(text))
        return tuple(dict.fromkeys(number for number in sealed if number))

    def _sealed(self, number: str, nonce: str, seal: str) -> TicketNumber | None:
        right = hmac.compare_digest(seal.lower(), self._seal(int(number), nonce.lower()))
        return TicketNumber(int(number)) if right else None

    def _id(self, number: TicketNumber, nonce: str) -> str:
        return f"vsd-{number.value}.{nonce}.{self._seal(number.value, nonce)}@{self._domain}"

    def _seal(self, number: int, nonce: str) -> str:
        digest = hmac.digest(self._key, f"{number}.{nonce}".encode(), "sha256")
        return base64.b32encode(digest[:10]).decode().lower()


def _digest(particulars: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(particulars).encode()).hexdigest()[:24]


def _names_tickets(text: str) -> bool:
    """Whether a look for numbers and markers is worth its time: most texts name no ticket."""
    return "vsd" in text.casefold()


def numbers_in(text: str) -> tuple[TicketNumber, ...]:
    """Every ticket number written in a text, in order, each once."""
    if not _names_tickets(text):
        return ()
    return tuple(dict.fromkeys(TicketNumber(int(digits)) for digits in _TOKEN.findall(text)))


def bare_subject(subject: str) -> str:
    """A subject without ticket numbers and the marks of answers and forwards."""
    bare = _IN_SUBJECT.sub(" ", _PREFIXES.sub("", subject)).strip()
    return _PREFIXES.sub("", bare)


def belonging(
    mail: InboundMail, index: TicketIndex, signer: Signer, known: Acquaintance, *, forged: bool = False
) -> Belonging:
    """Find the mail's ticket. A `forged` mail (its sender is not who From says) belongs to none, whatever it names."""
    mentioned = numbers_in(_MARKED.sub(" ", mail.new)) if _names_tickets(mail.new) else ()
    sender = mail.sender.email
    partner = sender in known.partners or any(map(signer.to_partners, _answered(mail)))
    claimed: TicketNumber | None = None
    for number, by, signed in _candidates(mail, index, signer):
        ticket = index.ticket(number)
        if ticket is None:
            continue
        circle = _circle(ticket.number, index, known.public_domains)
        near = sender in known.partners or index.takes_part(ticket.number, sender)
        holds = signed and (partner or circle.may_hear(sender))
        if not forged and (near or holds):
            return Belonging(ticket, by, circle, None, mentioned, partner)
        claimed = claimed or ticket.number
    return Belonging(claimed=claimed, mentioned=mentioned, partner=partner, forged=forged)


def _candidates(mail: InboundMail, index: TicketIndex, signer: Signer) -> Iterator[tuple[TicketNumber, str, bool]]:
    ids = _answered(mail)
    for message_id in ids:
        if number := signer.number_in(message_id):
            yield number, "reference", True
    for number in index.tickets_citing(ids):
        yield number, "reference", False
    for number in signer.marked_in("\n".join((mail.new, mail.quoted, mail.signature))):
        yield number, "marker", True
    for number in numbers_in(mail.subject):
        yield number, "subject", False


def _answered(mail: InboundMail) -> tuple[str, ...]:
    """The ids of the mails that this one answers, the nearest first."""
    return tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))


def _domain_behind(text: str, start: int) -> str:
    found = _DOMAIN.match(text, start)
    return found[0] if found else ""


def _circle(number: TicketNumber, index: TicketIndex, public_domains: frozenset[str]) -> Circle:
    people = index.people(number)
    domains = frozenset(email.rpartition("@")[2] for email in people) - public_domains - {""}
    return Circle(people, domains if public_domains else frozenset())
