"""Machines and crowds at a desk with a real Dovecot and a real mail server: none of them makes it write more than once or twice."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.acceptance.people import CALL, COMPLETE, INCOMPLETE, KARI, SETTLEMENT
from tests.acceptance.stage import Letter, Stage, only, with_settings
from triage.config import Handover, HandoverWhen
from triage.store import schema

pytestmark = pytest.mark.timeout(300)


def acknowledgement(turn: int, heard: Letter) -> dict[str, dict[str, str]]:
    """Answers of machines, from the polite to those that hide: each tells of the letter it answers."""
    return {
        "polite": {"subject": f"Auto: {heard.subject}", "text": "We got your mail.", "Auto_Submitted": "auto-replied"},
        "unmarked": {
            "subject": f"Re: {heard.subject}",
            "text": "Thank you for contacting us. Your request has been received.",
        },
        "new ticket each time": {
            "subject": f"[HD-{turn}] Case opened",
            "text": f"Case HD-{turn} is opened. Our team works on it.",
        },
        "varying": {"subject": f"Capture feiler {turn}", "text": f"{CALL} {'abcdefghij'[turn % 10] * (turn + 1)}"},
        "varying address": {"sender": f"crm+{turn}@company.example", "subject": "Oppgjør", "text": SETTLEMENT},
    }


KINDS = ["polite", "unmarked", "new ticket each time", "varying address"]
ROBOTS = [(kind, threads) for kind in KINDS for threads in (True, False)]


# One that hides every sign of a machine, of the thread and of its own words is held by the limit per address alone.
@pytest.mark.parametrize(("kind", "threads"), [*ROBOTS, ("varying", True)])
def test_two_auto_responders_left_alone_for_a_day_exchange_two_mails_at_most(stage: Stage, kind: str, threads: bool):
    """The other answers every letter within five minutes, and opens the conversation."""
    stage.write("post@company.example", "Oppgjør mangler", SETTLEMENT)
    heard, sent, turn = [only(stage.look())], 0, 0
    while turn < 288 and heard:
        sent += len(heard)
        for letter in heard:
            told = acknowledgement(turn, letter)[kind]
            own = str(letter.message["Message-ID"])
            ids = {"In_Reply_To": own, "References": own} if threads else {}
            words = {"sender": "post@company.example"} | told | ids
            stage.write(words.pop("sender"), words.pop("subject"), words.pop("text"), **words)
        turn += 1
        stage.later(minutes=5)
        heard = stage.look()
    assert 1 <= sent <= 2


@pytest.mark.parametrize("echo", ["answers", "sends back"])
def test_a_helpdesk_that_echoes_every_letter_hears_one_and_no_more(stage: Stage, echo: str):
    """It answers as people do, without any mark of a machine, or sends our letter back as it is."""
    team = "team@helpdesk.example"
    rule = Handover(to=team, when=HandoverWhen(topics=("technical",)))
    stage = with_settings(stage, handover=(rule,))
    stage.write(KARI, "Capture feiler", COMPLETE)
    letters, heard = stage.look(), 0
    for turn in range(20):
        to_team = [letter for letter in letters if letter.recipients == (team,)]
        heard += len(to_team)
        for letter in to_team:
            if echo == "answers":
                stage.answer(letter, team, f"Thanks, this is case HD-{turn} with us. What did you try?")
            else:
                stage.post(sent_back(letter, team))
        stage.later(minutes=10)
        letters = stage.look()
    assert heard == 1
    assert [ticket.state for ticket in stage.rows(schema.ticket)] == ["ready"]


def sent_back(letter: Letter, sender: str) -> EmailMessage:
    message = message_from_bytes(letter.message.as_bytes(), policy=policy.SMTP)
    del message["From"], message["Message-ID"], message["X-Triage-Desk"]
    message["From"], message["Message-ID"] = sender, "<back@helpdesk.example>"
    return message


def test_fifty_mails_with_fifty_addresses_and_one_body(stage: Stage):
    for number in range(50):
        stage.write(f"crm-{number}@robot{number}.example", f"Oppgjør {number}", SETTLEMENT)
    assert len(stage.look()) <= 2
    assert (len(stage.rows(schema.ticket)), stage.tray("Review")) == (50, 48)


def test_thirty_people_in_copy(stage: Stage):
    crowd = ", ".join(f"person{number}@shop.example" for number in range(30))
    stage.write(KARI, "Capture feiler", INCOMPLETE, cc=crowd)
    letter = only(stage.look())
    assert letter.recipients == ("kari@shop.example",)
    assert letter.message["Cc"] is None
