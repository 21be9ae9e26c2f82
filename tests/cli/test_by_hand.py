"""What staff do to tickets by hand: merge, close, open again, hand over."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.office import Office
from triage.cli.main import main
from triage.desk import run_once
from triage.store import schema
from triage.threads import Signer

ROOT = Path(__file__).parent.parent.parent
CONFIG = f"""\
desk: {{name: Vipps Integration, address: integration@vipps.no}}
mailboxes: [{{name: local, maildir: {{path: mail}}}}]
outgoing: {{folder: out}}
database: sqlite:///desk.sqlite
rules: {ROOT}/rules
templates: {ROOT}/templates
threads: {{key: {{env: SAMPLE_KEY}}}}
handover: [{{to: team@helpdesk.example}}]
"""


@pytest.fixture
def folder(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with two tickets: VSD-10000 of Kari, VSD-10001 of Per."""
    monkeypatch.setenv("SAMPLE_KEY", "SAMPLE")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    office.desk = replace(office.desk, signer=Signer(b"SAMPLE", "vipps.no"))
    office.receive("POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400.", subject="Capture feiler")
    office.receive("Pengene for forrige uke er ikke på konto.", subject="Oppgjør", sender="per@gmail.com")
    run_once(office.desk)
    return tmp_path


def triage(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "-c", str(folder / "config.yaml")])


def said(office: Office) -> list[tuple[int, str, str]]:
    with office.desk.store.connection() as db:
        return [(row.ticket, row.who, row.said) for row in db.execute(sa.select(schema.event))]


def test_tickets_are_merged_by_their_numbers_however_they_are_written(folder: Path, office: Office):
    done = triage(folder, "merge", "[vsd-10001]", "10000", "--who", "Berit")
    assert (done.exit_code, done.output) == (0, "VSD-10001 is part of VSD-10000\n")
    assert said(office)[0] == (10_001, "Berit", "merged into VSD-10000")
    again = triage(folder, "merge", "VSD-10000", "VSD-10001")
    assert (again.exit_code, "cannot be merged into itself" in again.output) == (1, True)


@pytest.mark.parametrize("number", ["VSD-x", "AVSD-10000", "VSD-10000-1", ""])
def test_what_is_no_number_is_refused_with_the_right_form(folder: Path, number: str):
    done = triage(folder, "merge", number, "VSD-10000")
    assert (done.exit_code, "write it as VSD-12345" in done.output) == (2, True)


def test_a_ticket_is_closed_and_opened_again(folder: Path, office: Office):
    outputs = [triage(folder, *words).output for words in (("close", "VSD-10000"), ("close", "VSD-10000"))]
    outputs.append(triage(folder, "close", "--reopen", "VSD-10000").output)
    assert outputs == ["VSD-10000: closed\n", "VSD-10000: was closed already\n", "VSD-10000: open\n"]
    assert office.rows(schema.ticket)[0].state == "review"
    missing = triage(folder, "close", "VSD-5")
    assert (missing.exit_code, missing.output) == (1, "there is no ticket VSD-00005\n")
    assert triage(folder, "close").exit_code == 2


def test_thanks_are_listed_and_closed_only_when_asked_to(folder: Path, office: Office):
    assert "no open ticket ends with thanks" in triage(folder, "close", "--thanked").output
    office.receive("Takk, det løste seg!", subject="Re: [VSD-10000]")
    run_once(office.desk)
    listed = triage(folder, "close", "--thanked")
    assert "VSD-10000" in listed.output
    assert "Capture feiler" in listed.output
    assert office.rows(schema.ticket)[0].state != "closed"
    triage(folder, "close", "--thanked", "--yes")
    assert office.rows(schema.ticket)[0].state == "closed"


def test_a_ticket_is_handed_over_to_those_of_the_config_or_somebody_else(folder: Path, office: Office):
    assert "team@helpdesk.example" in triage(folder, "handover", "VSD-10000").output
    assert "ola@other.example" in triage(folder, "handover", "VSD-10000", "--to", "Ola@other.example").output
    run_once(office.desk)
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (folder / "out").glob("*.eml")]
    told = sorted(str(letter["To"]) for letter in letters if letter["X-Triage-Handover"])
    assert told == ["ola@other.example", "team@helpdesk.example"]


@pytest.mark.parametrize("to", ["integration@vipps.no", "no address"])
def test_nobody_hands_over_to_the_desk_itself_or_to_no_address(folder: Path, to: str):
    done = triage(folder, "handover", "VSD-10000", "--to", to)
    assert (done.exit_code, "is no address of somebody else" in done.output) == (2, True)


def test_a_ticket_that_is_not_there_is_one_line(folder: Path):
    done = triage(folder, "handover", "VSD-99999")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("handover: [{to: integration@vipps.no}]", "is an address of the desk itself"),
        ("alerts: {to: [nobody]}", "'nobody' is not an address"),
        ("handover: [{to: a@b.example, when: {trays: [silent]}}]", "silent"),
    ],
)
def test_a_config_that_would_loop_or_reach_nobody_is_refused_with_its_place(folder: Path, line: str, told: str):
    config = folder / "config.yaml"
    config.write_text(CONFIG.replace("handover: [{to: team@helpdesk.example}]", line), encoding="utf-8")
    done = triage(folder, "close", "VSD-10000")
    assert (done.exit_code, told in done.output, "config.yaml:8:" in done.output) == (3, True, True), done.output


def test_a_topic_that_no_rule_knows_is_refused_where_it_stands(folder: Path):
    config = folder / "config.yaml"
    when = "when: {topics: [tecnical], profiles: [apo]}"
    config.write_text(CONFIG.replace("helpdesk.example}", f"helpdesk.example, {when}}}"), encoding="utf-8")
    done = triage(folder, "check")
    assert "config.yaml:8:56: there is no topic 'tecnical'; did you mean 'technical'?" in done.output
    assert "there is no profile 'apo'" in done.output


def test_the_life_of_a_ticket_is_told_in_order_with_everything_done_to_it(folder: Path, office: Office):
    office.receive("Takk, det løste seg!", subject="Re: [VSD-10000]")
    run_once(office.desk)
    triage(folder, "merge", "VSD-10001", "VSD-10000", "--who", "Berit")
    triage(folder, "handover", "VSD-10000", "--who", "Berit")
    told = triage(folder, "ticket", "VSD-10000").output
    order = [
        "kari@shop.example wrote: Capture feiler",
        "request_info to kari@shop.example: sent",
        "wrote: Re: [VSD-10000]",
    ]
    order += ["merged into VSD-10000 by Berit", "handover to team@helpdesk.example: queued"]
    places = [told.index(each) for each in order]
    assert places == sorted(places), told
    assert "taking part: kari@shop.example, per@gmail.com" in told
    assert "VSD-10001" in told.splitlines()[1]


def test_why_a_mail_was_decided_as_it_was_is_told_with_rules_and_words(folder: Path):
    brief, whole = (triage(folder, "ticket", "VSD-10000", *words).output for words in ((), ("--why",)))
    assert "http-status" not in brief
    assert "technical/http-status: HTTP 400" in whole
    assert "missing: msn" in whole
    assert (triage(folder, "ticket", "VSD-77").exit_code, triage(folder, "ticket", "VSD-77").output) == (
        1,
        "there is no ticket VSD-00077\n",
    )
