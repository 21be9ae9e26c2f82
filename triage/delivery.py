"""Delivery: what was committed to the outbox leaves by its route, and what became of it is written down.

A reply is claimed before SMTP sees it and noted after; a relay that is away costs no try.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.store import outbox
from triage.store.leases import Presence
from triage.store.store import Store
from triage.transport.smtp import RelayLost, RelayRefused, Sender

log = logging.getLogger(__name__)

Tally = Counter[str]


@dataclass(frozen=True, slots=True)
class Routes:
    """The ways out of the outbox by name (`outbox.MAIN`, `outbox.ALERTS`), and the address that bounces go to."""

    senders: Mapping[str, Sender]
    bounces: str

    def without(self, route: str) -> Routes:
        """The others: what is queued for this one waits."""
        return Routes({name: sender for name, sender in self.senders.items() if name != route}, self.bounces)


def deliver(store: Store, routes: Routes, presence: Presence, *, batch: int, tries: int) -> Tally:
    """Send what is queued and due on every route. A route that is down does not hold up the others.

    One thread of a desk at a time: what the desk still has in hand here was left by a delivery that failed.
    Raises RelayLost or RelayRefused when a mail server is not to be had, LeaseLost when others gave this desk up.
    """
    tally: Tally = Counter()
    down: RelayLost | RelayRefused | None = None
    with store.connection() as db:
        outbox.take_back(db, [presence.holder])
    for route, sender in routes.senders.items():
        try:
            tally += _Delivery(store, sender, presence, routes.bounces, tries).empty(route, batch)
        except (RelayLost, RelayRefused) as error:
            down = down or error
    if down:
        raise down
    return tally


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One route at work."""

    store: Store
    sender: Sender
    presence: Presence
    bounces: str
    tries: int

    def empty(self, route: str, batch: int) -> Tally:
        tally: Tally = Counter()
        while claimed := self._claim(route, batch):
            for position, reply in enumerate(claimed):
                self.presence.check(reply.holder)
                tally[self._send(reply, claimed[position + 1 :])] += 1
            if len(claimed) < batch:  # that was all
                break
        return tally

    def _claim(self, route: str, batch: int) -> Sequence[outbox.Outgoing]:
        """Take what is due. A power cut may forget the claim, and then all of it leaves again, with the same ids."""
        with self.store.connection(synced=False) as db:
            return outbox.claim(db, self.store.clock(), batch, holder=self.presence.holder, route=route)

    def _send(self, reply: outbox.Outgoing, behind: Sequence[outbox.Outgoing]) -> str:
        try:
            delivery = self.sender.send(reply.message, self.bounces, reply.recipients)
        except (RelayLost, RelayRefused) as error:
            self._give_back(behind if error.in_hand else (reply, *behind))
            if error.in_hand:  # it has its pause now: else a mail that ends the session would block all others
                self._note(reply, outbox.Outcome(False, reply.recipients, False, str(error)))
            raise
        outcome = outbox.Outcome(delivery.accepted, delivery.unsettled, delivery.uncertain, delivery.words)
        return self._note(reply, outcome, synced=not behind)  # one wait for the disk a claim, not one a reply

    def _give_back(self, untouched: Sequence[outbox.Outgoing]) -> None:
        with self.store.connection() as db:
            outbox.release(db, untouched)

    def _note(self, reply: outbox.Outgoing, outcome: outbox.Outcome, *, synced: bool = True) -> str:
        """Write down what became of one reply, before the next leaves."""
        with self.store.connection(synced=synced) as db:
            state = outbox.note(db, reply, outcome, self.store.clock(), tries=self.tries)
        if state != "sent":
            log.warning("reply %s is %s: %s", reply.message_id, state, outcome.said)
        return "deferred" if state == "queued" else state
