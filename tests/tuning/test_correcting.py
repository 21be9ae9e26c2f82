"""Staff say what a verdict should have been: it is noted, the ticket follows when wanted, and nothing is sent unasked."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.office import Office, opened
from triage import mind as minds
from triage.config import load
from triage.desk import deliver, run_once
from triage.domain import TicketNumber, TicketState
from triage.mind import Mind
from triage.store import corrections, schema
from triage.tuning.correcting import CannotCorrect, Said, correct, reroute

ROOT = Path(__file__).parent.parent.parent
NUMBER = TicketNumber(10_000)
SETTLEMENT = Said("settlement", None, "the money of last week", "kari")


@pytest.fixture(scope="module")
def thinking() -> Mind:
    return minds.load(load(ROOT / "config.yaml"))


@pytest.fixture
def office(tmp_path: Path, thinking: Mind) -> Iterator[Office]:
    """A desk with one ticket that went to a human."""
    made = opened(tmp_path, thinking)
    made.receive("Hei, kan dere ringe meg om avtalen vår?", subject="Hjelp", Cc="ola@shop.example")
    run_once(made.desk)
    yield made
    made.desk.store.close()


def test_who_what_why_and_when_are_written_down_and_the_verdict_stays(office: Office):
    before = office.rows(schema.verdict)
    correct(office.desk.store, NUMBER, SETTLEMENT)
    (row,) = office.rows(schema.correction)
    assert (row.ticket, row.topic_before, row.topic, row.missing) == (10_000, before[0].topic, "settlement", None)
    assert (row.why, row.who, row.example) == ("the money of last week", "kari", "offered")
    assert office.rows(schema.verdict) == before
    (event,) = office.rows(schema.event)
    assert (event.who, event.said) == ("kari", "corrected: topic none, should be settlement")


def test_a_correction_alone_moves_nothing_and_sends_nothing(office: Office):
    tickets, letters = office.rows(schema.ticket), office.rows(schema.outbox)
    correct(office.desk.store, NUMBER, SETTLEMENT)
    assert (office.rows(schema.ticket), office.rows(schema.outbox)) == (tickets, letters)


def test_what_should_have_been_asked_for_is_no_example_of_a_topic(office: Office):
    said = correct(office.desk.store, NUMBER, Said(None, ("msn",), "", "kari"))
    assert (said.missing, said.example) == (("msn",), corrections.NONE)


def test_a_ticket_that_is_not_there_cannot_be_corrected(office: Office):
    with pytest.raises(CannotCorrect, match="there is no ticket VSD-10099"):
        correct(office.desk.store, TicketNumber(10_099), SETTLEMENT)


def test_the_ticket_follows_when_wanted_without_a_reply(office: Office):
    letters = office.rows(schema.outbox)
    verdict = reroute(office.desk, correct(office.desk.store, NUMBER, SETTLEMENT), reply=False)
    (ticket,) = office.rows(schema.ticket)
    assert (ticket.topic, ticket.state, verdict.state) == ("settlement", "redirected", TicketState.REDIRECTED)
    assert office.rows(schema.outbox) == letters


def test_the_reply_of_the_right_topic_goes_to_the_same_people_once(office: Office):
    said = correct(office.desk.store, NUMBER, SETTLEMENT)
    reroute(office.desk, said, reply=True)
    deliver(office.desk)
    first, second = (message_from_bytes(each.encode(), policy=policy.default) for each in office.replies())
    assert (second["To"], second["Cc"], second["Subject"]) == (first["To"], first["Cc"], first["Subject"])
    assert first["Message-ID"] != second["Message-ID"]
    assert "settlements" in second.get_body(("plain",)).get_content()
    with pytest.raises(sa.exc.IntegrityError):
        reroute(office.desk, said, reply=True)


def test_an_answer_to_the_second_reply_joins_the_ticket(office: Office):
    reroute(office.desk, correct(office.desk.store, NUMBER, SETTLEMENT), reply=True)
    deliver(office.desk)
    second = message_from_bytes(office.replies()[-1].encode(), policy=policy.default)
    office.receive("Takk, det hjalp oss videre i dag.", subject="SV", In_Reply_To=second["Message-ID"])
    run_once(office.desk)
    assert [row.ticket for row in office.rows(schema.mail)] == [10_000, 10_000]


def test_words_that_were_forgotten_can_be_corrected_but_not_judged_anew(office: Office):
    with office.desk.store.connection() as db:
        db.execute(sa.delete(schema.recorded))
    said = correct(office.desk.store, NUMBER, SETTLEMENT)
    assert said.example == corrections.NONE
    with pytest.raises(CannotCorrect, match="were forgotten"):
        reroute(office.desk, said, reply=False)


def test_a_limit_that_forbids_the_reply_leaves_the_ticket_where_it_was(office: Office, monkeypatch: pytest.MonkeyPatch):
    said = correct(office.desk.store, NUMBER, SETTLEMENT)
    tickets = office.rows(schema.ticket)
    monkeypatch.setattr("triage.limits.Restraint.had_enough", lambda *_: "no reply: enough")
    with pytest.raises(CannotCorrect, match="no reply: enough; nothing was changed"):
        reroute(office.desk, said, reply=True)
    assert office.rows(schema.ticket) == tickets


def test_the_last_word_counts(office: Office):
    correct(office.desk.store, NUMBER, SETTLEMENT)
    correct(office.desk.store, NUMBER, Said("plugin", None, "", "ola"))
    with office.desk.store.connection() as db:
        assert [each.topic for each in corrections.latest(db).values()] == ["plugin"]
