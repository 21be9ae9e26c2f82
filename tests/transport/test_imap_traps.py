"""What servers and imapclient do wrong, provoked by a scripted server."""

from __future__ import annotations

import logging
import resource
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from servers.accounts import TRAYS
from servers.scripted_imap import PASSWORD, USER, ScriptedImap, Talk

from triage.domain import Tray
from triage.transport.accounts import ImapAccount
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import Arrival, Bounds, MailboxLost, MailboxRefused

LONG = 170  # seconds: longer than any test may take, so a wait that misses its event fails
MAILS = {uid: b"Subject: mail %d\r\n\r\nbody\r\n" % uid for uid in (3, 5, 8)}


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    server = ScriptedImap(MAILS)
    yield server
    server.stop()


@pytest.fixture
def mailbox(server: ScriptedImap) -> Iterator[ImapMailbox]:
    mailbox = ImapMailbox(account(server))
    yield mailbox
    mailbox.close()


def account(server: ScriptedImap, timeout: float = 1.0) -> ImapAccount:
    return ImapAccount("support", server.host, USER, PASSWORD, TRAYS, server.port, "none", timeout=timeout)


def waiting(mailbox: ImapMailbox, bounds: Bounds | None = None) -> list[Arrival]:
    return [arrival for batch in mailbox.waiting(bounds or Bounds()) for arrival in batch]


def uids(arrivals: list[Arrival]) -> list[str]:
    return [arrival.uid for arrival in arrivals]


def patiently(mailbox: ImapMailbox, tries: int = 10) -> list[Arrival]:
    """Look again after each loss, as the desk does."""
    for _ in range(tries):
        try:
            return waiting(mailbox)
        except MailboxLost:
            continue
    raise AssertionError("the mailbox never came back")


# ── IDLE ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_dies_in_idle_is_a_loss_and_no_spin(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    waiting(mailbox)
    server.on["IDLE"] = lambda talk: (talk.send(b"+ idling\r\n"), talk.hang_up())[1]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(MailboxLost, match="while waiting for mail"):
        mailbox.wait(LONG)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 0.5
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"], "the next call connects anew"


