"""What a server may say instead of an answer, from a plain no to garbage: one of two errors in one clear line."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from servers.scripted_imap import PASSWORD, ScriptedImap, Talk

from tests.transport.test_imap_traps import account, mailbox, server, uids, waiting
from triage.domain import Tray
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import MailboxLost, MailboxRefused

__all__ = ["mailbox", "server"]


@pytest.mark.parametrize(
    ("command", "answer", "error", "line"),
    [
        ("LOGIN", lambda talk: talk.no(b"[AUTHENTICATIONFAILED] no"), MailboxRefused, "correct 'user' or 'password'"),
        ("LOGIN", lambda talk: talk.no(b"[UNAVAILABLE] too many connections"), MailboxLost, "for now"),
        ("LOGIN", lambda talk: talk.hang_up(), MailboxLost, "support: "),
        ("SELECT", lambda talk: talk.no(b"no such folder"), MailboxRefused, "opening the folder 'INBOX'"),
        (
            "SELECT",
            lambda talk: talk.ok(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [READ-ONLY] x\r\n"),
            MailboxRefused,
            "read-only",
        ),
        ("UID SEARCH", lambda talk: talk.hang_up(), MailboxLost, "while searching"),
        ("UID SEARCH", lambda talk: talk.send(b"\xff\xfe garbage\r\n"), MailboxLost, "while searching"),
        ("UID SEARCH", lambda talk: None, MailboxLost, "timed out"),
    ],
)
def test_what_a_server_may_say_becomes_one_clear_line(
    server: ScriptedImap,
    mailbox: ImapMailbox,
    command: str,
    answer: Callable[[Talk], None],
    error: type[Exception],
    line: str,
) -> None:
    server.on[command] = answer
    with pytest.raises(error, match=line) as caught:
        waiting(mailbox)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    del server.on[command]
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"], "whatever it was, the next call can succeed"


GARBAGE = [
    b"", b"* \r\n", b"* 1 FETCH (UID 3 BODY[] {99999}\r\nshort", b"* 1 FETCH (UID 3 RFC822.SIZE x)\r\n",
    b"* 1 FETCH ((((((\r\n", b'* 1 FETCH (UID 3 "\r\n', b"* SEARCH x y z\r\n", b"* LIST\r\n", b"* LIST (\\x) NIL NIL\r\n",
    b"* NAMESPACE\r\n", b"* OK [UIDVALIDITY x] y\r\n", b"* BYE away\r\n", b"* CAPABILITY IMAP4rev1 NAMESPACE\r\n",
    b"+ go on\r\n", b"\x00\xff\xfe\r\n", b"x" * 1_100_000 + b"\r\n",
]  # fmt: skip


@pytest.mark.parametrize("then", ["ok", "no"])
@pytest.mark.parametrize(
    "command", ["CAPABILITY", "NAMESPACE", "LIST", "SELECT", "UID SEARCH", "UID FETCH", "UID MOVE"]
)
def test_no_garbage_makes_the_mailbox_raise_anything_but_its_two_errors(
    server: ScriptedImap, command: str, then: str
) -> None:
    for garbage in GARBAGE:
        mailbox = ImapMailbox(account(server, timeout=0.2))

        def answer(talk: Talk, garbage: bytes = garbage) -> None:
            talk.send(garbage)
            talk.no(b"no") if then == "no" else talk.ok()

        server.on[command] = answer
        with contextlib.suppress(MailboxLost, MailboxRefused):
            mailbox.file([arrival.uid for arrival in waiting(mailbox)], Tray.ANSWERED)
            mailbox.examine()
        mailbox.close()
