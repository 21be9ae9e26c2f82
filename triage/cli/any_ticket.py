"""Stands in for the ledger where there is none: `explain` shows what a follow-up would do if its ticket exists."""

from __future__ import annotations

from collections.abc import Sequence

from triage.domain import Language, Ticket, TicketNumber, TicketState


class AnyTicket:
    """Every number is a ticket of which nothing is known, and the sender takes part in it."""

    def ticket(self, number: TicketNumber) -> Ticket | None:
        return Ticket(number, TicketState.REVIEW, None, None, Language.EN)

    def tickets_citing(self, message_ids: Sequence[str]) -> Sequence[TicketNumber]:
        return ()

    def takes_part(self, number: TicketNumber, email: str) -> bool:
        return True

    def people(self, number: TicketNumber) -> frozenset[str]:
        return frozenset()
