"""The commands of the staff's day, run one after the other on the demo's mailbox."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from triage import mind
from triage.cli import shipped
from triage.cli.main import main
from triage.config import load
from triage.domain import Action
from triage.store import outbox, schema, trouble
from triage.store.database import engine_for
from triage.store.lock import sole
from triage.store.store import Store

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.timeout(900)  # the first of them trains the model


def run(*words: str | Path, columns: int = 200) -> Result:
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A demo folder, and what `triage demo` said."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    (folder / "state").mkdir(parents=True)
    (folder / "config.yaml").write_text("# Made by `triage demo`: before\n", encoding="utf-8")
    mind.load(load(ROOT / "config.yaml"))  # trains the model once for all tests; the demo keeps what it finds
    shutil.copy(ROOT / "var" / "model.bin", folder / "state" / "model.bin")
    result = run("demo", "--folder", folder)
    assert result.exit_code == 0, result.output
    return folder, result


def test_the_demo_shows_every_action_on_at_least_thirty_mails_in_five_languages(shown: tuple[Path, Result]):
    _, result = shown
    assert all(re.search(rf"\b{action.value}\b", result.stdout) for action in Action)
    assert len(list(shipped.samples().glob("*.eml"))) >= 30
    assert all(f"  {language}  VSD-1" in result.stdout for language in ("no", "en", "da", "sv", "fi"))


def test_the_demo_ends_with_commands_that_work_word_for_word(shown: tuple[Path, Result]):
    _, result = shown
    commands = [shlex.split(line) for line in result.stdout.splitlines() if re.match(r"  \S*triage ", line)]
    assert [words[1] for words in commands] == ["explain", "report"]
    assert all(run(*words[1:]).exit_code == 0 for words in commands)


def test_sample_mails_cite_the_numbers_that_the_demo_gives(shown: tuple[Path, Result]):
    _, result = shown
    shown_mails = re.findall(r"(VSD-\d{5}) .*\n +(.*) ·", result.stdout)
    given = dict(reversed(shown_mails))  # a ticket's first mail counts
    texts = [path.read_text(encoding="latin-1") for path in shipped.samples().glob("*.eml")]
    cited = [pair for text in texts for pair in re.findall(r"\[(VSD-\d{5})\] (.*)", text)]
    assert cited
    assert all(given[number] == subject.strip() for number, subject in cited)


@pytest.mark.parametrize("columns", [80, 120])
def test_the_report_fits_the_terminal(shown: tuple[Path, Result], columns: int):
    folder, _ = shown
    out = run("report", "-c", folder / "config.yaml", columns=columns).stdout
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= columns


def test_the_demos_replies_are_mails_that_any_program_opens(shown: tuple[Path, Result]):
    folder, result = shown
    replies = list((folder / "replies").glob("*.eml"))
    assert f"{len(replies)} replies written" in result.stdout
    for path in replies:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert message["Subject"].startswith("[VSD-1")
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert message["Auto-Submitted"] == "auto-replied"


def test_the_demo_leaves_no_mail_in_the_inbox_and_none_in_trouble(shown: tuple[Path, Result]):
    folder, _ = shown
    assert list((folder / "mailbox" / "new").iterdir()) == []
    assert run("trouble", "list", "-c", folder / "config.yaml").stdout == "no mail is in trouble\n"


def test_the_demo_touches_no_folder_that_is_not_its_own(tmp_path: Path):
    (tmp_path / "mailbox").mkdir()
    for config in (None, "desk: {name: Another desk}\n"):
        if config:
            (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
        result = run("demo", "--folder", tmp_path)
        assert (result.exit_code, (tmp_path / "mailbox").exists()) == (2, True)


def test_the_reports_count_what_the_desk_did_and_name_their_definitions(shown: tuple[Path, Result]):
    folder, _ = shown
    config = ("-c", folder / "config.yaml")
    document = json.loads(run("report", "--format", "json", *config).stdout)
    tables = {(report["report"], table["id"]): table for report in document["reports"] for table in report["tables"]}
    handled = sum(row["mails"] for row in tables["workload", "mails"]["rows"])
    assert handled == len(list(shipped.samples().glob("*.eml")))
    assert "first mails" in tables["missing", "fields"]["definition"]
    assert {"msn", "order_id"} < {row["field"] for row in tables["missing", "fields"]["rows"]}
    assert any(row["decided"] for row in tables["routing", "rules"]["rows"])
    assert all(row["sent"] == row["replies"] for row in tables["replies", "sent"]["rows"])
    rows = list(
        csv.DictReader(io.StringIO(run("report", "missing", "--format", "csv", "--by", "language", *config).stdout))
    )
    assert {row["language"] for row in rows} > {"all", "no"}
    assert "Missing fields" in run("report", *config).stdout


def test_a_report_of_days_without_mail_says_so(shown: tuple[Path, Result]):
    folder, _ = shown
    result = run("report", "--until", "2020-01-01", "-c", folder / "config.yaml")
    assert "No technical mail has been handled in this time." in result.stdout


def test_the_cost_of_rules_names_those_that_fired_and_those_that_never_did(shown: tuple[Path, Result]):
    folder, _ = shown
    (document,) = json.loads(run("rules", "cost", "--format", "json", "-c", folder / "config.yaml").stdout)["reports"]
    tables = {table["id"]: table["rows"] for table in document["tables"]}
    fired, dead = ({row["rule"] for row in tables[name]} for name in ("rules", "dead"))
    assert fired
    assert dead
    assert not fired & dead
    assert all(re.fullmatch(r"rules/\w+\.yaml:\d+", row["place"]) for row in tables["rules"])


def test_mail_in_trouble_is_listed_shown_and_retried(shown: tuple[Path, Result]):
    folder, _ = shown
    config = ("-c", folder / "config.yaml")
    raw = b"From: nils@shop.example\nSubject: Oppgjor mangler\n\nVi har ikke faatt utbetaling for forrige uke.\n"
    store = Store(engine_for(f"sqlite:///{folder}/demo.sqlite"))
    with store.connection() as db:
        trouble.note(db, trouble.Failure("demo", "x", raw, "record", "RuntimeError: sample"), store.clock())
        (number,) = [each.id for each in trouble.all_waiting(db)]
    store.close()
    assert "record, once: RuntimeError: sample" in run("trouble", "list", *config).stdout
    assert "Vi har ikke faatt utbetaling" in run("trouble", "show", str(number), *config).stdout
    assert run("trouble", "retry", str(number), *config).stdout == f"{number}: redirect\n"
    assert run("trouble", "list", *config).stdout == "no mail is in trouble\n"
    assert run("run", "--once", *config).stdout == "1 sent\n"
    assert run("trouble", "show", "999", *config).exit_code == 1


def set_aside(folder: Path, raw: bytes, stage: str, error: str) -> str:
    """A mail in trouble in the demo's database; its number in the list."""
    store = Store(engine_for(f"sqlite:///{folder}/demo.sqlite"))
    with store.connection() as db:
        trouble.note(db, trouble.Failure("demo", error, raw, stage, error), store.clock())
        number = max(each.id for each in trouble.all_waiting(db))
    store.close()
    return str(number)


