"""The command line answers at once, in plain words and with one exit code a kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from triage.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("sklearn", "scipy", "numpy", "sqlalchemy", "alembic", "imapclient", "jinja2", "pydantic", "py3langid", "rich")

CONFIG = """\
desk: {name: Desk, address: desk@desk.example}
mailboxes:
  - name: one
    maildir: {path: mail}
outgoing: {folder: out}
"""


def test_help_lists_every_command_and_imports_nothing_heavy():
    code = (
        "import sys\nfrom triage.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "HEAVY []" in done.stdout
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str):
    result = CliRunner().invoke(main, [name, "--help"])
    assert (result.exit_code, "Usage:" in result.output) == (0, True)


def test_a_misspelt_command_names_the_nearest():
    result = CliRunner().invoke(main, ["explian"])
    assert result.exit_code == 2
    assert "Did you mean 'explain'?" in result.output


@pytest.mark.parametrize("words", [("run", "--once"), ("check",), ("report",), ("doctor",), ("trouble", "list")])
def test_a_wrong_config_is_exit_code_3_with_its_place(tmp_path: Path, words: tuple[str, ...]):
    (tmp_path / "config.yaml").write_text(CONFIG + "erra: vipps\n", encoding="utf-8")
    result = CliRunner().invoke(main, [*words, "-c", str(tmp_path / "config.yaml")])
    assert result.exit_code == 3
    assert "config.yaml:6:1: unknown key 'erra'; did you mean 'era'?" in result.output


def test_a_password_that_is_not_set_is_exit_code_4(tmp_path: Path):
    text = CONFIG.replace("maildir: {path: mail}", "imap: {host: h.invalid, user: u, password: {env: NOT_SET}}")
    (tmp_path / "config.yaml").write_text(f"{text}rules: {ROOT}/rules\ntemplates: {ROOT}/templates\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["run", "--once", "-c", str(tmp_path / "config.yaml")])
    assert (result.exit_code, result.stderr.strip()) == (
        4,
        "the environment variable NOT_SET is not set; set it or change config.yaml",
    )


def test_a_database_that_cannot_be_opened_is_exit_code_6(tmp_path: Path):
    (tmp_path / "config.yaml").write_text(CONFIG + "database: postgresql://x@127.0.0.1:1/x\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["report", "-c", str(tmp_path / "config.yaml")])
    assert result.exit_code == 6
    assert result.stderr.startswith("the database cannot be opened: ")


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "triage", "--version"], capture_output=True, text=True, env=os.environ)
    assert done.stdout.startswith("triage 0.")
