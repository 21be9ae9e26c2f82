"""The mailbox's odd days: mail that other desks lost, doubled or choked on (docs/failure-stories.md, F17 to F36)."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.stories.stage import SETTLEMENT, Stage, alike, leave, letter, mailbox
from triage import understanding
from triage.desk import handle_batch, retry, run_once
from triage.domain import Tray
from triage.store import privacy, schema
from triage.store.store import StoreLost, utc_now
from triage.transport.mailbox import MailboxLost

BREAKS_A_RULE = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.subject = 'poison' THEN RAISE EXCEPTION 'twice there' USING ERRCODE = 'unique_violation'; END IF; RETURN NEW;
END $$;
CREATE TRIGGER poison BEFORE INSERT ON mail FOR EACH ROW EXECUTE FUNCTION poison();
"""
CUTS_THE_LINE = BREAKS_A_RULE.replace(
    "RAISE EXCEPTION 'twice there' USING ERRCODE = 'unique_violation'", "PERFORM pg_terminate_backend(pg_backend_pid())"
)


def numbered(number: int, **more: str) -> bytes:
    """A mail of a person of its own, in words of its own."""
    sender, subject = f"kari@shop{number}.example", f"mail {number}"
    return letter(
        f"{SETTLEMENT} {alike(number)}",
        **{"sender": sender, "subject": subject, "Message_ID": f"<{number}@shop.example>"} | more,
    )


def subjects(raws: list[bytes]) -> list[str]:
    return [raw.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for raw in raws]


def handled(stage: Stage) -> list[str]:
    """The subjects of the recorded mails, in the order in which they were handled."""
    return [row.subject for row in stage.rows(schema.mail)]


# ── crashes and cuts ────────────────────────────────────────────────────────────────────────────────


def test_f17_a_mail_server_that_dies_before_the_mail_is_filed_makes_no_second_ticket(own_stage: Stage):
    stage = own_stage
    stage.arrives(letter())

    def dies(seen: int) -> None:
        stage.dovecot.kill()  # the reply is on its way: committed, and the mail not filed yet

    stage.sink.script.data = dies
    with pytest.raises(MailboxLost):
        stage.works()
    stage.dovecot.start()
    assert len(stage.folder()) == 1
    assert stage.works() == {"repeat": 1}
    assert (len(stage.tickets()), len(stage.sent()), len(stage.folder(Tray.ANSWERED))) == (1, 1, 1)


def test_f32_a_database_that_dies_in_the_middle_of_a_batch_costs_no_mail(stage: Stage):
    stage.sql(CUTS_THE_LINE)
    for number in range(3):
        stage.arrives(numbered(number, **{"subject": "poison"} if number == 1 else {}))
    with pytest.raises(StoreLost):
        stage.works()
    assert (len(stage.folder()), stage.tickets(), stage.sent()) == (3, [], [])
    assert all(not flags for flags in stage.dovecot.flags(stage.user).values())
    stage.sql("DROP TRIGGER poison ON mail")
    assert stage.works()["sent"] == 3
    assert (len(stage.tickets()), stage.folder()) == (3, [])


