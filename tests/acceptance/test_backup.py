"""The backups of docs/operating.md, made while the desk is open, bring everything back; the numbers go on above what was given."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from dataclasses import replace
from email import message_from_string, policy
from pathlib import Path

import psycopg
from servers.postgres import Postgres, find_postgres

from tests.office import Office
from triage.desk import run_once
from triage.store.database import engine_for, migrate
from triage.store.store import Store

ROOT = Path(__file__).parent.parent.parent
FIRST, SECOND, THIRD = (
    "Pengene for forrige uke er ikke på konto. Når kommer utbetalingen?",
    "Vi finner ikke fakturaen for mars. Hvor finner vi oppgjørene?",
    "Oppgjøret for tirsdag mangler på kontoen vår.",
)
SQLITE_BACKUP, SQLITE_NUMBERS = "VACUUM INTO", "UPDATE sqlite_sequence SET seq = 12345 WHERE name = 'ticket'"
POSTGRES_NUMBERS = "SELECT setval('ticket_number_seq', 12345)"


def test_the_words_of_these_tests_stand_in_the_instructions():
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for words in (SQLITE_BACKUP, SQLITE_NUMBERS, POSTGRES_NUMBERS, "pg_dump --format=custom", "pg_restore --no-owner"):
        assert words in text


def numbers(office: Office) -> list[str]:
    subjects = [str(message_from_string(each, policy=policy.default)["Subject"]) for each in office.replies()]
    return [subject.partition("]")[0].strip("[") for subject in subjects]


def at(office: Office, url: str) -> Office:
    """The same desk with another database."""
    office.desk.store.close()
    engine = engine_for(url)
    migrate(engine, first_ticket=10_000)
    return replace(office, desk=replace(office.desk, store=Store(engine)))


def lived_on(office: Office, again: bytes) -> None:
    """After the restore: a mail of before is known, and a new one gets a number that nobody has."""
    office.drop(again)
    tally = run_once(office.desk)
    assert (tally["repeat"], tally["sent"]) == (1, 0)
    office.receive(THIRD, subject="Oppgjør igjen")
    run_once(office.desk)
    assert numbers(office)[-1] == "VSD-12346"


def the_mail(office: Office) -> bytes:
    (path,) = (office.folder / "mail" / "new").iterdir()
    return path.read_bytes()


def test_a_sqlite_backup_made_while_the_desk_is_open_brings_everything_back(office: Office, tmp_path: Path):
    file, backup = office.folder / "desk.sqlite", tmp_path / "backup.sqlite"
    office.receive(FIRST, subject="Utbetaling")
    first = the_mail(office)
    run_once(office.desk)
    with office.desk.store.connection() as held:  # the desk is at work
        held.exec_driver_sql("SELECT 1")
        with sqlite3.connect(file) as link:
            link.execute(f"{SQLITE_BACKUP} '{backup}'")
        link.close()
    office.receive(SECOND, subject="Faktura")
    run_once(office.desk)
    office.desk.store.close()
    for path in office.folder.glob("desk.sqlite*"):
        path.unlink()
    shutil.copy(backup, file)
    with sqlite3.connect(file) as link:
        link.execute(SQLITE_NUMBERS)
    link.close()
    lived_on(at(office, f"sqlite:///{file}"), first)


def test_a_postgresql_dump_made_while_the_desk_is_open_brings_everything_back(
    office: Office, postgres: Postgres, tmp_path: Path
):
    programs, dump = find_postgres(), tmp_path / "backup.dump"
    assert programs is not None
    source, target = postgres.new_database(), postgres.new_database()
    desk = at(office, source)
    desk.receive(FIRST, subject="Utbetaling")
    first = the_mail(desk)
    run_once(desk.desk)
    run(programs / "pg_dump", "--format=custom", f"--file={dump}", plain(source))
    desk.receive(SECOND, subject="Faktura")
    run_once(desk.desk)
    run(programs / "pg_restore", "--no-owner", f"--dbname={plain(target)}", dump)
    with psycopg.connect(plain(target), autocommit=True) as link:
        link.execute(POSTGRES_NUMBERS)
    restored = at(desk, target)
    lived_on(restored, first)
    restored.desk.store.close()


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")


def run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=120)
