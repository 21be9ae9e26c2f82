"""The IMAP mailbox against a real Dovecot: TLS, logins, odd servers, other people's mail programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.accounts import TRAYS, imap_account
from servers.certificates import Certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.process import free_port

from triage.domain import Tray
from triage.transport.accounts import ImapAccount
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import Arrival, Bounds, MailboxLost, MailboxRefused

MakeMailbox = Callable[..., ImapMailbox]


def letter(number: int) -> bytes:
    return b"Subject: mail %d\r\n\r\nbody\r\n" % number


def waiting(mailbox: ImapMailbox, bounds: Bounds | None = None) -> list[Arrival]:
    return [arrival for batch in mailbox.waiting(bounds or Bounds()) for arrival in batch]


@pytest.fixture
def make_mailbox() -> Iterator[MakeMailbox]:
    made: list[ImapMailbox] = []

    def make(account: ImapAccount) -> ImapMailbox:
        made.append(ImapMailbox(account))
        return made[-1]

    yield make
    for mailbox in made:
        mailbox.close()


@pytest.fixture
def mailbox(dovecot: Dovecot, mail_user: str, make_mailbox: MakeMailbox) -> ImapMailbox:
    return make_mailbox(imap_account(dovecot, mail_user))


@pytest.fixture
def own_dovecot(dovecot: Dovecot) -> Iterator[Callable[..., Dovecot]]:
    """Servers of this test's own, which it may kill or configure (after the shared one showed there is one)."""
    made: list[Dovecot] = []

    def make(**options: str) -> Dovecot:
        made.append(Dovecot(**options))  # type: ignore[arg-type]
        made[-1].start()
        return made[-1]

    yield make
    for server in made:
        server.stop()


# ── the mailbox belongs to the staff ────────────────────────────────────────────────────────────────


def test_reading_and_filing_never_touch_a_flag(dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox) -> None:
    marks = {b"\\Seen", b"\\Flagged", b"$Important"}
    dovecot.append(mail_user, letter(1))
    dovecot.append(mail_user, letter(2))
    with dovecot.client(mail_user) as staff:
        staff.select_folder("INBOX")
        staff.add_flags([2], tuple(marks))
    arrivals = waiting(mailbox)
    assert len(arrivals) == 2
    assert [set(flags) for flags in dovecot.flags(mail_user).values()] == [set(), marks]
    mailbox.file([arrival.uid for arrival in arrivals], Tray.ANSWERED)
    filed = dovecot.flags(mail_user, "Triage/Answered").values()
    assert [set(flags) - {b"\\Recent"} for flags in filed] == [set(), marks]


def test_mail_that_staff_marked_as_deleted_is_theirs(dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox) -> None:
    dovecot.append(mail_user, letter(1))
    dovecot.append(mail_user, letter(2))
    with dovecot.client(mail_user) as staff:
        staff.select_folder("INBOX")
        staff.add_flags([1], [b"\\Deleted"])
    assert [arrival.raw for arrival in waiting(mailbox)] == [letter(2)]
    assert mailbox.count_waiting() == 1


def test_mail_that_staff_remove_during_the_work_is_passed_over(
    dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox
) -> None:
    for number in range(5):
        dovecot.append(mail_user, letter(number))
    batches = mailbox.waiting(Bounds(batch_mails=1))
    first = next(batches)
    with dovecot.client(mail_user) as staff:
        staff.select_folder("INBOX")
        staff.move([3], "Archive")
        staff.delete_messages([4])
        staff.expunge()
    rest = [arrival.raw for batch in batches for arrival in batch]
    assert [first[0].raw, *rest] == [letter(0), letter(1), letter(4)], "the second was fetched with the first"
    validity = first[0].uid.partition(":")[0]
    mailbox.file([f"{validity}:3", first[0].uid], Tray.ANSWERED)
    assert dovecot.mails(mail_user, "Triage/Answered") == [letter(0)]
    assert dovecot.mails(mail_user, "Archive") == [letter(2)]


def test_a_tray_that_staff_removed_is_made_again(dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox) -> None:
    dovecot.append(mail_user, letter(1))
    (arrival,) = waiting(mailbox)
    with dovecot.client(mail_user) as staff:
        staff.delete_folder("Triage/Review")
    mailbox.file([arrival.uid], Tray.REVIEW)
    assert dovecot.mails(mail_user, "Triage/Review") == [letter(1)]


def test_trays_are_subscribed_so_that_mail_programs_show_them(
    dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox
) -> None:
    assert waiting(mailbox) == []
    with dovecot.client(mail_user) as staff:
        assert {name for _, _, name in staff.list_sub_folders()} >= set(TRAYS.values())


def test_trays_may_have_any_name(dovecot: Dovecot, mail_user: str, make_mailbox: MakeMailbox) -> None:
    name = 'Triage/Besvart på norsk & "mer" ✓'
    mailbox = make_mailbox(replace(imap_account(dovecot, mail_user), trays=dict.fromkeys(Tray, name)))
    dovecot.append(mail_user, letter(1))
    mailbox.file([waiting(mailbox)[0].uid], Tray.ANSWERED)
    assert dovecot.mails(mail_user, name) == [letter(1)]


