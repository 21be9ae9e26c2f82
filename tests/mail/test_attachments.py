"""Which files are read and how they are called."""

from __future__ import annotations

import pytest

from triage.mail import attachments, mime


@pytest.mark.parametrize(
    "name", ["a.txt", "A.LOG", "b.json", "c.har", "d.http", "e.csv", "f.xml", "g.md", "h.yaml", "i.curl", "j.php"]
)
def test_files_that_people_read_are_known_by_their_extension(name: str):
    assert attachments.is_text_like(name, "application/octet-stream")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("x", "application/json"), ("x", "application/problem+json"), ("x", "text/x-log"), ("x", "application/soap+xml")],
)
def test_files_that_people_read_are_known_by_their_type(name: str, kind: str):
    assert attachments.is_text_like(name, kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.png", "text/plain"),
        ("b.pdf", "application/pdf"),
        ("c.docx", "application/vnd.openxmlformats"),
        ("d", "text/calendar"),
        ("e.zip", "application/zip"),
        ("f.html", "text/html"),
    ],
)
def test_other_files_are_only_named(name: str, kind: str):
    assert not attachments.is_text_like(name, kind)


def _part(disposition: str) -> mime.Part:
    return mime.parse(f"Content-Type: text/plain\nContent-Disposition: {disposition}\n\nhei\r\n".encode())


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=a.txt", "a.txt"),
        (r'attachment; filename="C:\Users\kari\a.txt"', "a.txt"),
        ('attachment; filename="../../etc/a.txt"', "a.txt"),
        ("attachment; filename*=utf-8''bl%C3%A5%00b%C3%A6r.txt", "blåbær.txt"),
        ("attachment", "unnamed.plain"),
    ],
)
def test_a_name_has_neither_path_nor_dirt(disposition: str, name: str):
    assert attachments.describe(_part(disposition), text_budget=100).name == name


def test_text_is_cut_at_the_budget_and_its_size_is_not():
    found = attachments.describe(_part("attachment; filename=a.txt"), text_budget=2)
    assert (found.text, found.size) == ("he", 5)
    assert attachments.describe(_part("attachment; filename=a.txt"), text_budget=0).text is None
