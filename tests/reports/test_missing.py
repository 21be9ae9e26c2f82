from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.reports.books import MIDDLE, NOW, Books, between
from triage.reports import making, missing
from triage.reports.report import Share
from triage.store.figures.counting import Scope
from triage.store.figures.missing import CorrectedFields, FieldCount, MissingFigures

_WITHIN = "m.handled_at >= :since AND m.handled_at < :until"


def rows(report, table):
    """The rows of a table by column id."""
    found = next(each for each in report.tables if each.id == table)
    return [dict(zip((column.id for column in found.columns), row, strict=True)) for row in found.rows]


@pytest.mark.parametrize("scope", [Scope(), MIDDLE], ids=["all", "some weeks"])
def test_a_field_is_missing_as_often_as_plain_sql_counts(books: Books, scope: Scope):
    report = making.make("missing", books.store, scope)
    needed = dict(
        books.ask(
            f"""SELECT r.field, count(*) FROM required r, mail m WHERE r.mail = m.id AND m.first
        AND {_WITHIN} GROUP BY r.field""",
            **between(scope),
        )
    )
    lacking = dict(
        books.ask(
            f"""SELECT r.field, count(*) FROM required r, mail m WHERE r.mail = m.id AND m.first
        AND r.missing AND {_WITHIN} GROUP BY r.field""",
            **between(scope),
        )
    )
    found = {row["field"]: (row["needed"], row["missing"]) for row in rows(report, "fields")}
    assert len(found) > 5
    assert found == {field: (count, lacking.get(field, 0)) for field, count in needed.items()}


def test_follow_ups_do_not_change_the_rates(books: Books):
    (every,) = books.ask("SELECT count(*) FROM required")[0]
    counted = sum(row["needed"] for row in rows(making.make("missing", books.store, Scope()), "fields"))
    assert 0 < counted < every


def test_an_inferred_field_counts_as_given_and_only_when_nothing_says_it_in_words(books: Books):
    found = {row["field"]: row["inferred"] for row in rows(making.make("missing", books.store, Scope()), "fields")}
    notes: dict[int, set[str]] = {}
    for mail, note in books.ask("""SELECT f.mail, f.note FROM finding f, required r, mail m WHERE r.mail = f.mail
        AND r.field = f.field AND m.id = f.mail AND m.first AND r.field = 'environment' AND NOT r.missing"""):
        notes.setdefault(mail, set()).add(note)
    inferred = sum(each == {"inferred"} for each in notes.values())
    assert 0 < inferred < len(notes)
    assert found["environment"] == inferred
    assert found["msn"] == 0


@pytest.mark.parametrize(("by", "column"), [("profile", "v.profile"), ("language", "coalesce(m.language, '(none)')")])
def test_groups_add_up_to_what_plain_sql_counts_in_each(books: Books, by: str, column: str):
    report = making.make("missing", books.store, Scope(by=(by,)))
    counted = books.ask(f"""SELECT {column}, r.field, count(*), sum(CASE WHEN r.missing THEN 1 ELSE 0 END)
        FROM required r JOIN mail m ON m.id = r.mail JOIN verdict v ON v.mail = m.id WHERE m.first GROUP BY 1, 2""")
    found = {
        (row[by], row["field"], row["needed"], row["missing"]) for row in rows(report, "fields") if row[by] != "all"
    }
    assert found == set(counted)


def test_weeks_begin_on_monday_and_products_are_the_surest_ones(books: Books):
    report = making.make("missing", books.store, Scope(by=("week", "product")))
    first: dict[int, str] = {}
    for mail, value in books.ask("SELECT mail, value FROM finding WHERE field = 'product' ORDER BY id"):
        first.setdefault(mail, value)
    expected: Counter[tuple[str, str]] = Counter()
    with books.store.snapshot() as db:
        from triage.store import schema as s

        needing = db.execute(s.required.join(s.mail).select().where(s.mail.c.first, s.required.c.field == "msn"))
        for row in needing.mappings():
            day = row["handled_at"].date()
            monday = (day - timedelta(days=day.weekday())).isoformat()
            expected[monday, first.get(row["id"], "(none)")] += 1
    found = {
        (row["week"], row["product"]): row["needed"]
        for row in rows(report, "fields")
        if row["field"] == "msn" and row["week"] != "all"
    }
    assert found == expected


def test_of_many_senders_the_most_frequent_are_named_and_the_rest_is_one_group(books: Books):
    report = making.make("missing", books.store, Scope(by=("sender",), most=3))
    found = rows(report, "asking")
    assert [found[0]["sender"], found[-1]["sender"], len(found)] == ["all", "others", 5]
    assert sum(row["tickets"] for row in found[1:]) == found[0]["tickets"]


