"""What goes out, and how often (docs/failure-stories.md, F47 and F50)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stories.stage import TECHNICAL, Stage, alike, letter
from triage.config import Handover, HandoverWhen
from triage.store import schema

EVIL = (
    "<script>alert(1)</script>",
    "{{ 7 * 191 }}",
    "{% for x in y %}",
    "[click](https://evil.example)",
    "<img src=x>",
)


def test_f47_a_reply_of_unknown_fate_leaves_twice_at_most_under_one_id(stage: Stage):
    stage.sink.script.drop_after_data = True
    stage.arrives(letter())
    for _ in range(40):
        stage.works()
        stage.passes(hours=3)
    assert len(stage.sent()) == 2
    assert len({mail["Message-ID"] for mail in stage.sent()}) == 1
    (row,) = stage.rows(schema.outbox)
    assert (row.state, row.uncertain, row.claimed_by) == ("failed", True, None)


def test_f47_every_try_is_written_down_before_the_mail_server_hears_of_it(stage: Stage):
    seen: list[str] = []

    def looks(number: int) -> None:
        seen.extend(f"{row.state} {row.tries} {row.claimed_by is not None}" for row in stage.rows(schema.outbox))

    stage.sink.script.data = looks
    stage.asked()
    assert seen == ["sending 1 True"]


@pytest.fixture
def handing_over(stage: Stage) -> Stage:
    """A desk that passes complete tickets on to a team."""
    team = Handover(to="team@helpdesk.example", when=HandoverWhen(topics=("technical",)))
    mind = stage.desk.mind
    settings = mind.settings.model_copy(update={"handover": (team,)})
    stage.desk = replace(stage.desk, mind=replace(mind, settings=settings))
    return stage


def test_f50_what_a_mail_brings_is_text_in_every_letter(handing_over: Stage):
    """Subject, name of the sender and pasted answer of the API, in the reply and in the letter to the team."""
    stage = handing_over
    for number, evil in enumerate(EVIL):
        answer = f'{{"errorGroup":"Payments","errorCode":"61","errorMessage":"{evil}"}}'
        words = f"{TECHNICAL} MSN 654321, i produksjon. {alike(number)}\n{answer}"
        stage.arrives(letter(words, sender=f'"{evil}" <kari@shop.example>', subject=f"Feil {evil}"))
    stage.works()
    pages = [mail.get_body(("html",)).get_content() for mail in stage.sent()]  # type: ignore[union-attr]
    assert len(pages) == 2 * len(EVIL)
    for page in pages:
        assert "acme-7" in page, "what was found is shown"
        assert "<script" not in page
        assert "<img" not in page
        assert 'href="https://evil.example' not in page
        assert "1337" not in page
