"""Corrections, editions and recorded mails, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from tests.samples import mail, reading
from tests.store.conftest import Clock
from triage.domain import Action, DecidedBy, Inspection, Kind, Language, TicketNumber, TicketState, Verdict
from triage.editions import Edition
from triage.store import corrections, editions, recorded, schema
from triage.store.corrections import Correction
from triage.store.ledger import Handled
from triage.store.recorded import Recorded
from triage.store.store import Store
from triage.threads import Belonging

DECIDED = Verdict(Kind.NEW, Action.REQUEST_INFO, DecidedBy.RULE, Language.NO, topic="technical", missing=("msn",))


def handle(store: Store, subject: str, rules: str = "r1") -> TicketNumber:
    """A mail that opened a ticket, recorded."""
    found = mail(subject=subject)
    with store.ledger() as ledger:
        ticket = ledger.open_ticket(found, DECIDED, asked=False)
        handled = Handled(reading(found), DECIDED, "one", subject, rules, "m1", required=("msn", "order_id"))
        number = ledger.record(handled, ticket, first=True)
        recorded.write(ledger.db, number, Recorded(found, Inspection(), Belonging(), DECIDED))
    return ticket.number


def correction(store: Store, ticket: TicketNumber, **parts: object) -> Correction:
    with store.connection() as db:
        before = corrections.decided(db, ticket)
    assert before is not None
    said = Correction(ticket, before.mail, before.topic, "settlement", before.missing, None, "", "kari", store.clock())
    return replace(said, **parts)  # type: ignore[arg-type]


def test_what_was_decided_about_the_first_mail_is_found_with_what_it_lacked(store: Store):
    ticket = handle(store, "one")
    with store.connection() as db:
        found = corrections.decided(db, ticket)
        assert found is not None
        assert (found.topic, found.missing) == ("technical", ("msn",))
        assert corrections.decided(db, TicketNumber(99_999)) is None


def test_corrections_come_back_as_they_were_and_the_last_one_counts(store: Store):
    ticket = handle(store, "one")
    first = correction(store, ticket, missing=("msn", "date"))
    second = correction(store, ticket, topic=None, missing=(), example=corrections.OFFERED)
    with store.connection() as db:
        corrections.add(db, first)
        number = corrections.add(db, second)
        assert corrections.latest(db) == {second.mail: replace(second, id=number)}
        assert corrections.offered(db) == [replace(second, id=number)]
        corrections.settle(db, number, corrections.ACCEPTED)
        assert corrections.offered(db) == []


def test_nothing_said_of_the_fields_is_not_the_same_as_no_field(store: Store):
    ticket = handle(store, "one")
    said = correction(store, ticket)
    with store.connection() as db:
        corrections.add(db, said)
        assert [each.missing for each in corrections.latest(db).values()] == [None]
        silent = sa.select(sa.func.count()).where(schema.correction.c.missing.is_(sa.null()))
        assert db.execute(silent).scalar_one() == 1


def test_a_ticket_is_brought_to_where_another_verdict_leads(store: Store):
    ticket = handle(store, "one")
    with store.connection() as db:
        now = replace(DECIDED, topic="settlement", profile=None, state=TicketState.REDIRECTED)
        corrections.reroute(db, ticket, now, store.clock())
        row = db.execute(sa.select(schema.ticket)).one()
    assert (row.topic, row.profile, row.state) == ("settlement", None, "redirected")


def test_recorded_mails_are_read_page_by_page_in_the_order_in_which_they_came(store: Store, clock: Clock):
    handle(store, "one")
    clock.move(days=1)
    for subject in ("two", "three"):
        handle(store, subject, "r2")
    with store.connection() as db:
        first = recorded.page(db, 0, most=2)
        second = recorded.page(db, first[-1].mail, most=2)
        assert [row.rules_digest for row in (*first, *second)] == ["r1", "r2", "r2"]
        assert [recorded.unpack(row.content).mail.subject for row in second] == ["three"]
        assert recorded.page(db, second[-1].mail) == []
        assert [row.mail for row in recorded.page(db, 0, clock.now)] == [first[1].mail, second[0].mail]
        db.execute(sa.delete(schema.recorded).where(schema.recorded.c.mail == first[0].mail))
        assert recorded.counts(db) == (2, 3)
        assert recorded.counts(db, clock.now) == (2, 2)
        assert recorded.content_of(db, first[0].mail) is None


def test_editions_know_the_first_mail_that_was_decided_under_them(store: Store, clock: Clock):
    with store.connection() as db:
        editions.note(db, Edition("rules", "r1", {"a.yaml": "1"}), "the first noted", "", clock.now)
        editions.note(db, Edition("templates", "t1"), "the first noted", "", clock.now)
    clock.move(hours=1)
    ticket = handle(store, "one", "r1")
    clock.move(hours=1)
    with store.connection() as db:
        editions.note(db, Edition("rules", "r2", {"a.yaml": "2"}), "a.yaml", "kari", clock.now)
        newest, templates, oldest = editions.history(db)
        assert (newest.digest, newest.said, newest.who, newest.files, newest.first) == (
            "r2",
            "a.yaml",
            "kari",
            {"a.yaml": "2"},
            None,
        )
        assert (oldest.ticket, templates.ticket) == (ticket, ticket)
        assert [each.digest for each in editions.history(db, "rules", clock.now)] == ["r2"]
        latest = editions.latest(db, "rules")
        assert latest is not None
        assert latest.digest == "r2"
        assert editions.latest(db, "model") is None
