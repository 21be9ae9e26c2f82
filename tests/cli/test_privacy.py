"""`triage forget` asks first and says what it did; `triage export` writes JSON that others can read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.store.test_privacy import KARI, OLA, dump, fill
from triage.cli.main import main
from triage.cli.wiring import store_for
from triage.config import load
from triage.store import schema

ROOT = Path(__file__).parent.parent.parent

CONFIG = """\
desk: {name: Sample Desk, address: integration@desk.example}
mailboxes: [{name: local, maildir: {path: mail}}]
outgoing: {folder: out}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    store = store_for(load(file))
    fill(store, 11, KARI, OLA, state="sent")
    fill(store, 12, OLA, KARI, state="sent")
    store.close()
    return file


def run(config: Path, *words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, [*words, "-c", str(config)], input=answer)


def kept(config: Path) -> str:
    store = store_for(load(config))
    try:
        return dump(store)
    finally:
        store.close()


def test_forgetting_asks_first(config: Path):
    result = run(config, "forget", KARI, answer="n\n")
    assert result.exit_code == 1
    assert KARI in kept(config)


def test_forgetting_says_what_was_erased_and_what_it_cannot_reach(config: Path):
    result = run(config, "forget", KARI, "--yes")
    assert result.exit_code == 0, result.output
    assert "  mail\n" in result.output
    assert "the raw mail in the mailbox" in result.output
    assert KARI not in kept(config)
    assert run(config, "forget", KARI, "--yes").output == f"Nothing was held about {KARI}.\n"


def test_a_letter_that_waits_for_others_too_is_told_with_its_own_exit_code(config: Path):
    store = store_for(load(config))
    fill(store, 13, KARI, OLA, state="queued", email="third@shop.example")
    store.close()
    result = run(config, "forget", KARI, "--yes")
    assert result.exit_code == 1
    assert "Run this again" in result.output


@pytest.mark.parametrize("address", ["kari", "Integration+x@desk.example"])
def test_a_word_that_is_no_address_and_the_desks_own_are_refused(config: Path, address: str):
    assert run(config, "forget", address, "--yes").exit_code == 2


def test_an_export_is_json_with_the_persons_own_rows_whole(config: Path):
    result = run(config, "export", KARI.upper())
    told = json.loads(result.stdout)
    assert told["address"] == KARI
    assert told["own"]["mail"][0]["sender"] == KARI
    assert told["own"]["recorded"][0]["content"]["mail"]["new"].startswith("kari-wrote-")
    assert "mail" in told["mentioned"]


def test_an_export_of_nothing_has_its_own_exit_code(config: Path):
    assert run(config, "export", "nobody@shop.example").exit_code == 1


def test_a_run_erases_words_whose_time_is_over(tmp_path: Path):
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    file = tmp_path / "config.yaml"
    more = f"state: {ROOT}/var\nrules: {ROOT}/rules\ntemplates: {ROOT}/templates\nretention: {{text_days: 30}}\n"
    file.write_text(CONFIG + more, encoding="utf-8")
    raw = f"From: {KARI}\nTo: integration@desk.example\nSubject: Oppgjor\nMessage-ID: <1@shop.example>\n\nPengene mangler.\n"
    (tmp_path / "mail" / "new" / "1700000001.1.test").write_text(raw)
    assert run(file, "run", "--once").exit_code == 0
    assert "Pengene mangler" in kept(file)
    store = store_for(load(file))
    with store.connection() as db:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        db.execute(sa.update(schema.mail).values(handled_at=long_ago))
        db.execute(sa.update(schema.ticket).values(changed_at=long_ago))
    store.close()
    assert run(file, "run", "--once").exit_code == 0
    assert "Pengene mangler" not in kept(file)
    assert KARI in kept(file)