def test_mail_announced_together_with_the_continuation_is_heard(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    waiting(mailbox)

    def coalesced(talk: Talk) -> None:
        server.idling = talk
        talk.send(b"+ idling\r\n* 4 EXISTS\r\n")

    server.on["IDLE"] = coalesced
    assert mailbox.wait(LONG) is True


def test_mail_announced_before_the_continuation_is_heard(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    waiting(mailbox)
    server.on["IDLE"] = lambda talk: talk.send(b"* 4 EXISTS\r\n+ idling\r\n")
    assert mailbox.wait(LONG) is True
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"]


def test_an_announcement_in_two_packets_is_heard(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    waiting(mailbox)

    def halved(talk: Talk) -> None:
        server.idling = talk
        talk.send(b"+ idling\r\n")
        threading.Timer(0.05, talk.send, [b"* 4 EXI"]).start()

    server.on["IDLE"] = halved
    server.on["DONE"] = lambda talk: (talk.send(b"STS\r\n"), server.done())[1]
    assert mailbox.wait(LONG) is True


def test_a_half_open_link_is_a_loss_and_the_next_call_connects_anew(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    waiting(mailbox)
    server.on["DONE"] = lambda talk: None
    with pytest.raises(MailboxLost, match=r"timed out|timeout"):
        mailbox.wait(0.1)
    del server.on["DONE"]
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"]
    assert server.connections == 2


def test_mail_announced_at_the_end_of_another_command_is_not_slept_through(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    uid = waiting(mailbox)[0].uid
    server.on["UID MOVE"] = lambda talk: talk.ok(b"* 7 EXISTS\r\n")
    mailbox.file([uid], Tray.ANSWERED)
    assert mailbox.wait(LONG) is True


def test_mail_announced_while_the_rest_is_counted_is_not_slept_through(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    mailbox.file([waiting(mailbox)[0].uid], Tray.ANSWERED)
    server.on["UID SEARCH"] = lambda talk: talk.ok(b"* SEARCH 5 8 9\r\n* 3 EXISTS\r\n")
    assert mailbox.count_waiting() == 3
    assert mailbox.count_waiting() == 3
    assert mailbox.wait(LONG) is True


def test_a_server_without_idle_is_polled() -> None:
    server = ScriptedImap(MAILS, capabilities="MOVE UIDPLUS")
    mailbox = ImapMailbox(account(server))
    waiting(mailbox)
    assert mailbox.wait(0.01) is True
    assert not server.asked("IDLE")
    assert "polling" in mailbox.examine().remarks[0]
    mailbox.close()
    server.stop()


def test_a_signal_during_the_wait_ends_it_at_once_and_the_mailbox_stays_usable(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    waiting(mailbox)
    before = signal.signal(signal.SIGUSR1, stop)
    try:
        main = threading.main_thread().ident
        threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGUSR1]).start()
        with pytest.raises(KeyboardInterrupt):
            mailbox.wait(LONG)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"]


# ── fetching ────────────────────────────────────────────────────────────────────────────────────────


def test_a_star_that_matches_the_last_mail_again_brings_nothing_twice(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    mailbox.begin("1:8:2026-11-20")
    server.on["UID SEARCH"] = lambda talk: talk.ok(b"* SEARCH\r\n" if "UNSEEN" in talk.words else b"* SEARCH 8\r\n")
    assert waiting(mailbox) == [], "the server names the last one again, but none is above what was seen"
    assert server.asked("UID SEARCH UID 9:[*] UNDELETED")


def test_when_the_server_counts_uids_anew_read_mail_from_before_the_desk_came_stays_by_its_day(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    mailbox.begin("7:8:2026-11-20")

    def answer(talk: Talk) -> None:
        said = " ".join(talk.words)
        talk.ok(b"* SEARCH 3\r\n" if "UNSEEN" in said else b"* SEARCH 5\r\n" if "SINCE 20-Nov-2026" in said else b"")

    server.on["UID SEARCH"] = answer
    assert uids(waiting(mailbox)) == ["1:3", "1:5"]
    del server.on["UID SEARCH"]
    server.mails[9] = MAILS[3]
    assert "1:8" not in uids(waiting(mailbox)), "old mail is not found by the next look either"


def test_a_batch_is_fetched_while_the_one_before_is_worked_on_and_filing_waits_for_it(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def fetched(talk: Talk) -> None:
        if talk.uids() == [5] and "BODY.PEEK" in " ".join(talk.words):
            asked.set()
            answer.wait(LONG)
        talk.ok(b"".join(server.fetched(uid, " ".join(talk.words)) for uid in talk.uids()))

    server.on["UID FETCH"] = fetched
    batches = mailbox.waiting(Bounds(batch_mails=1))
    found = next(batches)
    assert asked.wait(LONG), "the second mail is asked for before anybody wants it"
    threading.Timer(0.1, answer.set).start()
    mailbox.file(["1:3"], Tray.ANSWERED)
    assert [arrival.raw for batch in (found, *batches) for arrival in batch] == list(MAILS.values())


def test_mail_is_filed_while_the_next_batch_is_worked_on(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    answer = threading.Event()
    server.on["UID MOVE"] = lambda talk: (answer.wait(LONG), talk.ok())[1]
    batches = mailbox.waiting(Bounds(batch_mails=1))
    mailbox.file(uids(list(next(batches))), Tray.ANSWERED)
    assert uids(list(next(batches))) == ["1:5"], "the first is not filed yet"
    answer.set()
    assert [uids(list(batch)) for batch in batches] == [["1:8"]]
    assert len(server.asked("UID MOVE 3 ")) == 1


def test_what_cannot_be_filed_meanwhile_is_told_by_the_end(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    server.on["UID MOVE"] = lambda talk: talk.no(b"over quota")
    with pytest.raises(MailboxRefused, match="over quota"):
        for batch in mailbox.waiting(Bounds(batch_mails=1)):
            mailbox.file(uids(list(batch)), Tray.ANSWERED)
    del server.on["UID MOVE"]
    for batch in mailbox.waiting(Bounds(batch_mails=1)):
        mailbox.file(uids(list(batch)), Tray.ANSWERED)
    assert server.mails == {}


def test_a_mail_whose_body_is_nil_was_removed_and_is_passed_over(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    def removed(talk: Talk) -> None:
        items = " ".join(talk.words)
        gone = b'* 5 FETCH (UID 5 INTERNALDATE "20-Nov-2026 10:00:00 +0100" BODY[] NIL)\r\n'
        talk.ok(b"".join(gone if uid == 5 and "BODY" in items else server.fetched(uid, items) for uid in talk.uids()))

    server.on["UID FETCH"] = removed
    assert uids(waiting(mailbox)) == ["1:3", "1:8"]


@pytest.mark.parametrize(
    "answer",
    [
        b"* 5 FETCH (UID 5 BODY[] {2}\r\nhi BODY)\r\n",
        b"* 5 FETCH (UID five)\r\n",
    ],
)
def test_an_answer_that_cannot_be_read_troubles_one_mail_only(
    server: ScriptedImap, mailbox: ImapMailbox, answer: bytes
) -> None:
    def garbled(talk: Talk) -> None:
        items = " ".join(talk.words)
        odd = "BODY" in items
        talk.ok(b"".join(answer if uid == 5 and odd else server.fetched(uid, items) for uid in talk.uids()))

    server.on["UID FETCH"] = garbled
    before, bad, after = waiting(mailbox)
    assert (before.raw, after.raw) == (MAILS[3], MAILS[8])
    assert (bad.uid, bad.raw) == ("1:5", b"")
    assert "cannot be read" in bad.trouble


def test_a_date_that_cannot_be_read_costs_only_the_date(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    def odd(talk: Talk) -> None:
        items = " ".join(talk.words)
        talk.ok(b"".join(server.fetched(uid, items).replace(b"20-Nov", b"99-Xyz") for uid in talk.uids()))

    server.on["UID FETCH"] = odd
    assert [(arrival.raw, arrival.received) for arrival in waiting(mailbox)] == [(raw, None) for raw in MAILS.values()]


def test_a_mail_the_server_will_not_give_troubles_one_mail_only(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    def refusing(talk: Talk) -> None:
        items = " ".join(talk.words)
        if 5 in talk.uids() and "BODY" in items:
            talk.no(b"internal error: the file is damaged")
        else:
            talk.ok(b"".join(server.fetched(uid, items) for uid in talk.uids()))

    server.on["UID FETCH"] = refusing
    found = {arrival.uid: arrival for arrival in waiting(mailbox)}
    assert found["1:3"].raw == MAILS[3]
    assert found["1:8"].raw == MAILS[8]
    assert "the file is damaged" in found["1:5"].trouble


@pytest.mark.parametrize("items", ["BODY", "RFC822.SIZE"])
def test_a_mail_that_kills_the_connection_each_time_is_given_up_and_the_others_come(
    server: ScriptedImap, mailbox: ImapMailbox, items: str
) -> None:
    def poisoned(talk: Talk) -> None:
        asked = " ".join(talk.words)
        if 5 in talk.uids() and items in asked:
            talk.hang_up()
        else:
            talk.ok(b"".join(server.fetched(uid, asked) for uid in talk.uids()))

    server.on["UID FETCH"] = poisoned
    found = {arrival.uid: arrival for arrival in patiently(mailbox)}
    assert found["1:3"].raw == MAILS[3]
    assert found["1:8"].raw == MAILS[8]
    assert "the connection broke 3 times" in found["1:5"].trouble
    assert server.connections == 5, "once together, three times alone, and then without it"


def test_a_restart_during_a_fetch_gives_no_mail_up(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    calls = iter(range(100))

    def restarting(talk: Talk) -> None:
        if next(calls) in (1, 4):
            talk.hang_up()
        else:
            talk.ok(b"".join(server.fetched(uid, " ".join(talk.words)) for uid in talk.uids()))

    server.on["UID FETCH"] = restarting
    assert [arrival.raw for arrival in patiently(mailbox)] == list(MAILS.values())


def test_a_new_uidvalidity_forgets_the_folder_and_old_ids_file_nothing(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    old = uids(waiting(mailbox))
    server.uidvalidity = 2
    mailbox.close()
    mailbox.file(old, Tray.ANSWERED)
    assert not server.asked("UID MOVE")
    assert uids(waiting(mailbox)) == ["2:3", "2:5", "2:8"]


def test_a_uidvalidity_that_changes_during_a_session_is_noticed_at_the_next_select(
    server: ScriptedImap, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.transport.imap_session._SELECT_SECONDS", -1)
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"]
    server.uidvalidity, server.mails = 2, {1: MAILS[3]}
    assert uids(waiting(mailbox)) == ["2:1"]


def test_what_was_filed_is_not_asked_for_again(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    mailbox.file(uids(waiting(mailbox)), Tray.ANSWERED)
    asked = len(server.asked("UID FETCH"))
    assert waiting(mailbox) == []
    assert len(server.asked("UID FETCH")) == asked


def test_a_size_that_the_server_only_estimates_is_corrected(server: ScriptedImap, mailbox: ImapMailbox) -> None:
    def estimating(talk: Talk) -> None:
        answers = b"".join(server.fetched(uid, " ".join(talk.words)) for uid in talk.uids())
        talk.ok(answers.replace(b"RFC822.SIZE ", b"RFC822.SIZE 9"))

    server.on["UID FETCH"] = estimating
    assert [arrival.size for arrival in waiting(mailbox)] == [len(raw) for raw in MAILS.values()]


def test_the_hour_that_comes_twice_in_autumn_is_told_apart(
    server: ScriptedImap, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Oslo")
    time.tzset()
    twice = {3: b"25-Oct-2026 02:30:00 +0200", 5: b"25-Oct-2026 02:30:00 +0100", 8: b"25-Oct-2026 04:00:00 +0100"}

    def dated(talk: Talk) -> None:
        for uid in talk.uids():
            talk.send(server.fetched(uid, " ".join(talk.words)).replace(b"20-Nov-2026 10:00:00 +0100", twice[uid]))
        talk.ok()

    server.on["UID FETCH"] = dated
    received = [arrival.received for arrival in waiting(mailbox)]
    monkeypatch.undo()
    time.tzset()
    assert received == [datetime(2026, 10, 25, hour, minute, tzinfo=UTC) for hour, minute in ((0, 30), (1, 30), (3, 0))]


def test_a_very_large_folder_is_searched_in_windows_that_lose_nothing(
    server: ScriptedImap, mailbox: ImapMailbox
) -> None:
    server.on["SELECT"] = lambda talk: talk.ok(
        b"* 200000 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\n* OK [UIDNEXT 9] next\r\n* OK [READ-WRITE] open\r\n"
    )
    assert uids(waiting(mailbox)) == ["1:3", "1:5", "1:8"]
    windows = [command.removeprefix("UID SEARCH ") for command in server.asked("UID SEARCH")]
    assert windows == ["120001:* UNDELETED", "40001:120000 UNDELETED", "1:40000 UNDELETED"]


def test_no_mail_text_and_no_password_reaches_a_log(
    server: ScriptedImap, mailbox: ImapMailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert waiting(mailbox)
    assert "body" not in caplog.text.replace("BODY", "")
    assert PASSWORD not in caplog.text
