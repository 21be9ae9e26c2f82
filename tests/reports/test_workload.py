from __future__ import annotations

from collections import Counter

from tests.reports.books import MIDDLE, Books, between
from tests.reports.test_missing import rows
from triage.reports import making, workload
from triage.reports.report import Share
from triage.store import schema as s
from triage.store.figures.counting import Scope

_WITHIN = "handled_at >= :since AND handled_at < :until"


def test_every_mail_is_counted_once_by_its_kind(books: Books):
    counted = dict(books.ask(f"SELECT kind, count(*) FROM mail WHERE {_WITHIN} GROUP BY kind", **between(MIDDLE)))
    (found,) = rows(making.make("workload", books.store, MIDDLE), "mails")
    assert {kind: found[kind] for kind in counted} == counted
    assert found["mails"] == sum(counted.values())


def test_what_rests_in_ready_and_review_is_left_to_people(books: Books):
    (found,) = rows(making.make("workload", books.store, Scope()), "mails")
    trays = dict(books.ask("SELECT tray, count(*) FROM mail GROUP BY tray"))
    (human,) = books.ask("SELECT count(*) FROM mail WHERE kind IN ('new', 'followup')")[0]
    assert (found["ready"], found["review"]) == (trays["ready"], trays["review"])
    assert found["people"] == Share(trays["ready"] + trays["review"], human)


def test_hours_are_those_of_the_week_in_utc(books: Books):
    with books.store.snapshot() as db:
        human = db.execute(s.mail.select().where(s.mail.c.silence.is_(None)))
        expected = Counter((row.handled_at.weekday(), row.handled_at.hour) for row in human)
    table = rows(making.make("workload", books.store, Scope()), "hours")
    found = {
        (day, int(row["hour"])): row[name.lower()]
        for row in table
        for day, name in enumerate(workload.DAYS)
        if row[name.lower()]
    }
    assert found == expected


def test_tickets_are_counted_by_state(books: Books):
    found = {row["state"]: row["tickets"] for row in rows(making.make("workload", books.store, Scope()), "states")}
    assert found == dict(books.ask("SELECT state, count(*) FROM ticket GROUP BY state"))
