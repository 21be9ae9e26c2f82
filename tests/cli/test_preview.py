"""`triage preview` as staff use it while they write."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from triage.cli.main import main

ROOT = Path(__file__).parent.parent.parent


def preview(*words: str) -> Result:
    return CliRunner().invoke(main, ["preview", *words])


def test_a_template_is_shown_as_it_goes_out():
    shown = preview("request_info", "no", "-c", str(ROOT / "config.yaml"))
    assert shown.exit_code == 0
    assert "Subject: [VSD-12345]" in shown.output
    assert "Vennlig hilsen" in shown.output


def test_the_minimal_one_leaves_the_rest_out_and_the_page_goes_to_a_file(tmp_path: Path):
    page = tmp_path / "reply.html"
    shown = preview("review", "en", "--minimal", "--html", str(page), "-c", str(ROOT / "config.yaml"))
    assert "phone" not in shown.output
    assert "<html" in page.read_text(encoding="utf-8")


def test_an_unknown_template_is_answered_with_the_nearest():
    shown = preview("reqest_info", "no", "-c", str(ROOT / "config.yaml"))
    assert shown.exit_code == 2
    assert "did you mean 'request_info'" in shown.output


def test_a_broken_template_is_refused_with_its_line(tmp_path: Path):
    for part in ("templates", "rules"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    (tmp_path / "templates" / "review.no.md").write_text("Hei\n\n{{ nummer }}\n", encoding="utf-8")
    shown = preview("review", "no", "-c", str(tmp_path / "config.yaml"))
    assert shown.exit_code == 3
    assert "review.no.md:3" in shown.output
