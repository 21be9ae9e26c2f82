"""Every reply in a real browser: readable on a telephone without scrolling sideways, in both colour schemes."""

from __future__ import annotations

import html
import json
from pathlib import Path

from servers.chromium import rendered_page

from triage.config import load
from triage.domain import Language
from triage.fields.handbook import Handbook
from triage.replies.preview import previewed
from triage.replies.rendering import STAFF_TEMPLATES, TEMPLATES, Templates
from triage.replies.writer import Writer
from triage.rulebook.loading import load as load_rulebook

ROOT = Path(__file__).parent.parent.parent
WIDTHS = (360, 1280)
MEASURE = """
<script>
window.onload = () => {
  const found = [...document.querySelectorAll('iframe')].map(frame => {
    const page = frame.contentDocument.documentElement;
    return [frame.title, page.scrollWidth, frame.clientWidth, page.scrollHeight];
  });
  document.body.textContent = JSON.stringify(found);
};
</script>
"""


def frames() -> str:
    """One page with every reply in a frame of each width."""
    settings = load(ROOT / "config.yaml")
    rulebook, handbook = load_rulebook(settings.rules), Handbook.load(settings.rules)
    writer = Writer(Templates(settings.templates), rulebook, handbook, settings)
    pages = []
    for template in (*TEMPLATES, *STAFF_TEMPLATES):
        for language in Language:
            shown = html.escape(previewed(writer, template, language, full=True)[1].html)
            pages += [
                f'<iframe title="{template}.{language}" width="{width}" height="600" style="border:0" srcdoc="{shown}"></iframe>'
                for width in WIDTHS
            ]
    return f"<!doctype html><meta charset=utf-8>{MEASURE}<body>{''.join(pages)}</body>"


def test_no_reply_scrolls_sideways_on_a_telephone(tmp_path: Path, chromium: str):
    page = tmp_path / "replies.html"
    page.write_text(frames(), encoding="utf-8")
    found = rendered_page(chromium, page, tmp_path / "profile")
    measured = json.loads(html.unescape(found[found.index("[[") : found.rindex("]]") + 2]))
    assert len(measured) == len(WIDTHS) * len(Language) * (len(TEMPLATES) + len(STAFF_TEMPLATES))
    assert [(name, wide, frame) for name, wide, frame, _ in measured if wide > frame] == []
    assert all(high > 150 for *_, high in measured)
