"""A reply is claimed before it is sent, noted after, and never sent twice without need."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from tests.samples import mail
from tests.store.test_ledger import KARI, handled, queued, verdict
from triage.config import Limits
from triage.store import outbox, schema
from triage.store.outbox import Outcome
from triage.store.store import Store

SENT = Outcome(delivered=True, left=(), uncertain=False, said="250 ok")
LATER = Outcome(delivered=False, left=(KARI,), uncertain=False, said="451 later")
NEVER = Outcome(delivered=False, left=(), uncertain=False, said="550 no")
DOUBT = Outcome(delivered=False, left=(KARI,), uncertain=True, said="")


@pytest.fixture
def queue(store: Store) -> Store:
    with store.ledger() as ledger:
        for number in range(3):
            found = mail(subject=str(number))
            ticket = ledger.open_ticket(found, verdict(), asked=False)
            ledger.queue(
                queued(f"{number}@desk.example"),
                ledger.record(handled(found, verdict()), ticket, first=True),
                ticket.number,
            )
    return store


def claim(store: Store, limit: int = 10, holder: str = "one") -> list[outbox.Outgoing]:
    with store.connection() as db:
        return list(outbox.claim(db, store.clock(), limit, holder=holder))


def die(store: Store, holder: str = "one") -> None:
    with store.connection() as db:
        outbox.take_back(db, [holder])


def note(store: Store, reply: outbox.Outgoing, outcome: Outcome, tries: int = 3) -> str:
    with store.connection() as db:
        return outbox.note(db, reply, outcome, store.clock(), tries=tries)


def test_replies_leave_in_their_order_and_are_claimed_once(queue: Store):
    assert [reply.message_id for reply in claim(queue, 2)] == ["0@desk.example", "1@desk.example"]
    assert [reply.message_id for reply in claim(queue)] == ["2@desk.example"]
    assert claim(queue) == []


def test_a_sent_reply_is_never_claimed_again(queue: Store, clock):
    (first, *_) = claim(queue, 1)
    assert note(queue, first, SENT) == "sent"
    clock.move(days=30)
    assert first.message_id not in [reply.message_id for reply in claim(queue)]


def test_a_claim_holds_however_slow_the_mail_server_is_while_its_holder_lives(queue: Store, clock):
    taken = claim(queue)
    clock.move(days=2)
    assert claim(queue, holder="other") == []
    assert [note(queue, reply, SENT) for reply in taken] == ["sent"] * 3


def test_a_claim_whose_process_died_comes_back_with_the_same_id_and_a_mark(queue: Store):
    """F47: a doubtful try is marked as such, and what goes out again is the same mail."""
    (first,) = claim(queue, 1)
    die(queue, "other")
    assert first.id not in [reply.id for reply in claim(queue, 1)]
    die(queue)
    (again,) = [reply for reply in claim(queue) if reply.id == first.id]
    assert (again.message_id, again.message, again.uncertain, again.tries) == (first.message_id, first.message, True, 2)


def test_of_what_a_dead_desk_had_in_hand_only_the_first_that_is_not_noted_is_in_doubt(queue: Store):
    first, *_ = claim(queue)
    note(queue, first, SENT)
    die(queue)
    again = claim(queue, holder="other")
    assert [(reply.message_id, reply.uncertain, reply.tries) for reply in again] == [
        ("1@desk.example", True, 2),
        ("2@desk.example", False, 1),
    ]


def test_a_desk_that_was_given_up_and_wakes_writes_nothing_over_what_others_did(queue: Store):
    (first,) = claim(queue, 1)
    die(queue)
    (again,) = claim(queue, 1, holder="other")
    assert note(queue, first, NEVER) == "sending"
    with queue.connection() as db:
        outbox.release(db, [first])
    assert note(queue, again, SENT) == "sent"


def test_a_clock_that_ran_ahead_and_was_set_back_keeps_no_reply_waiting(queue: Store, clock):
    clock.move(days=-40)
    assert len(claim(queue)) == 3


def test_a_clock_that_jumps_ahead_sends_each_reply_once(queue: Store, clock):
    (first, *_) = claim(queue)
    clock.move(days=400)
    assert claim(queue, holder="other") == []
    assert note(queue, first, SENT) == "sent"


def test_a_deferred_reply_waits_longer_each_time_and_fails_at_last(queue: Store, clock):
    (first,) = claim(queue, 1)
    assert note(queue, first, LATER, tries=2) == "queued"
    clock.move(seconds=59)
    assert first.id not in [reply.id for reply in claim(queue, 1)]
    clock.move(seconds=2)
    (again,) = [reply for reply in claim(queue, 3) if reply.id == first.id]
    assert note(queue, again, LATER, tries=2) == "failed"


def test_the_shipped_number_of_tries_lasts_two_days_with_a_try_every_two_hours(queue: Store, clock):
    begun, tried, state = clock.now, [], "queued"
    while state == "queued":
        (first, *_) = (reply for reply in claim(queue) if reply.message_id == "0@desk.example")
        tried.append(clock.now)
        state = note(queue, first, LATER, tries=Limits().tries)
        while state == "queued" and not _due(queue, first.id):
            clock.move(minutes=1)
    assert clock.now - begun > timedelta(days=2)
    assert max(later - earlier for earlier, later in pairwise(tried)) == timedelta(hours=2)


def _due(store: Store, number: int) -> bool:
    with store.connection() as db:
        next_at = db.execute(sa.select(schema.outbox.c.next_at).where(schema.outbox.c.id == number)).scalar_one()
    return bool(next_at <= store.clock())


def test_a_reply_that_had_its_try_comes_behind_those_that_wait_for_theirs(queue: Store, clock):
    first, *others = claim(queue)
    note(queue, first, LATER)
    with queue.connection() as db:
        outbox.release(db, others)
    clock.move(minutes=5)
    assert [reply.id for reply in claim(queue)] == [*(reply.id for reply in others), first.id]


def test_a_refused_reply_is_not_tried_again(queue: Store, clock):
    (first,) = claim(queue, 1)
    assert note(queue, first, NEVER) == "refused"
    clock.move(days=1)
    assert first.id not in [reply.id for reply in claim(queue)]


def test_only_the_recipients_that_are_left_are_tried_again(queue: Store, clock):
    (first,) = claim(queue, 1)
    assert note(queue, first, Outcome(True, ("ola@shop.example",), False, "451 later")) == "queued"
    clock.move(hours=1)
    (again,) = [reply for reply in claim(queue) if reply.id == first.id]
    assert again.recipients == ("ola@shop.example",)


def test_a_doubtful_try_stays_marked_after_it_succeeds(queue: Store, clock):
    (first,) = claim(queue, 1)
    note(queue, first, DOUBT)
    clock.move(hours=1)
    (again,) = [reply for reply in claim(queue) if reply.id == first.id]
    note(queue, again, SENT)
    with queue.connection() as db:
        row = db.execute(sa.select(schema.outbox).where(schema.outbox.c.id == first.id)).one()
    assert (row.state, row.uncertain, row.sent_at is not None) == ("sent", True, True)


def test_replies_that_were_given_up_are_told_and_can_be_queued_again_with_all_their_tries(queue: Store, clock):
    first, second, third = claim(queue)
    note(queue, first, NEVER)
    note(queue, second, LATER, tries=1)
    note(queue, third, SENT)
    with queue.connection() as db:
        told = [(each.id, each.recipients, each.state, each.tries, each.said) for each in outbox.unsent(db)]
        assert told == [(first.id, (KARI,), "refused", 1, "550 no"), (second.id, (KARI,), "failed", 1, "451 later")]
        assert [outbox.resend(db, number, clock.now) for number in (second.id, second.id, third.id)] == [
            True,
            False,
            False,
        ]
    assert [(reply.id, reply.tries) for reply in claim(queue)] == [(second.id, 1)]


def test_replies_that_were_not_tried_go_back_without_counting(queue: Store):
    taken = claim(queue)
    with queue.connection() as db:
        outbox.release(db, taken)
        assert outbox.waiting(db) == 3
    assert [reply.tries for reply in claim(queue)] == [1, 1, 1]
