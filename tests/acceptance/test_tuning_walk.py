"""The walk of somebody who owns the mailbox: a wrong rule is found by its cost, mended in a draft, tried on two thousand
recorded mails, taken by the running desk, and the report's figures are those of the database."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.acceptance.desk_process import Desk, eventually
from tests.seeding import labelled_readings, seed
from triage import mind as minds
from triage.cli.wiring import desk_for, store_for
from triage.config import Settings, load
from triage.domain import Reading
from triage.mind import Mind
from triage.store import recorded, schema
from triage.store.store import Store
from triage.tuning.judging import decide_again

ROOT = Path(__file__).parent.parent.parent
MAILS = 2000
CORRECTED = 5
CONFIG = """\
desk: {name: Sample Desk, address: integration@vipps.no}
mailboxes: [{name: local, maildir: {path: mail}}]
outgoing: {folder: out}
database: sqlite:///desk.sqlite
state: state
rules: rules
"""
PLANTED = """
  - id: planted
    any_of: [reference, production, currency, transaction, kassen, registered, version]
    weight: 9
    wrong_when: Nearly always; somebody was in a hurry.
"""
TESTED = """
  - name: a word in a hurry
    mail: {subject: "", text: The version of our list.}
    because: [planted]
  - name: none of these words
    mail: {subject: "", text: Nothing of the kind.}
    not_because: [planted]
