"""What the log says: masked in text and in JSON, exceptions included, and readable by people and machines."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fields.test_secrets import SECRETS
from triage.cli import logs
from triage.config import Settings, load

ROOT = Path(__file__).parent.parent.parent
CONFIG = f"""\
desk: {{name: Sample Desk, address: integration@desk.example}}
mailboxes: [{{name: local, maildir: {{path: mail}}}}]
outgoing: {{folder: out}}
rules: {ROOT}/rules
templates: {ROOT}/templates
"""
log = logging.getLogger("triage.desk")


def fail(error: Exception) -> None:
    raise error


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    file = tmp_path_factory.mktemp("logs") / "config.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return load(file)


@pytest.fixture
def quiet_again() -> Iterator[None]:
    """pytest's own logging is put back."""
    root = logging.getLogger()
    before, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    logging.raiseExceptions = raising


@pytest.fixture(params=["text", "json"])
def out(request: pytest.FixtureRequest, settings: Settings, quiet_again: None) -> io.StringIO:
    stream = io.StringIO()
    logs.set_up(settings, logging.INFO, request.param, stream)
    return stream


@pytest.mark.parametrize(("kind", "text", "value"), SECRETS)
def test_no_secret_is_logged(out: io.StringIO, kind: str, text: str, value: str):
    log.info("could not do: %s", text)
    needles = {line.strip() for line in value.splitlines() if len(line.strip()) >= 8} or {value}
    assert [needle for needle in needles if needle in out.getvalue()] == []


def test_an_exception_is_masked_too(out: io.StringIO):
    card, person = "4111 1111 1111 1111", "kari.nordmann@shop.example"
    try:
        fail(ValueError(f"cannot read {card} of {person}"))
    except ValueError as error:
        record = f"{error}"
        log.exception("mail of %s is set aside: %s", person, record)
    said = out.getvalue()
    assert card not in said
    assert person not in said
    assert "k***@shop.example" in said
    assert "ValueError" in said
    assert "test_logs.py" in said  # the traceback itself is there


def test_of_other_peoples_addresses_the_domain_stays_and_ours_are_whole(out: io.StringIO):
    log.warning("to <Ola.N+x@shop.example>, integration@desk.example, integration+tag@desk.example: 550 no")
    log.warning("reply vsd-10000.0123456789abcdef01234567.abcdefghijklmnop@desk.example is deferred")
    said = out.getvalue()
    assert "<O***@shop.example>, integration@desk.example, integration+tag@desk.example" in said
    assert "vsd-10000.0123456789abcdef01234567.abcdefghijklmnop@desk.example" in said


def test_ordinary_lines_stay_as_they_are(out: io.StringIO):
    lines = (
        "support: connected to imap.desk.example as integration@desk.example",
        "mail 1732093712:123456 of support is set aside (fetch): the mail has 36,000,000 bytes, more than limits.mail_bytes",
        "support: nothing answers at 127.0.0.1:993; is the server up, and 'port' right?; trying again in 2 s",
        "support: 3 acknowledge, 1 redirect, 4 sent",
    )
    for line in lines:
        log.warning("%s", line)
    assert all(line in out.getvalue() for line in lines)


def test_a_record_that_cannot_be_written_shows_nothing(out: io.StringIO, capsys: pytest.CaptureFixture[str]):
    log.warning("%d mails of kari@shop.example", "none of kari@shop.example")
    assert "kari" not in out.getvalue() + capsys.readouterr().err


def test_a_line_of_any_length_costs_little_and_is_cut(out: io.StringIO):
    log.warning("said: %s", "a.b-" * 500_000 + "@")
    assert len(out.getvalue()) < 50_000
    assert "characters left out" in out.getvalue()


def test_warnings_of_libraries_are_logged_and_their_debugging_is_not(settings: Settings, quiet_again: None):
    stream = io.StringIO()
    logs.set_up(settings, logging.DEBUG, "text", stream)
    logging.getLogger("imapclient").debug("> LOGIN desk SAMPLE-password")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something is old", DeprecationWarning, stacklevel=1)
    assert "something is old" in stream.getvalue()
    assert "LOGIN" not in stream.getvalue()


def test_json_is_one_object_a_line(settings: Settings, quiet_again: None):
    stream = io.StringIO()
    logs.set_up(settings, logging.INFO, "json", stream)
    log.info("first\nof two lines")
    try:
        fail(KeyError("msn"))
    except KeyError:
        log.exception("second")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("info", "triage.desk", "first\nof two lines")
    assert first["time"].endswith("+00:00")
    assert "KeyError" in second["exception"]
    assert set(first) == {"time", "level", "logger", "thread", "message"}


def test_the_form_comes_from_the_config_unless_it_is_given(settings: Settings, quiet_again: None):
    stream = io.StringIO()
    wanted = settings.model_copy(update={"logs": settings.logs.model_copy(update={"format": "json"})})
    logs.set_up(wanted, logging.INFO, stream=stream)
    log.info("in JSON")
    logs.set_up(wanted, logging.INFO, "text", stream)
    log.info("in words")
    first, second = stream.getvalue().splitlines()
    assert json.loads(first)["message"] == "in JSON"
    assert second.endswith("INFO in words")
