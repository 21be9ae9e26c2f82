"""What goes out, and how often (docs/failure-stories.md, F47 and F50)."""

from __future__ import annotations

import pytest

from tests.stories.stage import TECHNICAL, Stage, letter
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


@pytest.mark.parametrize("evil", EVIL)
def test_f50_what_a_mail_brings_is_text_in_every_letter(stage: Stage, evil: str):
    """Subject, name of the sender, body and name of a file, in the reply and in the letter to staff."""
    quoted = evil.replace('"', "")
    raw = letter(
        f"{TECHNICAL}\norderId: {evil}\nMSN: 654321", sender=f'"{quoted}" <kari@shop.example>', subject=f"Feil {evil}"
    )
    stage.asked(raw)
    for mail in stage.sent():
        page = mail.get_body(("html",))
        assert page is not None
        html = page.get_content()
        assert "<script" not in html
        assert "src=x" not in html.replace("&lt;img src=x&gt;", "")
        assert 'href="https://evil.example' not in html
        assert "1337" not in str(mail)
    assert stage.troubled() == []