"""


@dataclass
class Walk:
    """A folder with a desk whose newsletter rules are wrong."""

    desk: Desk
    folder: Path
    settings: Settings
    store: Store

    def triage(self, *words: str) -> Any:
        """A command's output as JSON."""
        return json.loads(self.desk.run(*words).stdout)

    def rows(self, statement: sa.Select[Any]) -> list[Any]:
        with self.store.connection() as db:
            return list(db.execute(statement))

    def drop(self, name: str, text: str) -> None:
        raw = f"From: {name}@shop.example\nMessage-ID: <{name}@shop.example>\nSubject: Hjelp\n\n{text}\n"
        (self.folder / "mail" / "new" / name).write_text(raw, encoding="utf-8")

    def topic_of(self, name: str) -> str | None:
        found = sa.select(schema.verdict.c.topic).join(schema.mail, schema.mail.c.id == schema.verdict.c.mail)
        rows = self.rows(found.where(schema.mail.c.message_id == f"{name}@shop.example"))
        return rows[0].topic if rows else None


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    shipped = minds.load(load(ROOT / "config.yaml"))
    for part in ("tmp", "new", "cur"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    (tmp_path / "state").mkdir()
    shutil.copy(minds.model_path(shipped.settings), tmp_path / "state" / "model.bin")
    for name, text in (("newsletter.yaml", PLANTED), ("newsletter.test.yaml", TESTED)):
        with (tmp_path / "rules" / name).open("a", encoding="utf-8") as file:
            file.write(text)
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    settings = load(tmp_path / "config.yaml")
    return Walk(Desk(tmp_path / "config.yaml", ""), tmp_path, settings, store_for(settings))


def shipped_topics(walk: Walk, shipped: Mind) -> dict[int, str | None]:
    """What the shipped rules say of every recorded mail, by its row id."""
    rows = walk.rows(
        sa.select(schema.recorded.c.mail, schema.recorded.c.content, schema.mail.c.handled_at).join_from(
            schema.recorded, schema.mail
        )
    )
    kept = [recorded.unpack(row.content) for row in rows]
    verdicts = decide_again(kept, [row.handled_at.date() for row in rows], shipped)
    return {row.mail: verdict.topic for row, verdict in zip(rows, verdicts, strict=True)}


@pytest.mark.timeout(600)
def test_a_wrong_rule_is_found_mended_tried_and_taken_while_the_desk_runs(walk: Walk):
    desk = desk_for(walk.settings)
    readings: list[Reading] = labelled_readings(desk.mind)
    seed(desk, readings, MAILS)
    right = shipped_topics(walk, minds.with_model(load(ROOT / "config.yaml"), desk.mind.understanding.classifier))
    decided = {
        row.mail: row
        for row in walk.rows(
            sa.select(
                schema.verdict.c.mail, schema.verdict.c.topic, schema.mail.c.ticket, schema.mail.c.first
            ).join_from(schema.verdict, schema.mail)
        )
    }
    wrong = {mail for mail, row in decided.items() if row.topic != right[mail]}
    assert len(decided) == MAILS
    assert len(wrong) > 2 * CORRECTED

    # staff correct a few of the tickets that went through the wrong door
    sent_wrong = sorted(
        mail for mail in wrong if decided[mail].first and decided[mail].topic == "newsletter" and right[mail]
    )
    for mail in sent_wrong[:CORRECTED]:
        walk.desk.run("correct", f"VSD-{decided[mail].ticket}", "--topic", str(right[mail]), "--who", "kari")

    # the cost of the rules names the culprit, first of all
    tables = {
        table["id"]: table["rows"] for table in walk.triage("rules", "cost", "--format", "json")["reports"][0]["tables"]
    }
    overridden = {row["rule"]: row["overridden"]["hits"] for row in tables["rules"]}
    assert max(overridden, key=lambda rule: overridden[rule]) == "newsletter/planted"
    assert overridden["newsletter/planted"] == CORRECTED
    assert any("newsletter/planted" in json.dumps(row) for row in tables["suggestions"])

    with walk.desk.daemon():
        walk.drop("before", "The version of our shop is old. What now?")
        eventually(lambda: walk.topic_of("before") == "newsletter", "the wrong rule decides")

        # mended in a draft, checked, and tried on the recorded mail
        shutil.copytree(walk.folder / "rules", walk.folder / "draft")
        for name in ("newsletter.yaml", "newsletter.test.yaml"):
            shutil.copy(ROOT / "rules" / name, walk.folder / "draft" / name)
        walk.desk.run("check", "--rules", str(walk.folder / "draft"))
        found = walk.triage("backtest", "--rules", str(walk.folder / "draft"), "--json")
        moved = {each["mail"] for each in found["changed"] if each["before"]["topic"] != each["after"]["topic"]}
        assert {mail for mail in moved if mail in decided} == wrong
        assert found["agreement"] == {"mails": CORRECTED, "before": 0, "after": CORRECTED}

        # the running desk takes it
        for name in ("newsletter.yaml", "newsletter.test.yaml"):
            shutil.copy(walk.folder / "draft" / name, walk.folder / "rules" / name)
        eventually(lambda: len(walk.triage("history", "--kind", "rules", "--json")) == 2, "the desk takes the rules")
        walk.drop("after", "The version of our shop is old. What now, please?")
        eventually(lambda: bool(walk.rows(mail_named("after"))), "the next mail is handled")
        assert walk.topic_of("after") != "newsletter"

    history = walk.triage("history", "--kind", "rules", "--json")
    assert history[0]["said"] == "newsletter.yaml"
    assert history[0]["first"] is not None
    assert_report_equals_the_database(walk)


def mail_named(name: str) -> sa.Select[Any]:
    return sa.select(schema.mail.c.id).where(schema.mail.c.message_id == f"{name}@shop.example")


def assert_report_equals_the_database(walk: Walk) -> None:
    """Mails a topic, counted by the report and by a count of its own."""
    tables = {
        table["id"]: table["rows"]
        for table in walk.triage("report", "routing", "--format", "json")["reports"][0]["tables"]
    }
    reported = {row["topic"]: (row["mails"], row["corrected"]["hits"]) for row in tables["topics"]}
    with walk.store.connection() as db:
        counted = Counter(
            row.topic or "(unsure)"
            for row in db.exec_driver_sql(
                "SELECT v.topic FROM verdict v JOIN mail m ON m.id = v.mail WHERE m.first AND m.kind = 'new'"
            )
        )
        corrected = Counter(
            row.topic_before or "(unsure)"
            for row in db.exec_driver_sql("SELECT topic_before FROM correction WHERE topic IS NOT NULL")
        )
    assert reported == {topic: (mails, corrected[topic]) for topic, mails in counted.items()}
