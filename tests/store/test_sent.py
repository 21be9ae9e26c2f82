"""What was sent is counted for all limits at once, however much was sent within the hour."""

from __future__ import annotations

import sqlalchemy as sa

from triage.store import schema, sent
from triage.store.ledger import Ledger
from triage.store.sent import Window
from triage.store.store import Store

KARI, PER = "kari@shop.example", "per@other.example"


def reply(ledger: Ledger, number: int, address: str, *others: str, kind: str = "reply", words: str = "w") -> None:
    row = {
        "kind": kind,
        "template": "review",
        "language": "no",
        "message_id": f"{number}@desk.example",
        "address": address,
        "domain": address.partition("@")[2],
        "fingerprint": words,
        "recipients": [address, *others],
        "message": b"",
        "state": "sent",
        "queued_at": ledger.now,
        "next_at": ledger.now,
        "said": "",
    }
    new = sa.insert(schema.outbox).values(row).returning(schema.outbox.c.id)
    outbox = ledger.db.execute(new).scalar_one()
    for email in (address, *others):
        ledger.db.execute(sa.insert(schema.recipient).values(outbox=outbox, email=email, queued_at=ledger.now))


def test_windows_of_every_kind_are_counted_together_each_with_its_own_length(store: Store, clock):
    with store.ledger() as ledger:
        reply(ledger, 1, KARI, PER)
    clock.move(minutes=30)
    with store.ledger() as ledger:
        reply(ledger, 2, KARI, words="others")
        reply(ledger, 3, PER)
        reply(ledger, 4, "on-call@desk.example", kind="alert", words="")
    clock.move(minutes=1)
    expected = {
        Window(60): 3,
        Window(10): 2,
        Window(60, "address", KARI): 2,
        Window(10, "address", KARI): 1,
        Window(60, "address", PER): 2,
        Window(60, "domain", "shop.example"): 2,
        Window(60, "domain", "desk.example"): 0,
        Window(60, "fingerprint", "w"): 2,
        Window(10, "fingerprint", "w"): 1,
    }
    with store.ledger() as ledger:
        assert ledger.replies([*expected, *expected]) == expected
        assert ledger.replies([]) == {}


def test_all_replies_of_an_hour_are_counted_without_looking_at_the_mails(store: Store, clock):
    """Else each mail of a busy hour would read every reply of that hour."""
    if store.shared:
        return  # PostgreSQL keeps large values apart from the row
    asked: list[str] = []
    with store.connection() as db:
        link = db.connection.driver_connection
        link.set_trace_callback(asked.append)
        sent.counts(db, clock(), [Window(60), Window(60, "address", KARI)])
        link.set_trace_callback(None)
        plans = [row[3] for said in asked for row in link.execute(f"EXPLAIN QUERY PLAN {said}")]
    searches = [step for step in plans if step.startswith("SEARCH")]
    assert len(searches) == 2
    assert all("COVERING INDEX" in step for step in searches)
