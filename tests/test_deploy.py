"""What deploy/ promises holds: units, container and examples name commands, options, files and figures that exist."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from tests.health.test_telling_the_world import RED
from triage.cli.main import main
from triage.config import Settings, load
from triage.credentials import secrets_of
from triage.health.metrics import page

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
PROGRAM = "/opt/triage/bin/triage"
MOST_EXPOSED = 2.0  # of 10, as systemd-analyze counts


def understood(words: list[str]) -> bool:
    """Whether `triage WORDS` is a command with options it knows; nothing is run."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        name, *words = words
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command, context = found, click.Context(found, parent=context)
    command.make_context(command.name, words)  # raises UsageError
    return True


def lines(unit: Path, key: str) -> list[str]:
    return [
        line.partition("=")[2] for line in unit.read_text(encoding="utf-8").splitlines() if line.startswith(f"{key}=")
    ]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists_with_options_it_knows(unit: Path):
    (start,) = lines(unit, "ExecStart")
    program, *words = shlex.split(start)
    assert program == PROGRAM
    assert understood(words)


def test_a_wrong_option_would_be_noticed():
    with pytest.raises(click.UsageError):
        understood(["run", "--forever"])


@pytest.mark.parametrize("timer", TIMERS, ids=lambda path: path.name)
def test_a_timer_has_its_service(timer: Path):
    assert timer.with_suffix(".service") in UNITS


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they look where the program is installed."""
    for unit in (*UNITS, *TIMERS):
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(installed: Path):
    units = [str(installed / unit.name) for unit in (*UNITS, *TIMERS)]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_service_may_do_little_else_than_its_work(installed: Path, unit: Path):
    words = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(installed / unit.name)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    (exposure,) = re.findall(r"Overall exposure level for .*: ([\d.]+)", said)
    assert float(exposure) <= MOST_EXPOSED


# ── examples ────────────────────────────────────────────────────────────────────────────────────────


def credentials(settings: Settings) -> set[str | None]:
    found = list(secrets_of(settings))
    assert all(secret.credential for secret in found)
    return {secret.credential for secret in found}


def offered(unit: Path) -> set[str]:
    return {line.partition(":")[0] for line in lines(unit, "LoadCredential") if line}


def test_the_example_config_reads_the_credentials_that_every_unit_offers():
    wanted = credentials(load(DEPLOY / "config.yaml"))
    assert wanted
    assert all(offered(unit) == wanted for unit in UNITS)


def test_two_machines_read_the_credentials_that_their_unit_offers_and_share_the_signing_key():
    settings = load(DEPLOY / "two-hosts" / "config.yaml")
    assert credentials(settings) == offered(DEPLOY / "two-hosts" / "triage.service.d.conf")
    assert settings.threads.key is not None
    assert settings.database.startswith("postgresql://")


def test_a_path_in_the_example_config_is_one_the_unit_lets_the_desk_write_to():
    settings, unit = load(DEPLOY / "config.yaml"), DEPLOY / "systemd" / "triage.service"
    (folder,) = lines(unit, "StateDirectory")
    assert str(settings.state) == f"/var/lib/{folder}"
    assert settings.database.startswith(f"sqlite:////var/lib/{folder}/")


def test_alarms_for_prometheus_ask_for_figures_that_exist():
    rules = yaml.safe_load((DEPLOY / "prometheus" / "triage.rules.yaml").read_text(encoding="utf-8"))
    asked = {
        name for group in rules["groups"] for rule in group["rules"] for name in re.findall(r"triage_\w+", rule["expr"])
    }
    assert asked
    told = page(RED).decode()
    assert [name for name in sorted(asked) if f"# TYPE {name} " not in told] == []


# ── the container ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def steps() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    pairs = (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in pairs]


def test_the_container_is_made_of_the_official_image_and_of_files_that_exist(steps: list[tuple[str, str]]):
    assert {rest.split()[0] for word, rest in steps if word == "FROM"} == {"python:3.12-slim"}
    copied = [shlex.split(rest)[:-1] for word, rest in steps if word == "COPY" and "--from" not in rest]
    assert copied
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []


def test_the_container_starts_a_command_that_exists_as_nobody_special(steps: list[tuple[str, str]]):
    given = dict(steps)
    assert json.loads(given["ENTRYPOINT"]) == ["triage"]
    assert understood(json.loads(given["CMD"]))
    assert given["USER"] == "triage"


def test_the_containers_health_is_asked_where_the_example_listens(steps: list[tuple[str, str]]):
    listen = load(DEPLOY / "config.yaml").health.listen
    assert f"http://{listen}/healthz" in dict(steps)["HEALTHCHECK"]


def test_the_units_agree_on_what_they_may_do():
    parsed = []
    for unit in UNITS:
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read(unit, encoding="utf-8")
        given = dict(parser["Service"])
        parsed.append(
            {
                key: given[key]
                for key in given
                if key.startswith(("Protect", "Private", "Restrict", "SystemCall", "User"))
            }
        )
    parsed = [{key: value for key, value in each.items() if key != "RestartPreventExitStatus"} for each in parsed]
    assert all(each == parsed[0] for each in parsed)
