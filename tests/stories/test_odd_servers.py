"""A mail server that answers oddly (docs/failure-stories.md, F33 and F34)."""

from __future__ import annotations

import pytest
from servers.accounts import TRAYS
from servers.dovecot import Dovecot
from servers.scripted_imap import PASSWORD, USER, ScriptedImap, Talk
from servers.smtp_sink import SmtpSink

from tests.stories.stage import Stage, leave, staged
from tests.stories.test_odd_days import numbered
from triage.mind import Mind
from triage.store import schema
from triage.transport.accounts import ImapAccount
from triage.transport.imap import ImapMailbox


@pytest.fixture
def scripted(smtp_sink: SmtpSink, dovecot: Dovecot, database: str, thinking: Mind):
    """A stage whose mailbox is a server that does what a test tells it."""
    server = ScriptedImap({uid: numbered(uid) for uid in (3, 5, 8, 11, 12)})
    account = ImapAccount("support", server.host, USER, PASSWORD, TRAYS, server.port, "none", timeout=5)
    found = Stage(staged((ImapMailbox(account),), smtp_sink, database, thinking), dovecot, "", smtp_sink, database)
    yield server, found
    leave(found.desk)
    server.stop()


def test_f33_bodies_that_come_in_another_order_stand_under_their_own_ids(scripted: tuple[ScriptedImap, Stage]):
    server, stage = scripted

    def shuffled(talk: Talk) -> None:
        items = " ".join(talk.words)
        stray = b"* 5 FETCH (FLAGS (\\Flagged) UID 5)\r\n* 2 FETCH (FLAGS ())\r\n"
        answers = [server.fetched(uid, items) for uid in reversed(talk.uids()) if uid != 8 or "BODY" not in items]
        talk.ok(stray + b"".join(answers) + stray)

    server.on["UID FETCH"] = shuffled
    stage.works()
    assert {row.uid: row.subject for row in stage.rows(schema.mail)} == {
        f"1:{uid}": f"mail {uid}" for uid in (3, 5, 11, 12)
    }
    assert server.mails.keys() == {8}, "the one that was not given stays where it is"
    assert server.asked(r"(UID )?STORE") == []


def test_f34_an_answer_that_cannot_be_read_at_any_place_of_a_batch_troubles_no_other(
    scripted: tuple[ScriptedImap, Stage],
):
    server, stage = scripted
    for place, bad in enumerate((3, 5, 8, 11, 12)):
        server.mails = {uid: numbered(100 * place + uid) for uid in (3, 5, 8, 11, 12)}
        server.uidvalidity = place + 1
        stage.desk.mailboxes[0].close()

        def garbled(talk: Talk, bad: int = bad) -> None:
            items = " ".join(talk.words)
            odd = b"* 1 FETCH (UID %d BODY[] {2}\r\nhi BODY)\r\n" % bad
            talk.ok(
                b"".join(odd if uid == bad and "BODY" in items else server.fetched(uid, items) for uid in talk.uids())
            )

        server.on["UID FETCH"] = garbled
        tally = stage.works()
        assert (tally["trouble"], tally["redirect"]) == (1, 4), place
        assert server.mails == {}
    assert {row.stage for row in stage.troubled()} == {"fetch"}