def test_a_mail_in_trouble_is_shown_masked_and_cannot_steer_the_terminal(shown: tuple[Path, Result]):
    folder, _ = shown
    raw = b"From: a@shop.example\nSubject: Login\x1b[2J\n\nclient_secret: SAMPLEq8Zp3Lw7Tn5Vr2Xk\x1b]0;owned\x07\n"
    number, config = set_aside(folder, raw, "record", "boom\x1b[31m"), ("-c", folder / "config.yaml")
    output = run("trouble", "show", number, *config).stdout
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "SAMPLEq8Zp3Lw7" not in output
    assert "client_secret: ****" in output
    assert run("trouble", "show", "--raw", number, *config).stdout_bytes.strip() == raw.strip()


def test_a_mail_in_trouble_is_written_into_a_file_as_it_came_for_its_owner_alone(
    shown: tuple[Path, Result], tmp_path: Path
):
    folder, _ = shown
    raw = b"From: a@shop.example\r\nSubject: \xe6\r\n\r\n\x00\xff"
    number, target = set_aside(folder, raw, "record", "boom"), tmp_path / "mail.eml"
    words = ("trouble", "export", number, str(target), "-c", folder / "config.yaml")
    assert run(*words).stdout == f"{number}: {len(raw)} bytes in {target}\n"
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (raw, 0o600)
    again = run(*words)
    assert (again.exit_code, "cannot be written: File exists" in again.stderr) == (1, True)


