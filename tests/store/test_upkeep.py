"""Tickets are merged, closed and opened again by people, and it is known who did it."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from tests.samples import mail
from triage.domain import Action, DecidedBy, Finding, Kind, Language, TicketNumber, TicketState, Verdict, Where
from triage.store import schema, upkeep
from triage.store.database import engine_for, migrate
from triage.store.ledger import Ledger
from triage.store.store import Store

from .conftest import Clock
from .test_ledger import handled, record, verdict

KARI, OLA = "kari@shop.example", "ola@agency.example"


def deed(clock: Clock) -> upkeep.Deed:
    return upkeep.Deed("staff", clock())


@pytest.fixture
def two(store: Store) -> tuple[TicketNumber, TicketNumber]:
    with store.ledger() as ledger:
        one = record(ledger, mail(subject="a", message_id="a@shop.example"), Finding("msn", "123456", Where.BODY))
        two = record(ledger, mail(subject="b", message_id="b@agency.example", sender=OLA))
        ledger.db.execute(sa.insert(schema.participant).values(ticket=two.value, email=OLA))
    return one, two


def test_a_merged_ticket_is_followed_by_every_way_and_both_sides_take_part(
    store: Store, clock: Clock, two: tuple[TicketNumber, TicketNumber]
):
    one, other = two
    with store.connection() as db:
        assert upkeep.merge(db, one, other, deed(clock)) == other
    with store.ledger() as ledger:
        assert ledger.ticket(one) == ledger.ticket(other)
        assert other in ledger.tickets_citing(["a@shop.example"])
        assert ledger.people(other) == {KARI, OLA}
        assert [found.value for found in ledger.ticket(other).findings] == ["123456"]  # judged on the whole thread


def test_the_history_of_a_merged_ticket_is_kept(store: Store, clock: Clock, two: tuple[TicketNumber, TicketNumber]):
    with store.connection() as db:
        upkeep.merge(db, *two, deed(clock))
        events = {(row.ticket, row.who, row.said) for row in db.execute(sa.select(schema.event))}
        mails = [row.ticket for row in db.execute(sa.select(schema.mail).order_by(schema.mail.c.id))]
    assert events == {
        (two[0].value, "staff", f"merged into {two[1]}"),
        (two[1].value, "staff", f"took in {two[0]}"),
    }
    assert mails == [number.value for number in two]


def test_what_makes_no_sense_is_refused_in_a_sentence(
    store: Store, clock: Clock, two: tuple[TicketNumber, TicketNumber]
):
    one, other = two
    for source, target in ((one, one), (one, TicketNumber(99)), (TicketNumber(99), one)):
        with pytest.raises(upkeep.NotPossible), store.connection() as db:
            upkeep.merge(db, source, target, deed(clock))
    with store.connection() as db:
        upkeep.merge(db, one, other, deed(clock))
    for again in ((one, other), (other, one)):
        with pytest.raises(upkeep.NotPossible, match=str(other)), store.connection() as db:
            upkeep.merge(db, *again, deed(clock))
    with pytest.raises(upkeep.NotPossible), store.connection() as db:
        upkeep.close(db, one, deed(clock))


def test_a_ticket_is_closed_and_opened_once(store: Store, clock: Clock, two: tuple[TicketNumber, TicketNumber]):
    with store.connection() as db:
        deeds = (upkeep.close, upkeep.close, upkeep.reopen, upkeep.reopen)
        assert [do(db, two[0], deed(clock)) for do in deeds] == [True, False, True, False]
        assert len(db.execute(sa.select(schema.event)).all()) == 2


def test_thanks_offer_a_ticket_for_closing_until_somebody_writes_again(
    store: Store, clock: Clock, two: tuple[TicketNumber, TicketNumber]
):
    number = two[0]

    def follow(**parts: object) -> None:
        with store.ledger() as ledger:
            decided = Verdict(Kind.FOLLOWUP, Action.ATTACH, DecidedBy.THREAD, Language.NO, ticket=number, **parts)  # type: ignore[arg-type]
            ledger.update_ticket(ledger.ticket(number), decided, asked=False, told_separate=False)

    follow(closing=True)
    with store.connection() as db:
        assert [found for found, _, _ in upkeep.thanked(db)] == [number]
    follow()
    with store.connection() as db:
        assert upkeep.thanked(db) == []


@pytest.mark.postgres
def test_two_desks_that_change_one_ticket_at_once_lose_nothing(postgres_url: str, clock: Clock):
    engine = engine_for(postgres_url)  # SQLite lets one desk write at a time
    migrate(engine, first_ticket=10_000)
    store = Store(engine, clock)
    with store.ledger() as ledger:
        number = record(ledger, mail(subject="a"))
    read, failures = threading.Barrier(2), []

    def follow(words: str) -> None:
        try:
            with store.ledger() as ledger:
                read.wait(10)
                _one_more(ledger, number, words)
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    desks = [threading.Thread(target=follow, args=(words,)) for words in ("b", "c")]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    with store.ledger() as ledger:
        assert (failures, ledger.ticket(number).asked) == ([], 3)
    store.close()


def _one_more(ledger: Ledger, number: TicketNumber, words: str) -> None:
    found = ledger.ticket(number)
    decided = verdict(kind=Kind.FOLLOWUP, ticket=number, state=TicketState.WAITING_FOR_INFO)
    ledger.record(handled(mail(subject=words), decided), found, first=False)
    ledger.update_ticket(found, decided, asked=True, told_separate=False)
