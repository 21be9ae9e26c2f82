"""What one transaction writes can be found again, and belongs to one mail only."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.samples import mail, reading
from triage.domain import (
    Action,
    DecidedBy,
    Finding,
    Flag,
    InboundMail,
    Inspection,
    Kind,
    Language,
    TicketNumber,
    TicketState,
    Tray,
    Verdict,
    Where,
)
from triage.store import schema
from triage.store.database import engine_for, migrate
from triage.store.ledger import Handled, Ledger, Queued
from triage.store.store import Store

KARI = "kari@shop.example"


def verdict(**parts: object) -> Verdict:
    values = {
        "kind": Kind.NEW,
        "action": Action.REQUEST_INFO,
        "decided_by": DecidedBy.RULE,
        "language": Language.NO,
        "topic": "technical",
        "profile": "api",
        "state": TicketState.WAITING_FOR_INFO,
        "template": "request_info",
    }
    return Verdict(**(values | parts))  # type: ignore[arg-type]


def handled(found: InboundMail, decided: Verdict, *findings: Finding) -> Handled:
    return Handled(
        reading=reading(found, inspection=Inspection(findings=findings)),
        verdict=decided,
        mailbox="integration",
        uid="1:7",
        rules_digest="r",
        model_digest="m",
        participants=(KARI,),
        required=("msn", "order_id"),
    )


def record(ledger: Ledger, found: InboundMail, *findings: Finding, **parts: object) -> TicketNumber:
    """A new mail with its ticket, as the desk writes it."""
    decided = verdict(missing=("msn",), **parts)
    ticket = ledger.open_ticket(found, decided, asked=True)
    ledger.record(handled(found, decided, *findings), ticket, first=True)
    return ticket.number


def test_numbers_begin_where_the_config_says_and_are_never_given_twice(store: Store):
    with store.ledger() as ledger:
        first = record(ledger, mail(subject="a"))
    with pytest.raises(RuntimeError), store.ledger() as ledger:
        record(ledger, mail(subject="b"))
        raise RuntimeError("the batch fails")
    with store.ledger() as ledger:
        later = record(ledger, mail(subject="c"))
    assert (str(first), later > first) == ("VSD-10000", True)


def test_a_mail_is_seen_only_after_its_batch_was_committed(store: Store):
    found = mail()
    with pytest.raises(RuntimeError), store.ledger() as ledger:
        record(ledger, found)
        raise RuntimeError("power cut")
    with store.ledger() as ledger:
        assert ledger.seen(found.key) is None
        record(ledger, found, tray=Tray.REVIEW)
    with store.ledger() as ledger:
        assert ledger.seen(found.key) is Tray.REVIEW


def test_a_failed_mail_leaves_the_rest_of_the_batch(store: Store):
    good, bad = mail(subject="good"), mail(subject="bad")
    with store.ledger() as ledger:
        record(ledger, good)
        with pytest.raises(sa.exc.IntegrityError), ledger.savepoint():
            record(ledger, bad)
            record(ledger, good)  # the same key again
    with store.ledger() as ledger:
        assert (ledger.seen(good.key), ledger.seen(bad.key)) == (Tray.ANSWERED, None)


def test_a_ticket_comes_back_with_what_its_thread_gave(store: Store):
    given = Finding("msn", "654321", Where.SIGNATURE, 0.9, "")
    with store.ledger() as ledger:
        number = record(ledger, mail(), given)
    with store.ledger() as ledger:
        ticket = ledger.ticket(number)
    assert ticket is not None
    assert (ticket.state, ticket.asked, ticket.profile) == (TicketState.WAITING_FOR_INFO, 1, "api")
    assert ticket.findings == (given,)


def test_a_ticket_keeps_its_topic_and_owner_when_others_write(store: Store):
    with store.ledger() as ledger:
        number = record(ledger, mail())
        ticket = ledger.ticket(number)
        assert ticket is not None
        later = verdict(topic="settlement", state=TicketState.READY, flags=(Flag.ESCALATION,))
        ledger.update_ticket(ticket, later, asked=False, told_separate=True)
    with store.connection() as db:
        row = db.execute(sa.select(schema.ticket)).one()
    assert (row.topic, row.owner, row.state, row.told_separate) == ("technical", KARI, "ready", True)
    assert row.completed_at is not None
    assert row.flags == ["escalation"]


def test_a_merged_ticket_leads_to_the_one_it_was_merged_into_and_circles_end(store: Store):
    with store.ledger() as ledger:
        one, two, three = (record(ledger, mail(subject=name)) for name in "abc")
    with store.connection() as db:
        for dead, alive in ((one, two), (two, three)):
            db.execute(
                sa.update(schema.ticket).where(schema.ticket.c.number == dead.value).values(merged_into=alive.value)
            )
    with store.ledger() as ledger:
        ticket = ledger.ticket(one)
        assert ticket is not None
        assert ticket.number == three
    with store.connection() as db:
        db.execute(sa.update(schema.ticket).values(merged_into=one.value))
    with store.ledger() as ledger:
        assert ledger.ticket(two) is None


def test_tickets_are_found_by_the_ids_of_mails_received_and_sent(store: Store):
    found = mail(message_id="first@shop.example")
    with store.ledger() as ledger:
        ticket = ledger.open_ticket(found, verdict(), asked=False)
        mail_id = ledger.record(handled(found, verdict()), ticket, first=True)
        ledger.queue(queued("answer@desk.example"), mail_id, ticket.number)
    with store.ledger() as ledger:
        for known in ("first@shop.example", "answer@desk.example"):
            assert ledger.tickets_citing(["other@x.example", known]) == [ticket.number]
        assert ledger.tickets_citing([]) == []
        assert ledger.takes_part(ticket.number, KARI)
        assert not ledger.takes_part(ticket.number, "eve@elsewhere.example")
        assert ledger.people(ticket.number) == {KARI}


@pytest.mark.postgres
def test_two_desks_may_add_the_same_people_and_ids_at_one_moment(postgres_url: str):
    engine = engine_for(postgres_url)
    migrate(engine, first_ticket=1)
    store = Store(engine)
    with store.ledger() as ledger:
        ticket = ledger.open_ticket(mail(), verdict(), asked=False)

    failures: list[Exception] = []

    def attach_second() -> None:
        try:
            with store.ledger() as ledger:
                found = mail(subject="second", message_id="same@shop.example")
                ledger.record(handled(found, verdict()), ticket, first=False)
        except DBAPIError as error:
            failures.append(error)

    other = threading.Thread(target=attach_second)
    with store.ledger() as ledger:
        found = mail(subject="first", message_id="same@shop.example")
        ledger.record(handled(found, verdict()), ticket, first=False)
        other.start()
        other.join(1)  # it meets these rows before they are committed, and waits
    other.join()
    with store.ledger() as ledger:
        assert ledger.people(ticket.number) == {KARI}
        assert ledger.tickets_citing(["same@shop.example"]) == [ticket.number]
    engine.dispose()
    assert failures == []


def test_required_fields_are_written_down_with_what_was_missing(store: Store):
    with store.ledger() as ledger:
        record(ledger, mail())
    with store.connection() as db:
        rows = db.execute(sa.select(schema.required.c.field, schema.required.c.missing)).all()
    assert sorted(map(tuple, rows)) == [("msn", True), ("order_id", False)]


def test_replies_are_counted_by_address_domain_words_and_in_all(store: Store, clock):
    with store.ledger() as ledger:
        for number in range(3):
            found = mail(subject=str(number))
            ticket = ledger.open_ticket(found, verdict(), asked=False)
            mail_id = ledger.record(handled(found, verdict()), ticket, first=True)
            ledger.queue(queued(f"{number}@desk.example"), mail_id, ticket.number)
    clock.move(minutes=30)
    with store.ledger() as ledger:
        counted = {
            "address": KARI,
            "domain": "shop.example",
            "fingerprint": "f",
        }
        assert [ledger.replies_since(column, value, 60) for column, value in counted.items()] == [3, 3, 3]
        assert ledger.replies_since(None, "", 60) == 3
        assert ledger.replies_since("address", "other@shop.example", 60) == 0
        assert ledger.replies_since("address", KARI, 29) == 0


def test_a_reply_counts_in_all_as_soon_as_it_is_queued_and_no_longer_when_it_is_undone(store: Store):
    with store.ledger() as ledger:
        number = record(ledger, mail())
        assert ledger.replies_since(None, "", 60) == 0
        ledger.queue(queued("one@desk.example"), None, number)
        assert ledger.replies_since(None, "", 60) == 1
        with pytest.raises(RuntimeError), ledger.savepoint():
            ledger.queue(queued("two@desk.example"), None, number)
            assert ledger.replies_since(None, "", 60) == 2
            raise RuntimeError("this mail fails")
        assert ledger.replies_since(None, "", 60) == 1


def test_times_come_back_as_utc_with_their_offset(store: Store, clock):
    with store.ledger() as ledger:
        record(ledger, mail())
    with store.connection() as db:
        opened = db.execute(sa.select(schema.ticket.c.opened_at)).scalar_one()
    assert opened == clock.now
    assert opened.utcoffset() is not None


def queued(message_id: str) -> Queued:
    return Queued("review", Language.NO, message_id, (KARI,), b"From: a\r\n\r\nHei\r\n", KARI, "f")