def test_hundreds_of_mails_are_filed_in_sets(dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox) -> None:
    for number in range(620):
        dovecot.deliver(mail_user, letter(number))
    uids = [arrival.uid for arrival in waiting(mailbox)]
    assert len(uids) == 620
    mailbox.file(uids, Tray.ANSWERED)
    assert len(dovecot.mails(mail_user, "Triage/Answered")) == 620
    assert mailbox.count_waiting() == 0


def test_bytes_come_through_whatever_they_are(dovecot: Dovecot, mail_user: str, mailbox: ImapMailbox) -> None:
    odd = b"Subject: \xe5\xff raw\r\n\r\n\x80\xfe {123}\r\n* 1 FETCH (x)\r\n)\r\n" + bytes(range(1, 256)) + b"\r\n"
    odd = odd.replace(b"\n", b"").replace(b"\r", b"\r\n")
    for raw in (odd, b"\r\n", b"no header at all\r\n"):
        dovecot.append(mail_user, raw)
    assert [arrival.raw for arrival in waiting(mailbox)] == [odd, b"\r\n", b"no header at all\r\n"]


# ── servers of other kinds ──────────────────────────────────────────────────────────────────────────


def test_a_server_that_keeps_folders_below_inbox_gets_its_own_prefix_and_separator(
    own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox
) -> None:
    server = own_dovecot(separator=".", prefix="INBOX.")
    user = server.new_user()
    server.append(user, letter(1))
    mailbox = make_mailbox(imap_account(server, user))
    mailbox.file([waiting(mailbox)[0].uid], Tray.ANSWERED)
    assert server.mails(user, "INBOX.Triage.Answered") == [letter(1)]
    full = make_mailbox(replace(imap_account(server, user), trays=dict.fromkeys(Tray, "INBOX.Done")))
    server.append(user, letter(2))
    full.file([waiting(full)[0].uid], Tray.ANSWERED)
    assert server.mails(user, "INBOX.Done") == [letter(2)]


@pytest.mark.parametrize("offers", ["UIDPLUS", ""])
def test_without_move_mail_is_copied_and_only_our_own_is_expunged(
    own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox, offers: str
) -> None:
    server = own_dovecot(extra=f"protocol imap {{\n imap_capability = IMAP4rev1 {offers}\n}}\n")
    user = server.new_user()
    for number in range(3):
        server.append(user, letter(number))
    mailbox = make_mailbox(imap_account(server, user))
    arrivals = waiting(mailbox)
    with server.client(user) as staff:
        staff.select_folder("INBOX")
        staff.add_flags([1], [b"\\Deleted"])
    mailbox.file([arrivals[1].uid], Tray.SILENT)
    assert server.mails(user, "Triage/Silent") == [letter(1)]
    assert letter(0) in server.mails(user), "what staff only marked is not ours to expunge"
    assert mailbox.count_waiting() == 1
    assert [arrival.raw for arrival in waiting(make_mailbox(imap_account(server, user)))] == [letter(2)]


def test_without_move_and_uidplus_the_inbox_is_still_emptied(
    own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox
) -> None:
    server = own_dovecot(extra="protocol imap {\n imap_capability = IMAP4rev1\n}\n")
    user = server.new_user()
    server.append(user, letter(1))
    mailbox = make_mailbox(imap_account(server, user))
    mailbox.file([waiting(mailbox)[0].uid], Tray.SILENT)
    assert server.mails(user) == []
    remarks = mailbox.examine().remarks
    assert [remark.split(":")[0].rpartition(" ")[2] for remark in remarks] == ["IDLE", "MOVE", "UIDPLUS"]


def test_without_idle_mail_is_seen_at_the_first_look_after_the_pause(
    own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox
) -> None:
    server = own_dovecot(extra="protocol imap {\n imap_capability = IMAP4rev1 MOVE UIDPLUS\n}\n")
    user = server.new_user()
    mailbox = make_mailbox(imap_account(server, user))
    assert waiting(mailbox) == []
    for number in range(3):
        server.append(user, letter(number))
        assert mailbox.wait(0.01) is True
        assert waiting(mailbox)[-1].raw == letter(number)


# ── loss and return ─────────────────────────────────────────────────────────────────────────────────


def test_a_server_killed_in_the_middle_is_a_loss_and_afterwards_all_goes_on(
    own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox
) -> None:
    server = own_dovecot()
    user = server.new_user()
    for number in range(4):
        server.append(user, letter(number))
    mailbox = make_mailbox(imap_account(server, user, timeout=5))
    batches = mailbox.waiting(Bounds(batch_mails=2))
    uids = [arrival.uid for arrival in next(batches)]
    server.kill()
    mailbox.file(uids, Tray.ANSWERED)
    with pytest.raises(MailboxLost):
        list(batches)
    with pytest.raises(MailboxLost, match="nothing answers"):
        waiting(mailbox)
    server.start()
    mailbox.file(uids, Tray.ANSWERED)
    assert [arrival.raw for arrival in waiting(mailbox)] == [letter(2), letter(3)]
    assert server.mails(user, "Triage/Answered") == [letter(0), letter(1)]


