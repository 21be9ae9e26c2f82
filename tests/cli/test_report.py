"""The reports as commands: forms, files, mail."""

from __future__ import annotations

import csv
import io
import json
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.reports.seeding import made_up, write
from triage.cli.main import main
from triage.store import schema as s
from triage.store.database import engine_for, migrate
from triage.store.store import Store

ROOT = Path(__file__).parent.parent.parent
CONFIG = """
desk: {{name: Sample Desk, address: desk@desk.example}}
mailboxes: [{{name: local, maildir: {{path: mailbox}}}}]
outgoing: {{folder: replies}}
database: sqlite:///desk.sqlite
rules: {root}/rules
templates: {root}/templates
reports: {{to: {to}, partners: {{Builder: [SHOP3.example]}}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk's folder with twelve weeks of mail from January 2026 on."""
    place = tmp_path_factory.mktemp("desk")
    (place / "config.yaml").write_text(CONFIG.format(root=ROOT, to="[leads@shop.example]"), encoding="utf-8")
    engine = engine_for(f"sqlite:///{place}/desk.sqlite")
    migrate(engine, first_ticket=10_000)
    store = Store(engine)
    with store.connection() as db:
        write(db, made_up(400, 3))
    store.close()
    return place


def run(folder: Path, *words: str, columns: int = 100, config: str = "config.yaml") -> Result:
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(main, [*words, "-c", str(folder / config)])


def test_without_a_name_all_reports_are_shown_with_their_definitions(folder: Path):
    out = run(folder, "report").stdout
    assert re.findall(r"^(\w[\w ]+), all recorded mail$", out, re.MULTILINE) == [
        "Missing information",
        "Routing",
        "Replies",
        "Workload",
    ]
    assert "Counted are first mails of tickets" in out
    assert "* few mails" in out


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("words", [("report", "--by", "sender"), ("rules", "cost")])
def test_every_table_fits_the_terminal(folder: Path, words: tuple[str, ...], columns: int):
    result = run(folder, *words, columns=columns)
    assert result.exit_code == 0
    assert "…" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= columns


def test_csv_is_one_table_the_first_or_the_one_that_is_named(folder: Path):
    fields = list(csv.DictReader(io.StringIO(run(folder, "report", "missing", "--format", "csv").stdout)))
    hours = list(csv.DictReader(io.StringIO(run(folder, "report", "--format", "csv", "--table", "hours").stdout)))
    assert {"field", "share_share", "share_low"} <= set(fields[0])
    assert [row["hour"] for row in hours] == [f"{hour:02d}" for hour in range(24)]


def test_dimensions_are_combined_with_commas(folder: Path):
    result = run(folder, "report", "missing", "--by", "partner,week", "--format", "json", "--table", "asking")
    rows = json.loads(result.stdout)["reports"][0]["tables"][0]["rows"]
    assert {row["partner"] for row in rows} == {"all", "(none)", "Builder"}


def test_days_bound_what_counts(folder: Path):
    def mails(*words: str) -> int:
        out = run(folder, "report", "workload", "--format", "json", *words).stdout
        return sum(
            row["mails"]
            for table in json.loads(out)["reports"][0]["tables"]
            if table["id"] == "weeks"
            for row in table["rows"]
        )

    before, after = mails("--until", "2026-02-02"), mails("--since", "2026-02-02")
    assert min(before, after) > 0
    assert before + after == mails()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "routing", "--by", "field"), "cannot be broken down by 'field', only by profile, language"),
        (("report", "missing", "--since", "yesterday"), "'yesterday' is no day; write 2026-03-02, or 90d"),
        (("report", "missing", "--table", "hours"), "there is no table 'hours' here, only fields, asking"),
        (("report", "--until", "2020-01-01", "--format", "png"), "too little in this time to draw"),
        (("report", "mising"), "No such command 'mising'"),
    ],
)
def test_what_cannot_be_given_is_said_in_one_line(folder: Path, words: tuple[str, ...], said: str):
    result = run(folder, *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_pages_and_pictures_are_written_to_files(folder: Path):
    for form, begin in (("html", b"<!doctype html>"), ("png", b"\x89PNG")):
        target = folder / f"out.{form}"
        assert run(folder, "report", "missing", "--format", form, "-o", str(target)).exit_code == 0
        assert target.read_bytes().startswith(begin)
    assert run(folder, "report", "missing", "--format", "html", "-o", str(folder / "none" / "x")).exit_code == 2


def outbox(folder: Path) -> list[sa.Row]:
    store = Store(engine_for(f"sqlite:///{folder}/desk.sqlite"))
    with store.snapshot() as db:
        found = list(db.execute(s.outbox.select().where(s.outbox.c.kind == "report")))
    store.close()
    return found


def test_the_report_waits_in_the_outbox_once_and_leaves_by_the_outgoing_route(folder: Path):
    first = run(folder, "report", "send", "--since", "2026-01-05", "--until", "2026-02-02")
    again = run(folder, "report", "send", "--since", "2026-01-05", "--until", "2026-02-02")
    assert "the report from 2026-01-05 to 2026-02-01 to leads@shop.example queued" in first.stdout
    assert "is not sent twice" in again.stdout
    (row,) = outbox(folder)
    assert (row.recipients, row.route, row.state) == (["leads@shop.example"], "main", "queued")
    mail = message_from_bytes(row.message, policy=policy.default)
    (page,) = mail.iter_attachments()
    assert "Missing information" in page.get_content()
    assert mail["Message-ID"].strip("<>") == row.message_id


def test_without_anybody_to_send_it_to_the_config_is_named(folder: Path):
    (folder / "nobody.yaml").write_text(CONFIG.format(root=ROOT, to="[]"), encoding="utf-8")
    result = run(folder, "report", "send", config="nobody.yaml")
    assert result.exit_code == 2
    assert "write addresses under reports.to" in result.stderr


def test_the_desk_itself_cannot_be_sent_its_report(folder: Path):
    (folder / "own.yaml").write_text(CONFIG.format(root=ROOT, to="[Desk@desk.example]"), encoding="utf-8")
    result = run(folder, "report", "send", config="own.yaml")
    assert result.exit_code == 3
    assert "names an address of the desk itself" in result.stderr


def test_the_cost_of_rules_is_told_with_suggestions(folder: Path):
    result = run(folder, "rules", "cost", "--format", "json")
    (report,) = json.loads(result.stdout)["reports"]
    tables = {table["id"]: table["rows"] for table in report["tables"]}
    assert {row["rule"] for row in tables["rules"]} > {"general/rule-1", "flags/phone-request"}
    assert any(row["rule"] == "settlement/settlement-words" for row in tables["dead"])  # made-up mail fires other rules
    assert any(row["about"] == "technical/rule-1" for row in tables["suggestions"])
