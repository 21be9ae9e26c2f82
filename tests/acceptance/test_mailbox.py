"""The main job, end to end: a real mailbox, the real command, a real mail server, and both databases.

Every human mail has one ticket and one reply that arrived, every machine mail none, every mail rests in its
tray, and looking again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers.certificates import Certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.smtp_sink import SmtpSink

from tests.acceptance.desk_process import CONFIG, ROOT, TRAYS, Desk, eventually
from tests.labelled import Labelled, load
from triage.store import schema
from triage.store.database import engine_for

pytestmark = pytest.mark.timeout(900)

LATE = 10  # mails that arrive while the daemon waits


@dataclass(frozen=True)
class Scene:
    """A mailbox full of labelled mail, a desk that reads it, and where its replies go."""

    desk: Desk
    dovecot: Dovecot
    user: str
    sink: SmtpSink
    database: str

    def folder(self, name: str) -> Counter[bytes]:
        return Counter(self.dovecot.mails(self.user, name))

    def rows(self, table: sa.Table) -> list[sa.Row]:
        engine = engine_for(self.database)
        with engine.connect() as db:
            found = list(db.execute(sa.select(table)))
        engine.dispose()
        return found

    def everything(self) -> object:
        """All there is to see of the desk's work, for comparing two moments."""
        folders = {name: self.folder(name) for name in ("INBOX", *TRAYS)}
        return folders, [self.rows(table) for table in schema.metadata.sorted_tables], len(self.sink.received)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def scene(
    request: pytest.FixtureRequest, dovecot: Dovecot, certificates: Certificates, smtp_sink: SmtpSink, tmp_path: Path
) -> Scene:
    database = f"sqlite:///{tmp_path}/desk.sqlite"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    user = dovecot.new_user()
    text = CONFIG.format(
        imap_port=dovecot.tls_port,
        tls="ssl",
        ca_file=certificates.authority,
        user=user,
        smtp_port=smtp_sink.port,
        database=database,
        state=ROOT / "var",  # the model is trained once for all tests
        root=ROOT,
    )
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return Scene(Desk(tmp_path / "config.yaml", PASSWORD), dovecot, user, smtp_sink, database)


def test_a_mailbox_is_emptied_answered_once_and_filed_and_the_daemon_takes_what_comes_late(scene: Scene):
    mails = load()
    early, late = mails[:-LATE], mails[-LATE:]
    for each in early:
        scene.dovecot.deliver(scene.user, each.raw)

    scene.desk.run("run", "--once")
    assert_handled(scene, early)

    before = scene.everything()
    scene.desk.run("run", "--once")
    assert scene.everything() == before

    with scene.desk.daemon():
        for each in late:
            scene.dovecot.deliver(scene.user, each.raw)
        eventually(lambda: not scene.folder("INBOX"), "late mail was filed")
    assert_handled(scene, mails)


def assert_handled(scene: Scene, mails: list[Labelled]) -> None:
    """The promises of DESIGN section 4, counted."""
    assert scene.folder("INBOX") == Counter()
    assert scene.folder("Triage/Trouble") == Counter()
    assert sum((scene.folder(name) for name in TRAYS), Counter()) == delivered(mails)
    assert_each_mail_is_recorded_once(scene, mails)
    assert_replies(scene, mails)


def delivered(mails: list[Labelled]) -> Counter[bytes]:
    """The bytes as the server keeps them."""
    return Counter(each.raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for each in mails)


def assert_each_mail_is_recorded_once(scene: Scene, mails: list[Labelled]) -> None:
    rows = scene.rows(schema.mail)
    assert len(rows) == len(mails)
    kinds = Counter(row.kind for row in rows)
    assert kinds == Counter(each.kind for each in mails), kinds
    opened = [row for row in rows if row.first and row.ticket is not None]
    assert len({row.ticket for row in opened}) == len(opened) == sum(each.kind == "new" for each in mails)
    tickets = {row.message_id: row.ticket for row in rows if row.message_id}
    by_file = {each.file: each for each in mails}
    for each in mails:
        if each.thread_of:
            assert tickets[each.message_id] == tickets[by_file[each.thread_of].message_id], each.file


def assert_replies(scene: Scene, mails: list[Labelled]) -> None:
    """Each reply answers one mail; new mail is answered exactly once, machines never."""
    answered: Counter[str] = Counter()
    for received in scene.sink.received:
        message = received.message
        assert message["Auto-Submitted"] == "auto-replied"
        assert "integration@desk.example" not in received.recipients
        answered[received.recipients[0].lower()] += 1
    machines = {each.sender for each in mails if not each.human}
    people = {each.sender for each in mails if each.human}
    assert not machines & (answered.keys() - people)
    expected = Counter(each.sender for each in mails if each.kind == "new")
    most = expected + Counter(each.sender for each in mails if each.kind == "followup")
    assert all(expected[sender] <= answered[sender] <= most[sender] for sender in expected | answered), answered
    ids = [received.message["Message-ID"] for received in scene.sink.received]
    assert len(set(ids)) == len(ids)
