"""Many desks at one PostgreSQL: one tends a mailbox, another takes over, and who wakes too late changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.samples import mail
from tests.store.test_ledger import handled, queued, verdict
from triage.store import leases, outbox, schema
from triage.store.database import engine_for, migrate
from triage.store.leases import LeaseLost, Shared
from triage.store.store import Store, StoreLost, is_loss

pytestmark = pytest.mark.postgres
LIFE = 30.0  # seconds; the tests move the moments themselves and never wait


class Seconds:
    """The clock by which a desk knows how long it was away."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shared(postgres_url: str) -> Iterator[Store]:
    engine = engine_for(postgres_url)
    migrate(engine, first_ticket=10_000)
    store = Store(engine)
    yield store
    store.close()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def first(shared: Store, seconds: Seconds) -> Iterator[Shared]:
    presence = Shared(shared, LIFE, seconds)
    yield presence
    presence.close()


@pytest.fixture
def second(shared: Store) -> Iterator[Shared]:
    presence = Shared(shared, LIFE)
    yield presence
    presence.close()


def expire(store: Store, presence: Shared) -> None:
    """As if this desk had not been heard of for longer than its lease."""
    with store.connection() as db:
        past = sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 1)
        db.execute(sa.update(schema.lease).where(schema.lease.c.holder == presence.holder).values(until=past))


def names(store: Store) -> dict[str, str]:
    with store.connection() as db:
        return {row.name: row.holder for row in db.execute(sa.select(schema.lease))}


def test_one_desk_tends_a_mailbox_and_each_may_tend_another(first: Shared, second: Shared):
    assert first.tends("support")
    assert not second.tends("support")
    assert second.tends("partners")
    assert first.tends("support")


def test_a_living_desk_keeps_its_mailbox_however_often_others_ask(shared: Store, first: Shared, second: Shared):
    first.tends("support")
    for _ in range(3):
        second.renew()
        assert not second.tends("support")
    assert names(shared)["mailbox support"] == first.holder


def test_a_desk_that_ends_gives_its_mailbox_back_at_once(shared: Store, second: Shared):
    ended = Shared(shared, LIFE)
    ended.tends("support")
    ended.close()
    assert second.tends("support")
    assert ended.holder not in names(shared).values()


def test_a_mailbox_that_one_desk_cannot_reach_goes_to_another(first: Shared, second: Shared):
    first.tends("support")
    second.leave("support")  # not its own: nothing happens
    assert not second.tends("support")
    first.leave("support")
    assert second.tends("support")


def test_a_silent_desk_is_given_up_and_its_mailbox_taken_over(shared: Store, first: Shared, second: Shared):
    first.tends("support")
    expire(shared, first)
    second.renew()
    assert second.tends("support")
    assert not first.tends("support")


def test_a_desk_that_wakes_after_it_was_given_up_commits_nothing(shared: Store, first: Shared, second: Shared):
    first.tends("support")
    expire(shared, first)
    second.renew()
    with pytest.raises(LeaseLost), shared.ledger() as ledger:
        ledger.open_ticket(mail(), verdict(), asked=False)
        first.fence(ledger, "support")
    with shared.connection() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(schema.ticket)).scalar_one() == 0


def test_nobody_takes_a_mailbox_between_the_fence_and_the_commit(shared: Store, first: Shared, second: Shared):
    first.tends("support")
    expire(shared, first)
    with shared.ledger() as ledger:
        first.fence(ledger, "support")
        second.renew()
        assert not second.tends("support")
    second.renew()
    assert second.tends("support")


def test_a_desk_that_was_given_up_begins_anew_under_another_name(shared: Store, first: Shared, second: Shared):
    before = first.holder
    first.tends("support")
    expire(shared, first)
    second.renew()
    first.renew()
    assert first.holder != before
    assert first.tends("support")
    with pytest.raises(LeaseLost):
        first.check(before)
    first.check(first.holder)


def test_a_mailbox_taken_under_a_name_that_was_given_up_stays_with_nobody(shared: Store, first: Shared, second: Shared):
    expire(shared, first)
    second.renew()
    assert first.tends("support")  # it does not know yet
    with pytest.raises(LeaseLost), shared.ledger() as ledger:
        first.renew()
        first.fence(ledger, "support")
    second.renew()
    assert second.tends("support")


def test_a_desk_that_was_stopped_sends_nothing_until_it_has_renewed_its_lease(first: Shared, seconds: Seconds):
    first.check(first.holder)
    seconds.now += LIFE
    with pytest.raises(LeaseLost):
        first.check(first.holder)
    first.renew()
    first.check(first.holder)


def test_what_a_dead_desk_had_in_hand_of_the_outbox_goes_back_in_line(shared: Store, first: Shared, second: Shared):
    with shared.ledger() as ledger:
        ticket = ledger.open_ticket(mail(), verdict(), asked=False)
        ledger.queue(
            queued("1@desk.example"), ledger.record(handled(mail(), verdict()), ticket, first=True), ticket.number
        )
    with shared.connection() as db:
        outbox.claim(db, shared.clock(), 10, holder=first.holder)
    second.renew()
    with shared.connection() as db:
        assert outbox.claim(db, shared.clock(), 10, holder=second.holder) == ()
    expire(shared, first)
    second.renew()
    with shared.connection() as db:
        (again,) = outbox.claim(db, shared.clock(), 10, holder=second.holder)
    assert again.uncertain


def test_what_a_desk_claims_after_it_was_given_up_goes_back_in_line_too(shared: Store, first: Shared, second: Shared):
    """It was frozen between asking for its own name and claiming with it; under that name nobody lives any more."""
    with shared.ledger() as ledger:
        ticket = ledger.open_ticket(mail(), verdict(), asked=False)
        reply = queued("1@desk.example")
        ledger.queue(reply, ledger.record(handled(mail(), verdict()), ticket, first=True), ticket.number)
    before = first.holder
    expire(shared, first)
    second.renew()
    first.renew()
    with shared.connection() as db:
        assert len(outbox.claim(db, shared.clock(), 10, holder=before)) == 1
    second.renew()
    with shared.connection() as db:
        assert len(outbox.claim(db, shared.clock(), 10, holder=second.holder)) == 1
    second.renew()
    with shared.connection() as db:
        assert outbox.claim(db, shared.clock(), 10, holder=first.holder) == ()


def test_the_server_ends_what_a_frozen_desk_left_open(postgres_url: str, shared: Store):
    engine = engine_for(postgres_url)
    with pytest.raises(DBAPIError) as ended, engine.connect() as db:
        assert db.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "10s"
        db.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        db.execute(sa.text("SELECT pg_sleep(0)"))
        with shared.connection() as other:
            other.execute(sa.text("SELECT pg_sleep(0.5)"))
        db.execute(sa.text("SELECT 1"))
    assert is_loss(ended.value)
    engine.dispose()


def test_a_database_that_is_away_is_lost_and_the_lease_lives_on_afterwards(postgres_url: str):
    engine = engine_for(postgres_url)
    migrate(engine, first_ticket=10_000)
    store = Store(engine)
    presence = Shared(store, LIFE)
    holder = presence.holder
    with pytest.raises(StoreLost), store.connection() as db:
        name = db.execute(sa.text("SELECT current_database()")).scalar_one()
        with store.connection() as other:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            other.execute(sa.text(others), {"name": name})
    presence.renew()
    assert presence.holder == holder
    presence.close()
    store.close()


def test_the_clock_of_a_desk_counts_the_time_it_was_stopped():
    assert leases.running_seconds() > 0
