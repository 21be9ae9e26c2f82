"""Staff hear at once of what cannot wait, by a way of its own, and only once."""

from __future__ import annotations

import pytest

from tests.office import Office, alerts, with_staff
from triage.desk import deliver, run_once
from triage.store import schema

LEAK = "Our partner keys were committed to a public GitHub repository last night. The keys have been exposed. What now?"
KEY = "SAMPLEa1b2c3d4e5f6a7b8c9d0SAMPLE=="


@pytest.fixture
def told(office: Office) -> Office:
    return with_staff(office)


def test_a_key_leak_alerts_within_the_same_run_once_a_ticket_and_tells_no_key(told: Office):
    told.receive(f"{LEAK}\nclient_secret: {KEY}", subject="Keys exposed")
    run_once(told.desk)
    told.receive(LEAK, subject="Re: [VSD-10000] Keys exposed")
    run_once(told.desk)
    (subject,) = alerts(told)
    assert "VSD-10000" in subject
    assert KEY not in "".join(path.read_text() for path in (told.folder / "alerts").iterdir())
    assert len(told.replies()) == 1


def test_what_is_wrong_is_told_when_it_begins_and_when_it_is_over(told: Office):
    for _ in range(3):
        with told.desk.store.ledger() as ledger:
            told.desk.alerts.raise_alert(ledger, "health", "The mailbox cannot be read.")
    for _ in range(3):
        with told.desk.store.ledger() as ledger:
            told.desk.alerts.clear_alert(ledger, "health")
    deliver(told.desk)
    assert [subject.partition("] ")[2] for subject in alerts(told)] == [
        "The mailbox cannot be read.",
        "Over: The mailbox cannot be read.",
    ]


def test_an_alert_is_undone_with_the_transaction_that_raised_it(told: Office):
    with pytest.raises(RuntimeError), told.desk.store.ledger() as ledger:
        told.desk.alerts.raise_alert(ledger, "health", "The mailbox cannot be read.")
        raise RuntimeError("the batch fails")
    assert (told.rows(schema.alert), told.rows(schema.outbox)) == ([], [])


def test_with_nobody_to_tell_what_happens_is_noted_all_the_same(office: Office):
    office.receive(LEAK, subject="Keys exposed")
    run_once(office.desk)
    assert [row.name for row in office.rows(schema.alert)] == ["key_leak:VSD-10000"]
    assert [row.kind for row in office.rows(schema.outbox)] == ["reply"]


def test_letters_to_staff_count_for_no_limit_of_the_replies(told: Office):
    with told.desk.store.ledger() as ledger:
        told.desk.alerts.raise_alert(ledger, "health", "The mailbox cannot be read.")
        assert ledger.replies_since(None, "", 60) == 0
