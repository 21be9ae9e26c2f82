"""What every mailbox promises the desk, held by both homes: a real Dovecot and a Maildir."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.accounts import imap_account, maildir_account
from servers.dovecot import Dovecot

from triage.domain import Tray
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import Arrival, Bounds, Mailbox
from triage.transport.maildir import MaildirMailbox


def letter(number: int, size: int = 0) -> bytes:
    return b"Subject: mail %d\r\nMessage-ID: <m%d@shop.example>\r\n\r\nbody\r\n" % (number, number) + b"x" * size


@dataclass
class Home:
    """A mailbox under test, and the world around it."""

    mailbox: Mailbox
    deliver: Callable[[bytes], object]
    in_tray: Callable[[str], list[bytes]]
    again: Callable[[], Mailbox]
    flag: Callable[[bytes, bool], object]
    """Mark a mail as read, or as unread again."""


@pytest.fixture
def imap_home(dovecot: Dovecot, mail_user: str) -> Iterator[Home]:
    made: list[ImapMailbox] = []

    def again() -> ImapMailbox:
        made.append(ImapMailbox(imap_account(dovecot, mail_user)))
        return made[-1]

    def flag(raw: bytes, read: bool) -> None:
        with dovecot.client(mail_user) as client:
            client.select_folder("INBOX")
            found = client.search(["TEXT", raw.partition(b"\r\n")[0].decode()])
            (client.add_flags if read else client.remove_flags)(found, [b"\\Seen"])

    yield Home(
        again(),
        lambda raw: dovecot.append(mail_user, raw),
        lambda tray: dovecot.mails(mail_user, tray),
        again,
        flag,
    )
    for mailbox in made:
        mailbox.close()


@pytest.fixture
def maildir_home(maildir: Path) -> Home:
    account = maildir_account(maildir)
    names = iter(range(10_000_000, 20_000_000))

    def deliver(raw: bytes) -> None:
        name = f"17{next(names)}.M1P1.localhost"
        (maildir / "tmp" / name).write_bytes(raw)
        (maildir / "tmp" / name).rename(maildir / "new" / name)

    def in_tray(tray: str) -> list[bytes]:
        folder = maildir / f".{tray.replace('/', '.')}" / "cur"
        return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.exists() else []

    def flag(raw: bytes, read: bool) -> None:
        (path,) = (path for part in ("new", "cur") for path in (maildir / part).iterdir() if path.read_bytes() == raw)
        path.rename(maildir / "cur" / f"{path.name.partition(':')[0]}:2,{'S' * read}")

    return Home(MaildirMailbox(account), deliver, in_tray, lambda: MaildirMailbox(account), flag)


@pytest.fixture(params=["imap", "maildir"])
def home(request: pytest.FixtureRequest) -> Home:
    found: Home = request.getfixturevalue(f"{request.param}_home")
    return found


def waiting(mailbox: Mailbox, bounds: Bounds | None = None) -> list[Arrival]:
    return [arrival for batch in mailbox.waiting(bounds or Bounds()) for arrival in batch]


def test_an_empty_inbox_has_nothing_waiting(home: Home) -> None:
    assert waiting(home.mailbox) == []
    assert home.mailbox.count_waiting() == 0


def test_mail_comes_oldest_first_and_byte_for_byte(home: Home) -> None:
    for number in range(5):
        home.deliver(letter(number))
    found = waiting(home.mailbox)
    assert [arrival.raw for arrival in found] == [letter(number) for number in range(5)]
    assert {arrival.mailbox for arrival in found} == {home.mailbox.name}
    assert all(arrival.size == len(arrival.raw) and not arrival.trouble for arrival in found)


def test_the_time_of_arrival_is_told_in_utc(home: Home) -> None:
    home.deliver(letter(1))
    received = waiting(home.mailbox)[0].received
    assert received is not None
    assert received.tzinfo is UTC
    assert abs(datetime.now(UTC) - received) < timedelta(minutes=5)


def test_a_filed_mail_rests_in_its_tray_and_waits_no_more(home: Home) -> None:
    for number in range(3):
        home.deliver(letter(number))
    uids = [arrival.uid for arrival in waiting(home.mailbox)]
    home.mailbox.file([uids[0], uids[2]], Tray.ANSWERED)
    home.mailbox.file([uids[1]], Tray.REVIEW)
    assert home.in_tray("Triage/Answered") == [letter(0), letter(2)]
    assert home.in_tray("Triage/Review") == [letter(1)]
    assert waiting(home.mailbox) == []
    assert waiting(home.again()) == []


def test_filing_twice_or_what_is_gone_or_nothing_changes_nothing(home: Home) -> None:
    home.deliver(letter(1))
    home.deliver(letter(2))
    uid = waiting(home.mailbox)[0].uid
    home.mailbox.file([uid], Tray.SILENT)
    home.mailbox.file([uid], Tray.SILENT)
    home.mailbox.file([uid, "1:99999", "nonsense"], Tray.ANSWERED)
    home.mailbox.file([], Tray.ANSWERED)
    assert home.in_tray("Triage/Silent") == [letter(1)]
    assert home.in_tray("Triage/Answered") == []
    assert [arrival.raw for arrival in waiting(home.mailbox)] == [letter(2)]


def test_mail_given_out_but_not_filed_comes_again_under_the_same_id(home: Home) -> None:
    home.deliver(letter(1))
    first = waiting(home.mailbox)
    assert [arrival.uid for arrival in waiting(home.mailbox)] == [first[0].uid]
    assert [arrival.uid for arrival in waiting(home.again())] == [first[0].uid]


def test_what_people_had_read_when_the_desk_came_stays_theirs_and_all_else_waits(home: Home) -> None:
    for number in range(3):
        home.deliver(letter(number))
    home.flag(letter(1), True)
    time.sleep(0.2)  # a Maildir's clock is coarse
    opening = home.mailbox.opening()
    home.mailbox.begin(opening)
    home.deliver(letter(3))
    home.deliver(letter(4))
    home.flag(letter(3), True)
    ours = [letter(0), letter(2), letter(3), letter(4)]
    assert [arrival.raw for arrival in waiting(home.mailbox)] == ours
    later = home.again()
    later.begin(opening)
    assert later.count_waiting() == len(ours)
    assert [arrival.raw for arrival in waiting(later)] == ours


def test_an_old_mail_that_is_marked_as_unread_is_handed_to_the_desk(home: Home) -> None:
    home.deliver(letter(1))
    home.flag(letter(1), True)
    time.sleep(0.2)  # a Maildir's clock is coarse
    opening = home.mailbox.opening()
    home.mailbox.begin(opening)
    assert waiting(home.mailbox) == []
    home.flag(letter(1), False)
    later = home.again()
    later.begin(opening)
    assert [arrival.raw for arrival in waiting(later)] == [letter(1)]


def test_batches_are_bounded_by_count_and_by_bytes(home: Home) -> None:
    for number in range(7):
        home.deliver(letter(number, size=10_000))
    by_count = [len(batch) for batch in home.mailbox.waiting(Bounds(batch_mails=3))]
    by_bytes = [len(batch) for batch in home.mailbox.waiting(Bounds(batch_bytes=25_000))]
    alone = [len(batch) for batch in home.mailbox.waiting(Bounds(batch_bytes=1))]
    assert by_count == [3, 3, 1]
    assert by_bytes == [2, 2, 2, 1]
    assert alone == [1] * 7


def test_mail_arriving_during_the_work_waits_for_the_next_round(home: Home) -> None:
    """F29."""
    home.deliver(letter(1))
    home.deliver(letter(2))
    batches = home.mailbox.waiting(Bounds(batch_mails=1))
    first = next(batches)
    home.deliver(letter(3))
    home.mailbox.file([first[0].uid], Tray.ANSWERED)
    rest = [arrival.raw for batch in batches for arrival in batch]
    assert rest == [letter(2)]
    assert [arrival.raw for arrival in waiting(home.mailbox)] == [letter(2), letter(3)]


def test_an_oversized_mail_comes_as_its_header_alone_with_the_reason(home: Home) -> None:
    home.deliver(letter(1, size=50_000))
    home.deliver(letter(2))
    large, small = waiting(home.mailbox, Bounds(mail_bytes=20_000))
    assert large.oversized
    assert large.raw == letter(1).partition(b"body")[0]
    assert large.size == len(letter(1, size=50_000))
    assert "limits.mail_bytes" in large.trouble
    assert (small.raw, small.oversized, small.trouble) == (letter(2), False, "")


def test_waiting_ends_when_mail_comes_and_when_time_is_up(home: Home) -> None:
    quiet = [home.mailbox.wait(0.2) for _ in range(5) if waiting(home.mailbox) == []]
    assert quiet[-1] is False
    home.deliver(letter(1))
    assert home.mailbox.wait(30) is True
    assert [arrival.raw for arrival in waiting(home.mailbox)] == [letter(1)]


def test_mail_that_came_between_looking_and_waiting_is_not_slept_through(home: Home) -> None:
    for number in range(20):
        waiting(home.mailbox)
        home.deliver(letter(number))
        assert home.mailbox.wait(30) is True


def test_an_examination_names_the_trays_and_counts_the_mail(home: Home) -> None:
    home.deliver(letter(1))
    home.deliver(letter(2))
    home.flag(letter(1), True)
    examined = home.mailbox.examine()
    told = " ".join(examined.facts)
    assert "1 unread of 2" in told
    assert "Answered" in told
    assert examined.remarks == ()