def test_a_server_killed_while_we_wait_is_noticed(
    own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox
) -> None:
    server = own_dovecot()
    mailbox = make_mailbox(imap_account(server, server.new_user(), timeout=5))
    assert mailbox.wait(0.05) in (True, False)
    assert waiting(mailbox) == []
    server.kill()
    with pytest.raises(MailboxLost):
        any(mailbox.wait(170) for _ in range(5))


# ── settings ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
def test_tls_is_checked_against_the_given_authority(
    dovecot: Dovecot, mail_user: str, certificates: Certificates, make_mailbox: MakeMailbox, tls: str
) -> None:
    dovecot.append(mail_user, letter(1))
    account = imap_account(dovecot, mail_user, tls=tls, ca_file=certificates.authority, host="localhost")  # type: ignore[arg-type]
    mailbox = make_mailbox(account)
    assert len(waiting(mailbox)) == 1
    assert mailbox.wait(0.05) in (True, False)
    mailbox.file([waiting(mailbox)[0].uid], Tray.ANSWERED)
    dovecot.append(mail_user, letter(2))
    assert mailbox.wait(170) is True, "IDLE works over TLS"
    for stranger in (certificates.stranger, None):
        with pytest.raises(MailboxRefused, match=r"certificate of localhost:\d+ is not valid .*'ca_file'"):
            waiting(make_mailbox(replace(account, ca_file=stranger)))


def test_a_certificate_for_another_host_is_refused(
    dovecot: Dovecot, mail_user: str, certificates: Certificates, make_mailbox: MakeMailbox
) -> None:
    account = imap_account(dovecot, mail_user, tls="ssl", ca_file=certificates.authority, host="127.0.0.2")
    with pytest.raises((MailboxRefused, MailboxLost), match=r"127\.0\.0\.2"):
        waiting(make_mailbox(account))


@pytest.mark.parametrize(
    ("change", "error", "line"),
    [
        ({"password": "SAMPLE-wrong"}, MailboxRefused, "refuses the login of .* correct 'user' or 'password'"),
        ({"password": "SAMPLE-blåbær"}, MailboxRefused, "refuses the login of .* correct 'user' or 'password'"),
        ({"host": "no-such-host.invalid"}, (MailboxRefused, MailboxLost), "no-such-host.invalid"),
        ({"host": "mail.example"}, MailboxRefused, "'tls: none' would send the password in clear"),
        ({"folder": "Nowhere"}, MailboxRefused, "opening the folder 'Nowhere'"),
        ({"tls": "ssl"}, MailboxRefused, r"does not speak TLS as expected .*check 'tls'"),
        ({"tls": "starttls", "ca_file": Path("/nonexistent/ca.pem")}, MailboxRefused, "'ca_file' .*cannot be read"),
        ({"tls": "ssl", "ca_file": Path("/etc/hosts")}, MailboxRefused, "'ca_file' .*no certificate"),
    ],
)
def test_every_wrong_setting_is_one_clear_line_without_the_password(
    dovecot: Dovecot,
    mail_user: str,
    make_mailbox: MakeMailbox,
    change: dict[str, object],
    error: type[Exception],
    line: str,
) -> None:
    account = replace(imap_account(dovecot, mail_user), **change)  # type: ignore[arg-type]
    with pytest.raises(error, match=line) as caught:
        waiting(make_mailbox(account))
    assert "\n" not in str(caught.value)
    assert str(account.password) not in str(caught.value)
    assert account.password not in repr(account)


def test_a_server_without_starttls_is_refused(own_dovecot: Callable[..., Dovecot], make_mailbox: MakeMailbox) -> None:
    server = own_dovecot()
    with pytest.raises(MailboxRefused, match="offers no STARTTLS; use 'tls: ssl'"):
        waiting(make_mailbox(imap_account(server, server.new_user(), tls="starttls")))


def test_a_server_that_is_down_is_lost_not_refused(make_mailbox: MakeMailbox) -> None:
    account = ImapAccount("support", "127.0.0.1", "desk", PASSWORD, TRAYS, free_port(), "none", timeout=2)
    with pytest.raises(MailboxLost, match=r"support: nothing answers at 127\.0\.0\.1"):
        waiting(make_mailbox(account))


def test_an_examination_warns_of_a_tray_that_empties_itself(
    dovecot: Dovecot, mail_user: str, make_mailbox: MakeMailbox
) -> None:
    account = imap_account(dovecot, mail_user)
    examined = make_mailbox(replace(account, trays={**TRAYS, Tray.SILENT: "Junk"})).examine()
    assert any("'Junk'" in remark and "choose another" in remark for remark in examined.remarks)
