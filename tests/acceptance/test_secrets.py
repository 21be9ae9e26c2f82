"""No key, card or identity number survives in clear: not in the database, the log, the replies or `explain`.

Every shape of tests/fields/test_secrets.py goes through the real command, in body, subject and attachment.
"""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.desk_process import ROOT, Desk
from tests.fields.test_secrets import SECRETS

pytestmark = pytest.mark.timeout(600)

CONFIG = f"""\
desk: {{name: Sample Desk, address: integration@desk.example}}
mailboxes: [{{name: local, maildir: {{path: mail}}}}]
outgoing: {{folder: out}}
state: {ROOT}/var
rules: {ROOT}/rules
templates: {ROOT}/templates
"""
CALL = "POST https://apitest.vipps.no/ecomm/v2/payments/acme-7/capture gives HTTP 401 since Monday."


def raw(number: int, text: str, *, in_subject: bool) -> bytes:
    message = EmailMessage()
    message["From"] = f"Kari <kari{number}@shop{number}.example>"
    message["To"] = "integration@desk.example"
    message["Message-ID"] = f"<{number}@shop.example>"
    message["Subject"] = " ".join(text.split())[:200] if in_subject else f"Capture fails, case {number}"
    letters = chr(97 + number // 26) + chr(97 + number % 26)  # numbers alone do not make words differ
    message.set_content(f"Case {letters}: {CALL}\n\n{text}\n\nRegards\nKari")
    name = "card 4111 1111 1111 1111.log" if number % 7 == 0 else "request.log"
    message.add_attachment(f"{number}\n{text}\n", filename=name)
    return message.as_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has handled every secret shape; all it wrote and said is below this folder."""
    place = tmp_path_factory.mktemp("secrets")
    mails = place / "mails"
    for name in ("mail/new", "mail/cur", "mail/tmp", "mails"):
        (place / name).mkdir(parents=True, exist_ok=True)
    for number, (_, text, _) in enumerate(SECRETS):
        content = raw(number, text, in_subject=number % 5 == 0)
        (place / "mail" / "new" / f"17000{number:05d}.{number}.test").write_bytes(content)
        (mails / f"{number:03d}.eml").write_bytes(content)
    (place / "config.yaml").write_text(CONFIG, encoding="utf-8")
    desk = Desk(place / "config.yaml", "")
    ran = desk.run("run", "--once", "--verbose")
    (place / "log").write_text(ran.stdout + ran.stderr, encoding="utf-8")
    for name, words in (("explain", ("explain",)), ("explain.json", ("explain", "--json"))):
        (place / name).write_text(desk.run(*words, str(mails)).stdout, encoding="utf-8")
    return place


def kept(folder: Path) -> dict[str, bytes]:
    """Everything the desk wrote; the mailbox itself is the archive and keeps the mail as it came."""
    files = [*folder.glob("var/*"), *folder.glob("out/*"), *folder.glob("*.sqlite*")]
    files += [folder / name for name in ("log", "explain", "explain.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()}


def test_every_mail_was_handled_and_answered(folder: Path):
    assert len(list((folder / "out").glob("*.eml"))) == len(SECRETS)
    assert "trouble" not in (folder / "log").read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.parametrize(("kind", "text", "value"), SECRETS)
def test_no_secret_is_kept_in_clear(folder: Path, kind: str, text: str, value: str):
    needles = {line.strip() for line in value.splitlines() if len(line.strip()) >= 8} or {value}
    found = {name for name, content in kept(folder).items() for needle in needles if needle.encode() in content}
    assert found == set(), f"a {kind} is in clear"


def test_explain_names_the_kinds(folder: Path):
    said = (folder / "explain.json").read_text(encoding="utf-8")
    assert all(f'"{kind}"' in said for kind in {kind for kind, _, _ in SECRETS})