def test_f20_two_desks_at_one_mailbox_come_to_the_counts_of_one(stage: Stage):
    expected = [f"mail {number}" for number in range(40)]
    for number in range(40):
        stage.dovecot.deliver(stage.user, numbered(number))
    stage.with_limits(batch_mails=4)
    other = stage.colleague()
    failures: list[Exception] = []

    def works(desk: object) -> None:
        try:
            run_once(desk)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=works, args=(desk,)) for desk in (stage.desk, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    leave(other)
    assert failures == []
    assert Counter(handled(stage)) == Counter(expected)
    assert (len(stage.tickets()), len(stage.sent()), stage.folder(), stage.troubled()) == (40, 40, [], [])
    # No lease was heeded here: a server that two clients tell at once to move a mail may keep a copy for each.
    assert set(subjects(stage.folder(Tray.ANSWERED))) == set(expected)


# ── one mail or two ─────────────────────────────────────────────────────────────────────────────────


def test_f22_another_mail_under_a_used_message_id_is_handled_too(stage: Stage):
    stage.arrives(letter(Message_ID="<reused@shop.example>"))
    stage.works()
    stage.arrives(letter(f"{SETTLEMENT} Gjelder butikk to.", Message_ID="<reused@shop.example>"))
    stage.works()
    assert (len(stage.rows(schema.mail)), len(stage.sent()), stage.folder()) == (2, 2, [])


def test_f23_mails_without_an_id_are_told_apart_by_their_content_and_known_again(stage: Stage):
    stage.arrives(letter())
    stage.arrives(letter(f"{SETTLEMENT} Gjelder butikk to."))
    stage.works()
    stage.arrives(b"Received: from relay.example by mx.example; Fri, 20 Nov 2026 10:00:00 +0000\r\n" + letter())
    assert stage.works() == {"repeat": 1}
    assert (len(stage.tickets()), len(stage.sent())) == (2, 2)


def test_f24_a_mail_without_an_id_is_answered(stage: Stage):
    answer = stage.asked(letter())
    assert (answer["To"], answer["In-Reply-To"]) == ("kari@shop.example", None)
    assert len(stage.tickets()) == 1


def test_f28_one_mail_in_several_folders_is_one_ticket_and_nothing_is_marked_as_read(stage: Stage):
    with stage.dovecot.client(stage.user) as staff:
        staff.create_folder("Label")
    stage.desk = replace(
        stage.desk,
        mailboxes=(*stage.desk.mailboxes, mailbox(stage.dovecot, stage.user, folder="Label", name="label")),
    )
    for number in range(4):
        for folder in ("INBOX", "Label"):
            stage.arrives(numbered(number), folder=folder)
    assert stage.works()["repeat"] == 4
    assert (len(stage.tickets()), len(stage.sent())) == (4, 4)
    assert (stage.folder(), stage.folder("Label"), len(stage.folder(Tray.ANSWERED))) == ([], [], 8)
    flags = stage.dovecot.flags(stage.user, "Triage/Answered").values()
    assert all(b"\\Seen" not in each for each in flags)


def test_f51_a_mail_whose_words_were_erased_is_still_known_when_it_comes_again(stage: Stage):
    stage.asked(letter(Message_ID="<1@shop.example>"))
    privacy.forget(stage.desk.store, "kari@shop.example")
    stage.arrives(letter(Message_ID="<1@shop.example>"))
    assert stage.works() == {"repeat": 1}
    assert (len(stage.tickets()), len(stage.sent()), len(stage.folder(Tray.ANSWERED))) == (1, 1, 2)


# ── the folder changes under our hands ──────────────────────────────────────────────────────────────


def test_f25_after_a_new_uidvalidity_nothing_is_skipped_and_nothing_done_twice(stage: Stage):
    stage.arrives(numbered(1))
    stage.works()
    stage.arrives(numbered(2))
    (there,) = stage.desk.mailboxes
    for batch in there.waiting(stage.desk.bounds):
        handle_batch("support", batch, stage.desk)  # committed, but the desk ends before it files
    there.close()
    home = stage.dovecot.maildir(stage.user)
    for path in home.glob("dovecot.index*"):
        path.unlink()
    numbers = home / "dovecot-uidlist"
    numbers.write_text(
        re.sub(r"(?s)V(\d+) N\d+(.*?)\n.*", lambda old: f"V{int(old[1]) + 9} N1{old[2]}\n", numbers.read_text())
    )
    stage.arrives(numbered(3))
    with stage.dovecot.client(stage.user) as client:
        client.select_folder("INBOX")
        assert client.search() == [1, 2], "the numbers of mails that were handled under the old UIDVALIDITY"
    tally = stage.works()
    assert (tally["repeat"], tally["redirect"]) == (1, 1)
    assert (handled(stage), len(stage.sent()), stage.folder()) == (["mail 1", "mail 2", "mail 3"], 3, [])
    assert len({row.uid for row in stage.rows(schema.mail)}) == 3


def test_f29_flags_and_new_mail_during_the_work_make_it_pass_over_nothing(stage: Stage):
    stage.with_limits(batch_mails=2)
    for number in range(6):
        stage.arrives(numbered(number))

    def meddle(seen: int) -> None:
        if seen == 0:
            with stage.dovecot.client(stage.user) as staff:
                staff.select_folder("INBOX")
                staff.add_flags(staff.search(), [b"\\Seen"])
            stage.arrives(numbered(6))

    stage.sink.script.data = meddle
    stage.works()
    assert handled(stage) == [f"mail {number}" for number in range(6)]
    assert subjects(stage.folder()) == ["mail 6"]
    stage.works()
    assert (len(stage.sent()), stage.folder()) == (7, [])


def test_f30_mails_that_staff_delete_and_move_during_the_work_make_it_pass_over_no_other(stage: Stage):
    stage.with_limits(batch_mails=2)
    for number in range(8):
        stage.arrives(numbered(number))

    def meddle(seen: int) -> None:
        if seen == 0:
            with stage.dovecot.client(stage.user) as staff:
                staff.select_folder("INBOX")
                staff.move([7], "Archive")
                staff.delete_messages([5])
                staff.expunge()

    stage.sink.script.data = meddle
    stage.works()
    assert handled(stage) == ["mail 0", "mail 1", "mail 2", "mail 3", "mail 5", "mail 7"]
    assert (subjects(stage.folder("Archive")), stage.folder()) == (["mail 6"], [])
    assert len(stage.sent()) == 6


def test_f26_after_an_outage_of_thirty_days_all_mail_is_there_and_only_fresh_mail_is_answered(stage: Stage):
    now = utc_now()
    with stage.dovecot.client(stage.user) as client:
        for number in range(60):
            client.append("INBOX", numbered(number), msg_time=now - timedelta(days=30 - number / 2, minutes=5))
    stage.with_limits(answer_within_days=7)
    stage.works()
    assert handled(stage) == [f"mail {number}" for number in range(60)]
    assert [mail["To"] for mail in stage.sent()] == [f"kari@shop{number}.example" for number in range(47, 60)]
    assert (stage.folder(), len(stage.folder(Tray.REVIEW)), len(stage.tickets())) == ([], 47, 60)
    assert {ticket.state for ticket in stage.tickets()[:47]} == {"review"}


def test_f49_a_backlog_of_ten_batches_is_emptied_oldest_first(stage: Stage):
    stage.with_limits(batch_mails=3)
    with stage.dovecot.client(stage.user) as client:
        for number in range(30):
            client.append("INBOX", numbered(number))
    assert stage.works()["sent"] == 30
    assert handled(stage) == [f"mail {number}" for number in range(30)]
    assert [row.subject for row in stage.tickets()] == handled(stage)
    assert stage.folder() == []


# ── mail that cannot be handled ─────────────────────────────────────────────────────────────────────


def test_f18_a_mail_in_a_closed_ticket_is_filed_like_any_other(stage: Stage):
    answer = stage.asked()
    stage.sql("UPDATE ticket SET state = 'closed'")
    stage.arrives(letter("Pengene er her nå, men ikke for alle butikkene.", In_Reply_To=answer["Message-ID"]))
    stage.works()
    for _ in range(3):
        assert stage.works() == {}
    (ticket,) = stage.tickets()
    assert (ticket.state, len(stage.rows(schema.mail)), stage.folder()) == ("review", 2, [])


def test_f19_a_mail_that_fails_is_set_aside_once_and_not_tried_at_every_look(stage: Stage):
    stage.sql(BREAKS_A_RULE)
    stage.arrives(numbered(1, subject="poison"))
    assert stage.works() == {"trouble": 1}
    for _ in range(3):
        assert stage.works() == {}
    (troubled,) = stage.troubled()
    assert (troubled.raw, troubled.tries) == (numbered(1, subject="poison"), 1)
    stage.sql("DROP TRIGGER poison ON mail")
    assert retry(troubled, stage.desk) == "redirect"
    assert (len(stage.tickets()), stage.troubled()) == (1, [])


def test_f27_a_failure_leaves_a_quarantine_row_and_no_mark_on_the_mail(stage: Stage):
    stage.sql(BREAKS_A_RULE)
    stage.arrives(numbered(1, subject="poison"))
    with stage.dovecot.client(stage.user) as staff:
        staff.select_folder("INBOX")
        staff.add_flags([1], [b"\\Flagged"])
    stage.works()
    (flags,) = stage.dovecot.flags(stage.user, "Triage/Trouble").values()
    assert set(flags) - {b"\\Recent"} == {b"\\Flagged"}
    assert [row.stage for row in stage.troubled()] == ["record"]


def test_f31_no_mail_is_filed_without_a_row_that_says_why(stage: Stage):
    stage.with_limits(mail_bytes=20_000)
    stage.sql(BREAKS_A_RULE)
    odd = [
        numbered(1),
        letter("Jeg er på ferie.", sender="per@shop.example", Auto_Submitted="auto-replied"),
        letter("Buy now", sender="spam@shop.example", X_Spam_Flag="YES"),
        letter("x" * 30_000, sender="stor@shop.example"),
        numbered(2, subject="poison"),
        b"Subject: no sender\r\n\r\nHei\r\n",
        b"\r\n",
        b"\x00\xff\x00 no mail at all",
        letter("Til oss selv", sender="integration@vipps.no"),
        letter("Hvem er dere?", sender="ukjent@elsewhere.example", subject="Re: [VSD-10000]"),
    ]
    for raw in odd:
        stage.dovecot.deliver(stage.user, raw)
    stage.works()
    trays = {tray: len(stage.folder(tray)) for tray in Tray}
    rows = Counter(Tray(row.tray) for row in stage.rows(schema.mail))
    assert (stage.folder(), sum(trays.values())) == ([], len(odd))
    assert trays == {tray: rows[tray] for tray in Tray} | {Tray.TROUBLE: len(stage.troubled())}
    assert trays[Tray.TROUBLE] == 2


def test_f36_a_mail_that_the_database_refuses_at_any_place_of_a_batch_troubles_no_other(stage: Stage):
    """F34 as well: each place from the first to the last."""
    stage.sql(BREAKS_A_RULE)
    for place in range(5):
        for number in range(5):
            odd = {"subject": "poison"} if number == place else {}
            stage.arrives(numbered(5 * place + number, **odd))
        tally = stage.works()
        assert (tally["trouble"], tally["redirect"], tally["sent"]) == (1, 4, 4), place
    assert (len(stage.troubled()), len(stage.tickets()), stage.folder()) == (5, 20, [])


@pytest.mark.parametrize("stage_of_work", ["parse", "reason_for_silence"])
def test_a_mail_that_breaks_the_reader_at_any_place_of_a_batch_troubles_no_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, stage_of_work: str
):
    """F34: a fault of our own in reading or guarding, which no mail is known to provoke."""
    sound = getattr(understanding, stage_of_work)

    def breaks(read: object, *more: object) -> object:
        if b"poison" in (read if isinstance(read, bytes) else read.subject.encode()):  # type: ignore[attr-defined]
            raise RecursionError("too deep")
        return sound(read, *more)

    monkeypatch.setattr(understanding, stage_of_work, breaks)
    for place in range(5):
        for number in range(5):
            stage.dovecot.deliver(
                stage.user, numbered(5 * place + number, **{"subject": "poison"} if number == place else {})
            )
        tally = stage.works()
        assert (tally["trouble"], tally["redirect"]) == (1, 4), place
    assert (len(stage.troubled()), len(stage.tickets()), stage.folder()) == (5, 20, [])
