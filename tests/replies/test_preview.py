"""Every template as it goes out, kept word for word: a changed word shows in the diff of a review.

    .venv/bin/python -m pytest tests/replies/test_preview.py --renew

writes the snapshots anew after a change that is meant.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from replies.pages import links_of, words_of

from triage.config import load
from triage.domain import Language
from triage.fields.handbook import Handbook
from triage.replies.preview import previewed
from triage.replies.rendering import STAFF_TEMPLATES, TEMPLATES, Templates
from triage.replies.writer import Writer
from triage.rulebook.loading import load as load_rulebook

ROOT = Path(__file__).parent.parent.parent
SNAPSHOTS = Path(__file__).parent / "snapshots"
EVERY = (*TEMPLATES, *STAFF_TEMPLATES)


@pytest.fixture(scope="module")
def writer() -> Writer:
    settings = load(ROOT / "config.yaml")
    rulebook, handbook = load_rulebook(settings.rules), Handbook.load(settings.rules)
    return Writer(Templates(settings.templates), rulebook, handbook, settings)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("template", EVERY)
def test_a_reply_goes_out_word_for_word_as_it_was_agreed(
    writer: Writer, template: str, language: Language, request: pytest.FixtureRequest
):
    shown = "".join(_shown(writer, template, language, full=full) for full in (True, False))
    file = SNAPSHOTS / f"{template.replace('/', '-')}.{language}.txt"
    if request.config.getoption("--renew"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


def _shown(writer: Writer, template: str, language: Language, *, full: bool) -> str:
    subject, rendered = previewed(writer, template, language, full=full)
    return f"== {'full' if full else 'minimal'}: {subject}\n{rendered.text}"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("template", EVERY)
@pytest.mark.parametrize("full", [True, False])
def test_both_parts_of_a_live_reply_have_the_same_words_and_links(
    writer: Writer, template: str, language: Language, full: bool
):
    _, rendered = previewed(writer, template, language, full=full)
    assert words_of(rendered.html) == [word for word in rendered.text.split() if word != "-"]
    assert [link for link in links_of(rendered.html) if link not in rendered.text] == []


def test_there_is_a_snapshot_for_every_template_and_no_other():
    expected = {f"{name.replace('/', '-')}.{language}.txt" for name in EVERY for language in Language}
    assert {file.name for file in SNAPSHOTS.iterdir()} == expected


def test_nothing_from_a_mail_becomes_markup(writer: Writer):
    """F50."""
    for template in TEMPLATES:
        _, rendered = previewed(writer, template, Language.EN, full=True)
        assert "<b>order</b>" not in rendered.html
