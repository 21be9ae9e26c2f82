from __future__ import annotations

from collections import Counter

import pytest

from tests.reports.books import MIDDLE, Books, between
from tests.reports.test_missing import rows
from triage.reports import making
from triage.reports.report import Share
from triage.store import schema as s
from triage.store.figures.counting import Scope

_WITHIN = "m.handled_at >= :since AND m.handled_at < :until"


def moved(books: Books) -> dict[int, str]:
    """The topic that staff named last for each mail, where it is another than the desk's."""
    with books.store.snapshot() as db:
        verdicts = {row.mail: row.topic for row in db.execute(s.verdict.select())}
        said = {
            row.mail: row.topic for row in db.execute(s.correction.select().order_by(s.correction.c.id)) if row.topic
        }
    return {mail: topic for mail, topic in said.items() if topic != verdicts[mail]}


@pytest.mark.parametrize("scope", [Scope(), MIDDLE], ids=["all", "some weeks"])
def test_new_mail_is_counted_by_topic_and_action_as_plain_sql_does(books: Books, scope: Scope):
    report = making.make("routing", books.store, scope)
    counted = books.ask(
        f"""SELECT coalesce(v.topic, '(unsure)'), v.action, count(*) FROM mail m, verdict v
        WHERE v.mail = m.id AND m.kind = 'new' AND {_WITHIN} GROUP BY 1, 2""",
        **between(scope),
    )
    found = [
        (row["topic"], action, row[action])
        for row in rows(report, "topics")
        for action in ("redirect", "request_info", "acknowledge", "review")
        if row[action]
    ]
    assert len(found) > 7
    assert sorted(found) == sorted(counted)


def test_corrections_count_once_a_mail_and_by_their_last_word(books: Books):
    report = making.make("routing", books.store, Scope())
    corrected = moved(books)
    topics = dict(books.ask("SELECT mail, coalesce(topic, '(unsure)') FROM verdict"))
    expected = Counter((topics[mail], topic) for mail, topic in corrected.items())
    found = {(row["before"], row["after"]): row["mails"] for row in rows(report, "overrides")}
    assert len(corrected) > 20
    assert found == expected
    assert {row["topic"]: row["corrected"].hits for row in rows(report, "topics")} == {
        topic: sum(count for (before, _), count in expected.items() if before == topic)
        for topic in set(topics.values())
        if topic in {row["topic"] for row in rows(report, "topics")}
    }


def test_the_review_share_is_what_the_desk_left_to_people(books: Books):
    report = making.make("routing", books.store, Scope(by=("language",)))
    counted = books.ask("""SELECT coalesce(m.language, '(none)'), sum(CASE WHEN v.action = 'review' THEN 1 ELSE 0 END), count(*)
        FROM mail m, verdict v WHERE v.mail = m.id AND m.kind = 'new' GROUP BY 1""")
    found = {row["language"]: row["review"] for row in rows(report, "review") if row["language"] != "all"}
    assert found == {language: Share(review, mails) for language, review, mails in counted}


def test_silenced_mail_is_counted_by_its_reason(books: Books):
    counted = books.ask("SELECT silence, kind, count(*) FROM mail WHERE silence IS NOT NULL GROUP BY 1, 2")
    found = [
        (row["reason"], row["kind"], row["mails"])
        for row in rows(making.make("routing", books.store, Scope()), "silenced")
    ]
    assert sorted(found) == sorted(counted)
    assert len(found) == 3


def test_rules_fire_decide_and_are_overridden_once_a_mail(books: Books):
    fired: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    overridden: Counter[str] = Counter()
    corrected = moved(books)
    with books.store.snapshot() as db:
        new = s.verdict.join(s.mail, s.mail.c.id == s.verdict.c.mail).select().where(s.mail.c.kind == "new")
        for row in db.execute(new).mappings():
            for rule, topic in {(each["rule"], each["topic"]) for each in row["evidence"] if each["source"] == "rule"}:
                fired[rule] += 1
                if row["decided_by"] == "rule" and topic == row["topic"]:
                    decided[rule] += 1
                    overridden[rule] += row["mail"] in corrected
    found = rows(making.make("routing", books.store, Scope()), "rules")
    assert {row["rule"]: row["fired"] for row in found} == fired
    assert {row["rule"]: row["decided"] for row in found if row["decided"]} == decided
    assert {row["rule"]: row["overridden"].hits for row in found if row["overridden"].hits} == {
        rule: count for rule, count in overridden.items() if count
    }
    assert [row["overridden"].hits for row in found] == sorted((row["overridden"].hits for row in found), reverse=True)


def test_actions_by_week_add_up_to_all_new_mail(books: Books):
    report = making.make("routing", books.store, Scope())
    weeks = rows(report, "weeks")
    (new,) = books.ask("SELECT count(*) FROM mail WHERE kind = 'new'")[0]
    assert sum(row["mails"] for row in weeks) == new
    assert [row["week"] for row in weeks] == sorted(row["week"] for row in weeks)
