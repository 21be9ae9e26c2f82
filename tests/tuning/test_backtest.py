"""A back-test decides recorded mail again: the same rules decide the same, edited ones show who moves where."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.office import Office, opened
from tests.seeding import labelled_readings, seed
from triage import mind as minds
from triage.config import Settings, load
from triage.domain import Reading
from triage.mind import Mind
from triage.store import corrections, recorded, schema
from triage.store.corrections import Correction
from triage.tuning import backtest as backtests
from triage.tuning.backtest import Backtest, Wanted, backtest
from triage.tuning.judging import decide_again

ROOT = Path(__file__).parent.parent.parent
BROAD = """
  - id: planted
    any_of: [betaling*, payment*]
    weight: 6
    wrong_when: Always; a test planted it.
"""


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(ROOT / "config.yaml")


@pytest.fixture(scope="module")
def thinking(settings: Settings) -> Mind:
    return minds.load(settings)


@pytest.fixture(scope="module")
def readings(thinking: Mind) -> list[Reading]:
    return labelled_readings(thinking)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, thinking: Mind, readings: list[Reading]) -> Iterator[Office]:
    """A desk that has handled every labelled mail; the tests only read."""
    made = opened(tmp_path_factory.mktemp("office"), thinking)
    seed(made.desk, readings, len(readings))
    yield made
    made.desk.store.close()


def rows_of(office: Office) -> list[recorded.Row]:
    with office.desk.store.connection() as db:
        return list(recorded.page(db, 0, most=1000))


def run(office: Office, wanted: Wanted, since: datetime | None = None) -> Backtest:
    return backtest(office.desk.store, wanted, since, lambda _done, _all: None)


@pytest.fixture
def draft(tmp_path: Path, settings: Settings) -> Wanted:
    """A copy of the rules to edit, with the model at work."""
    shutil.copytree(settings.rules, tmp_path / "draft", ignore=shutil.ignore_patterns("examples"))
    return Wanted(settings.model_copy(update={"rules": tmp_path / "draft"}), minds.model_path(settings))


def edit(draft: Wanted, name: str, *, add: str) -> None:
    with (draft.settings.rules / name).open("a", encoding="utf-8") as file:
        file.write(add)


def test_every_labelled_mail_is_decided_again_as_it_was_when_it_came(office: Office, thinking: Mind):
    rows = rows_of(office)
    kept = [recorded.unpack(row.content) for row in rows]
    again = decide_again(kept, [row.at.date() for row in rows], thinking)
    assert [(each.mail.subject, found) for each, found in zip(kept, again, strict=True)] == [
        (each.mail.subject, each.verdict) for each in kept
    ]
    assert len(kept) > 100


def test_finders_that_look_again_at_the_masked_mail_decide_the_same(office: Office, thinking: Mind):
    rows = rows_of(office)
    kept = [recorded.unpack(row.content) for row in rows]
    strangers = [replace(each, finders="those of an older version") for each in kept]
    again = decide_again(strangers, [row.at.date() for row in rows], thinking)
    differ = [
        (each.mail.subject, found.action, each.verdict.action, found.missing, each.verdict.missing)
        for each, found in zip(kept, again, strict=True)
        if (found.action, found.topic, found.missing, found.template, found.flags)
        != (each.verdict.action, each.verdict.topic, each.verdict.missing, each.verdict.template, each.verdict.flags)
    ]
    assert differ == []


def test_the_rules_at_work_change_nothing(office: Office, settings: Settings):
    found = run(office, Wanted(settings, minds.model_path(settings)))
    assert (found.changed, found.forgotten, found.unreadable) == ((), 0, 0)
    assert found.mails == len(rows_of(office))


def test_a_wrong_rule_shows_exactly_the_tickets_it_would_move(office: Office, draft: Wanted):
    edit(draft, "newsletter.yaml", add=BROAD)
    moved = [each for each in run(office, draft).changed if each.after.topic == "newsletter"]
    assert moved
    with office.desk.store.connection() as db:
        said = {row.content: row.mail for row in db.execute(sa.select(schema.recorded))}
    for content, mail in said.items():
        words = recorded.unpack(content).mail
        if mail in {each.mail for each in moved}:
            assert (
                "betaling" in f"{words.subject} {words.new}".lower()
                or "payment" in f"{words.subject} {words.new}".lower()
            )


def test_nothing_in_the_database_changes(office: Office, draft: Wanted):
    edit(draft, "newsletter.yaml", add=BROAD)
    before = {table.name: office.rows(table) for table in schema.metadata.sorted_tables}
    run(office, draft)
    assert {table.name: office.rows(table) for table in schema.metadata.sorted_tables} == before


def test_a_profile_that_requires_more_shows_who_would_be_asked(office: Office, draft: Wanted):
    profiles = draft.settings.rules / "profiles.yaml"
    text = profiles.read_text(encoding="utf-8")
    assert "required: [msn, environment, order_id, request, response]" in text
    profiles.write_text(
        text.replace(
            "required: [msn, environment, order_id, request, response]",
            "required: [msn, environment, order_id, request, response, date]",
        ),
        encoding="utf-8",
    )
    found = run(office, draft)
    assert found.asked["date", "more"] == sum("date" in each.after.missing for each in found.changed) > 0
    assert set(found.asked) == {("date", "more")}


def test_agreement_with_corrections_is_counted_before_and_after(office: Office, draft: Wanted, thinking: Mind):
    edit(draft, "newsletter.yaml", add=BROAD)
    moved = next(each for each in run(office, draft).changed if each.after.topic == "newsletter" and each.ticket)
    assert moved.ticket is not None
    said = Correction(
        ticket=moved.ticket,
        mail=moved.mail,
        topic_before=moved.before.topic,
        topic="newsletter",
        missing_before=(),
        missing=None,
        why="",
        who="kari",
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    with office.desk.store.connection() as db:
        number = corrections.add(db, said)
    try:
        agreement = run(office, draft).agreement
        assert (agreement.mails, agreement.before, agreement.after) == (1, 0, 1)
    finally:
        with office.desk.store.connection() as db:
            db.execute(sa.delete(schema.correction).where(schema.correction.c.id == number))


def test_forgotten_and_damaged_mails_are_counted_and_left_out(tmp_path: Path, thinking: Mind, readings: list[Reading]):
    made = opened(tmp_path, thinking)
    seed(made.desk, readings, 4)
    with made.desk.store.connection() as db:
        first, second = [row.id for row in db.execute(sa.select(schema.mail.c.id).limit(2))]
        db.execute(sa.delete(schema.recorded).where(schema.recorded.c.mail == first))
        db.execute(sa.update(schema.recorded).where(schema.recorded.c.mail == second).values(content=b"damaged"))
    found = run(made, Wanted(thinking.settings, minds.model_path(thinking.settings)))
    made.desk.store.close()
    assert (found.mails, found.forgotten, found.unreadable) == (2, 1, 1)


def test_what_earlier_edits_changed_is_not_laid_at_the_drafts_door(
    tmp_path: Path, settings: Settings, thinking: Mind, draft: Wanted
):
    """The mail was decided with a wrong rule, which is gone from the rules in service."""
    edit(draft, "newsletter.yaml", add=BROAD)
    made = opened(tmp_path / "office", minds.with_model(draft.settings, thinking.understanding.classifier))
    found = [each for each in labelled_readings(made.desk.mind) if not each.silence]
    seed(made.desk, found, len(found))
    shutil.copytree(settings.rules, tmp_path / "same", ignore=shutil.ignore_patterns("examples"))
    same = Wanted(settings.model_copy(update={"rules": tmp_path / "same"}), draft.model)
    then = run(made, same).changed
    now = run(made, replace(same, service=settings)).changed
    back = run(made, replace(draft, service=settings)).changed
    made.desk.store.close()
    assert now == ()
    assert {each.mail for each in back} == {each.mail for each in then} != set()


def test_since_leaves_out_older_mail(office: Office, settings: Settings):
    wanted = Wanted(settings, minds.model_path(settings))
    assert run(office, wanted, datetime(2200, 1, 1, tzinfo=UTC)).mails == 0


def test_many_processes_find_what_one_finds(office: Office, draft: Wanted, monkeypatch: pytest.MonkeyPatch):
    edit(draft, "newsletter.yaml", add=BROAD)
    alone = run(office, draft)
    monkeypatch.setattr(backtests, "_FEW", 0)
    monkeypatch.setattr(backtests, "_PAGE", 30)
    monkeypatch.setattr(backtests.os, "sched_getaffinity", lambda _: {0, 1})
    seen: list[int] = []
    together = backtest(office.desk.store, draft, None, lambda done, _all: seen.append(done))
    assert together == alone
    assert seen == sorted(seen)
    assert seen[-1] == alone.mails
