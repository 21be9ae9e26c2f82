"""What the desk works with is noted when it changes: which files, by whom, and the first mail under it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.office import Office, opened
from tests.seeding import labelled_readings, seed
from triage import mind as minds
from triage.config import load
from triage.editions import Edition, author, changed_files, edition
from triage.mind import Mind
from triage.store import editions
from triage.tuning.history import note_editions

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def thinking() -> Mind:
    return minds.load(load(ROOT / "config.yaml"))


@pytest.fixture
def office(tmp_path: Path, thinking: Mind) -> Iterator[Office]:
    made = opened(tmp_path / "office", thinking)
    yield made
    made.desk.store.close()


def noted(office: Office, kind: str | None = None) -> list[editions.Noted]:
    with office.desk.store.connection() as db:
        return list(editions.history(db, kind))


def test_each_kind_is_noted_once_and_again_only_when_it_differs(office: Office, thinking: Mind):
    note_editions(office.desk.store, thinking)
    note_editions(office.desk.store, thinking)
    assert sorted(each.kind for each in noted(office)) == ["model", "rules", "templates"]
    files = dict(thinking.rules.files) | {"settlement.yaml": "edited"}
    note_editions(office.desk.store, replace(thinking, rules=Edition("rules", "other", files)))
    newest, first = noted(office, "rules")
    assert (newest.digest, newest.said) == ("other", "settlement.yaml")
    assert first.said == "the first noted"


def test_the_first_mail_under_an_edition_is_named(office: Office, thinking: Mind):
    note_editions(office.desk.store, thinking)
    assert [each.first for each in noted(office)] == [None, None, None]
    seed(office.desk, labelled_readings(thinking)[:3], 3)
    assert {each.kind: str(each.ticket) for each in noted(office)} == dict.fromkeys(
        ("rules", "templates", "model"), "VSD-10000"
    )


def test_verdicts_carry_the_digest_of_everything_that_decides(office: Office, thinking: Mind, tmp_path: Path):
    for name in ("profiles.yaml", "known-answers.yaml", "fields.yaml", "settlement.yaml", "contacts.yaml"):
        assert name in thinking.rules.files
    assert not any(name.endswith(".test.yaml") or "lexicon" in name for name in thinking.rules.files)


def test_two_desks_that_note_the_same_edition_leave_one_line(office: Office):
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with office.desk.store.connection() as db:
        for minute, digest in enumerate(["a", "b", "b", "a"]):
            editions.note(db, Edition("rules", digest), "", "", now + timedelta(minutes=minute))
    assert [each.digest for each in noted(office, "rules")] == ["a", "b", "a"]


def test_files_that_differ_came_or_went_are_named():
    assert changed_files({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}) == ("b", "c", "d")


def test_an_edition_is_told_by_names_and_bytes(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("one")
    before = edition("rules", tmp_path, tmp_path.glob("*.yaml"))
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    after = edition("rules", tmp_path, tmp_path.glob("*.yaml"))
    assert before.digest != after.digest
    assert list(after.files) == ["b.yaml"]


def test_the_author_is_gits_where_the_file_is_as_committed_else_its_owner(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("one")
    owner = file.owner()
    assert author(tmp_path, ["a.yaml", "gone.yaml"]) == owner
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=Kari Sample", "-c", "user.email=kari@shop.example", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    assert author(tmp_path, ["a.yaml"]).startswith("Kari Sample (")
    file.write_text("two")
    assert author(tmp_path, ["a.yaml"]) == owner