def test_partners_are_told_by_the_domains_of_the_config(books: Books):
    partners = {"Builder": ("shop3.example", "shop4.example")}
    found = rows(making.make("missing", books.store, Scope(by=("partner",), partners=partners)), "asking")
    (count,) = books.ask("""SELECT count(DISTINCT m.id) FROM mail m, required r WHERE r.mail = m.id AND m.first
        AND m.sender_domain IN ('shop3.example', 'shop4.example')""")[0]
    assert {row["partner"]: row["tickets"] for row in found}["Builder"] == count
    assert [row["partner"] for row in found] == ["all", "(none)", "Builder"]


def test_what_came_of_asking_is_told_of_every_ticket_that_was_asked(books: Books):
    (found,) = rows(making.make("missing", books.store, Scope()), "asking")
    needing = "SELECT DISTINCT m.ticket FROM mail m, required r WHERE r.mail = m.id AND m.first"
    lacking = f"{needing} AND r.missing"

    def tickets(condition: str, of: str = lacking) -> int:
        return books.ask(f"SELECT count(*) FROM ticket t WHERE t.number IN ({of}) AND {condition}")[0][0]

    every = tickets("1 = 1", needing)
    assert found["tickets"] == every
    assert found["complete"] == Share(every - tickets("1 = 1"), every)
    assert found["asked_once"] == tickets("t.asked = 1")
    assert found["asked_twice"] == tickets("t.asked = 2")
    assert found["completed"] == Share(tickets("t.completed_at IS NOT NULL"), tickets("1 = 1"))
    assert found["waiting"] == tickets("t.completed_at IS NULL AND t.state = 'waiting_for_info'")
    assert found["people"] == tickets("t.completed_at IS NULL AND t.state = 'review'")
    assert min(found["asked_once"], found["asked_twice"], found["waiting"], found["people"]) > 0


def test_the_time_to_complete_is_the_middle_and_the_ninth_tenth_of_those_that_were_asked(books: Books):
    with books.store.snapshot() as db:
        from triage.store import schema as s

        lacking = s.required.select().where(s.required.c.missing).subquery()
        asked = db.execute(
            s.ticket.join(s.mail, s.mail.c.ticket == s.ticket.c.number)
            .select()
            .where(s.mail.c.first, s.mail.c.id.in_(lacking.select().with_only_columns(lacking.c.mail)))
        )
        spans = sorted(row["completed_at"] - row["opened_at"] for row in asked.mappings() if row["completed_at"])
    (found,) = rows(making.make("missing", books.store, Scope()), "time")
    exact = timedelta(milliseconds=2)
    assert found["tickets"] == len(spans) > 30
    assert abs(found["median"] - spans[(len(spans) - 1) // 2]) < exact
    assert abs(found["nine_of_ten"] - spans[-(-9 * len(spans) // 10) - 1]) < exact
    assert abs(found["longest"] - spans[-1]) < exact
    assert found["within_a_day"] == Share(sum(span <= timedelta(days=1) for span in spans), len(spans))


def test_the_last_word_of_staff_on_fields_counts(books: Books):
    report = making.make("missing", books.store, Scope())
    in_vain: Counter[str] = Counter()
    with books.store.snapshot() as db:
        from triage.store import schema as s

        last = {
            row.mail: row
            for row in db.execute(s.correction.select().order_by(s.correction.c.id))
            if row.missing is not None
        }
        for row in last.values():
            in_vain.update(set(row.missing_before) - set(row.missing))
    found = {row["field"]: row["asked_in_vain"] for row in rows(report, "corrected") if row["asked_in_vain"]}
    assert found
    assert found == in_vain


def test_overlooked_fields_are_counted_apart_from_those_asked_in_vain():
    figures = MissingFigures(
        (), (), (), (), (CorrectedFields(("msn",), ("msn", "request")), CorrectedFields(("msn",), ()))
    )
    report = missing.report(figures, Scope(), NOW)
    assert rows(report, "corrected") == [
        {"field": "msn", "asked_in_vain": 1, "overlooked": 0},
        {"field": "request", "asked_in_vain": 0, "overlooked": 1},
    ]


def test_the_worst_field_stands_first_and_in_the_headline():
    fields = (FieldCount((), "msn", 40, 10, 0), FieldCount((), "order_id", 40, 30, 0))
    figures = MissingFigures(fields, (), (), (), ())
    assert [row["field"] for row in rows(missing.report(figures, Scope(), NOW), "fields")] == ["order_id", "msn"]


def test_by_field_is_what_the_report_does_anyway(books: Books):
    plain, by_field = (making.make("missing", books.store, Scope(by=by)) for by in ((), ("field",)))
    assert by_field.tables == plain.tables
