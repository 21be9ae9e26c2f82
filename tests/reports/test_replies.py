from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.reports.books import NOW, Books
from tests.reports.test_missing import rows
from triage.reports import making, replies
from triage.reports.report import Share
from triage.store import schema as s
from triage.store.figures.counting import Scope


def test_replies_are_counted_by_template_language_and_where_they_are_now(books: Books):
    counted = books.ask("""SELECT template, language, count(*), sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END),
        sum(CASE WHEN state = 'queued' THEN 1 ELSE 0 END), sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END)
        FROM outbox WHERE kind = 'reply' GROUP BY 1, 2""")
    report = making.make("replies", books.store, Scope())
    names = ("template", "language", "replies", "sent", "waiting", "given_up")
    assert sorted(tuple(row[name] for name in names) for row in rows(report, "sent")) == sorted(counted)


def test_the_latency_runs_from_the_handled_mail_to_the_sent_reply(books: Books):
    with books.store.snapshot() as db:
        sent = db.execute(
            s.outbox.join(s.mail, s.mail.c.id == s.outbox.c.mail).select().where(s.outbox.c.state == "sent")
        )
        spans = sorted(row[s.outbox.c.sent_at] - row[s.mail.c.handled_at] for row in sent.mappings())
    (found,) = rows(making.make("replies", books.store, Scope()), "latency")
    assert found["replies"] == len(spans)
    assert abs(found["median"] - spans[(len(spans) - 1) // 2]) < timedelta(milliseconds=2)
    assert abs(found["nine_of_ten"] - spans[-(-9 * len(spans) // 10) - 1]) < timedelta(milliseconds=2)
    assert found["within_a_minute"] == Share(sum(span <= timedelta(minutes=1) for span in spans), len(spans))


def test_a_known_answer_settles_a_ticket_in_which_nobody_wrote_again(books: Books):
    followed = {number for (number,) in books.ask("SELECT ticket FROM mail WHERE kind = 'followup'")}
    given: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    with books.store.snapshot() as db:
        joined = s.mail.join(s.verdict).join(s.outbox, s.outbox.c.mail == s.mail.c.id)
        first = joined.select().where(
            s.mail.c.first, s.outbox.c.state == "sent", s.mail.c.handled_at < NOW - replies.SETTLING
        )
        for row in db.execute(first).mappings():
            names = row["hints"] or (["(no known answer)"] if row["profile"] else [])
            given.update(names)
            settled.update(names if row[s.mail.c.ticket] not in followed else [])
    found = {row["known_answer"]: row["settled"] for row in rows(making.make("replies", books.store, Scope()), "hints")}
    assert found == {hint: Share(settled[hint], count) for hint, count in given.items()}
    assert len(found) == 4


def test_a_known_answer_of_the_last_days_is_not_judged_yet(books: Books):
    scope = Scope(since=NOW - timedelta(days=3))
    assert rows(making.make("replies", books.store, scope), "hints") == []