def test_a_mail_of_which_only_the_header_was_kept_is_not_answered_from_it(shown: tuple[Path, Result]):
    folder, _ = shown
    number = set_aside(folder, b"From: a@shop.example\nSubject: Help\n\n", "fetch", "40 MB are more than the limit")
    result = run("trouble", "retry", number, "-c", folder / "config.yaml")
    assert result.exit_code == 1
    assert "raise limits.mail_bytes and move the mail back into the inbox" in result.stderr


def test_while_one_desk_is_at_work_a_second_one_says_so_and_a_run_from_cron_ends_in_peace(shown: tuple[Path, Result]):
    folder, _ = shown
    with sole(f"sqlite:///{folder}/demo.sqlite"):
        daemon = run("run", "-c", folder / "config.yaml")
        once = run("run", "--once", "-c", folder / "config.yaml")
    assert (daemon.exit_code, once.exit_code, once.stdout) == (7, 0, "")
    for line in (daemon.stderr.strip(), once.stderr.strip()):
        assert "another triage is at work with this database (process " in line
        assert len(line.splitlines()) == 1


def test_replies_that_did_not_leave_are_listed_and_queued_again(shown: tuple[Path, Result]):
    folder, _ = shown
    config = ("-c", folder / "config.yaml")
    store = Store(engine_for(f"sqlite:///{folder}/demo.sqlite"))
    with store.connection() as db:
        number = db.execute(sa.select(schema.outbox.c.id)).scalars().first()
        refused = {"state": "refused", "said": "550 5.1.1 No such user"}
        db.execute(sa.update(schema.outbox).where(schema.outbox.c.id == number).values(refused))
    assert "refused, once: 550 5.1.1 No such user" in run("trouble", "list", *config).stdout
    assert run("trouble", "resend", str(number), *config).stdout == f"{number}: queued\n"
    assert run("trouble", "resend", str(number), *config).exit_code == 1
    assert "did not leave" not in run("trouble", "list", *config).stdout
    with store.connection() as db:
        assert outbox.waiting(db) == 1
    store.close()
    assert run("run", "--once", *config).stdout == "1 sent\n"


@pytest.fixture
def staff(tmp_path: Path) -> Path:
    """A copy of rules and templates that a test may spoil, and a config that names it."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "config.yaml", tmp_path / "config.yaml")
    return tmp_path


def test_check_finds_the_shipped_files_sound():
    result = run("check", "-c", ROOT / "config.yaml")
    assert result.exit_code == 0
    assert re.fullmatch(
        r"config, rules and templates are sound: 18 topics, \d{3} rules, \d{3} rule tests, \d,\d{3} examples, "
        r"\d+ evaluation mails, "
        r"11 templates in \d languages\n",
        result.stdout,
    )


def test_check_tells_problems_of_rules_templates_and_examples_at_once(staff: Path):
    with (staff / "rules" / "settlement.yaml").open("a", encoding="utf-8") as file:
        file.write("colour: blue\n")
    with (staff / "templates" / "review.no.md").open("a", encoding="utf-8") as file:
        file.write("{{ nummer }}\n")
    with (staff / "rules" / "profiles.yaml").open("a", encoding="utf-8") as file:
        file.write("sounds: none\n")
    result = run("check", "-c", staff / "config.yaml")
    assert result.exit_code == 3
    assert "settlement.yaml:" in result.stdout
    assert "unknown key 'colour'" in result.stdout
    assert "'nummer' is undefined" in result.stdout
    assert "unknown key 'sounds'" in result.stdout


def test_a_broken_rule_keeps_the_desk_from_starting(staff: Path):
    (staff / "rules" / "bankid.yaml").write_text("topic: bankid\n  kind: pointer\n", encoding="utf-8")
    result = run("explain", ROOT / "triage" / "samples" / "03-payout-missing-da.eml", "-c", staff / "config.yaml")
    assert result.exit_code == 3
    assert re.search(r"bankid\.yaml:2:\d+: ", result.output)
