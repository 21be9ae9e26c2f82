"""What is special about a Maildir: other programs rename its files, and odd things lie in it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from servers.accounts import TRAYS, maildir_account

from triage.domain import Tray
from triage.transport.mailbox import Arrival, Bounds, MailboxRefused
from triage.transport.maildir import MaildirMailbox

RAW = b"Subject: x\n\nbody\n"


def waiting(mailbox: MaildirMailbox) -> list[Arrival]:
    return [arrival for batch in mailbox.waiting(Bounds()) for arrival in batch]


def put(maildir: Path, name: str, raw: bytes = RAW, part: str = "new") -> Path:
    path = maildir / part / name
    path.write_bytes(raw)
    return path


def test_an_id_stays_when_another_program_reads_and_flags_the_mail(maildir: Path) -> None:
    path = put(maildir, "1.M1P1.host")
    mailbox = MaildirMailbox(maildir_account(maildir))
    (before,) = waiting(mailbox)
    path.rename(maildir / "cur" / "1.M1P1.host:2,FS")
    assert [arrival.uid for arrival in waiting(mailbox)] == [before.uid] == ["1.M1P1.host"]
    mailbox.file([before.uid], Tray.ANSWERED)
    assert (maildir / ".Triage.Answered" / "cur" / "1.M1P1.host:2,FS").read_bytes() == RAW


def test_a_mail_flagged_between_looking_and_filing_is_filed(maildir: Path) -> None:
    path = put(maildir, "1.M1P1.host")
    mailbox = MaildirMailbox(maildir_account(maildir))
    (arrival,) = waiting(mailbox)
    path.rename(maildir / "cur" / "1.M1P1.host:2,S")
    mailbox.file([arrival.uid], Tray.SILENT)
    assert waiting(mailbox) == []
    assert (maildir / ".Triage.Silent" / "cur" / "1.M1P1.host:2,S").exists()


def test_a_new_desk_files_what_an_earlier_one_handled(maildir: Path) -> None:
    put(maildir, "1.M1P1.host")
    MaildirMailbox(maildir_account(maildir)).file(["1.M1P1.host"], Tray.ANSWERED)
    assert (maildir / ".Triage.Answered" / "cur" / "1.M1P1.host:2,").exists()


def test_a_mail_never_replaces_another_of_the_same_name_in_the_tray(maildir: Path) -> None:
    mailbox = MaildirMailbox(maildir_account(maildir))
    for raw in (b"first\n", b"second\n"):
        put(maildir, "1.M1P1.host", raw)
        mailbox.file([arrival.uid for arrival in waiting(mailbox)], Tray.REVIEW)
    filed = (maildir / ".Triage.Review" / "cur").iterdir()
    assert sorted(path.read_bytes() for path in filed) == [b"first\n", b"second\n"]


def test_only_mail_waits_whatever_else_lies_there(maildir: Path) -> None:
    put(maildir, "1.M1P1.host")
    put(maildir, "2.M1P1.host:2,ST", part="cur")
    put(maildir, ".hidden")
    put(maildir, "unfinished", part="tmp")
    (maildir / "new" / "folder").mkdir()
    os.mkfifo(maildir / "new" / "pipe")
    (maildir / "new" / "link").symlink_to("/etc/hostname")
    assert [arrival.uid for arrival in waiting(MaildirMailbox(maildir_account(maildir)))] == ["1.M1P1.host"]


def test_a_mail_that_vanishes_during_the_work_is_passed_over(maildir: Path) -> None:
    paths = [put(maildir, f"{number}.M1P1.host") for number in range(3)]
    for age, path in enumerate(paths):
        os.utime(path, (1_000 + age, 1_000 + age))
    batches = MaildirMailbox(maildir_account(maildir)).waiting(Bounds(batch_mails=1))
    assert next(batches)[0].uid == "0.M1P1.host"
    paths[1].unlink()
    assert [arrival.uid for batch in batches for arrival in batch] == ["2.M1P1.host"]


def test_a_quiet_folder_is_waited_on_without_looking_again(maildir: Path) -> None:
    for part in ("new", "cur"):
        os.utime(maildir / part, (1_000, 1_000))
    mailbox = MaildirMailbox(maildir_account(maildir))
    assert waiting(mailbox) == []
    assert mailbox.wait(0.05) is False


def test_a_folder_that_changed_a_moment_ago_is_looked_at_once_more(maildir: Path) -> None:
    """Modification times have a grain: a second mail in the same tick does not show."""
    mailbox = MaildirMailbox(maildir_account(maildir))
    put(maildir, "1.M1P1.host")
    assert len(waiting(mailbox)) == 1
    now = time.time()
    put(maildir, "2.M1P1.host")
    os.utime(maildir / "new", (now, now))
    assert mailbox.wait(30) is True
    assert len(waiting(mailbox)) == 2


def test_what_is_no_maildir_is_one_clear_line(tmp_path: Path) -> None:
    missing = MaildirMailbox(maildir_account(tmp_path / "nowhere"))
    with pytest.raises(MailboxRefused, match=r"local: no folder .*nowhere/new; make a Maildir there"):
        waiting(missing)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MailboxRefused, match=r"tray 'Triage/\w+' cannot be made"):
        MaildirMailbox(maildir_account(tmp_path / "file")).examine()


def test_trays_are_maildir_subfolders_that_mail_servers_show(maildir: Path) -> None:
    account = replace(maildir_account(maildir), trays={**TRAYS, Tray.SILENT: "Robots"})
    MaildirMailbox(account).examine()
    for name in (".Triage.Answered", ".Robots"):
        assert {path.name for path in (maildir / name).iterdir()} == {"tmp", "new", "cur", "maildirfolder"}


def test_a_file_name_in_another_character_set_gives_an_id_that_can_be_stored(maildir: Path) -> None:
    put(maildir, os.fsdecode(b"1.M1P1.bl\xe5b\xe6r"))
    mailbox = MaildirMailbox(maildir_account(maildir))
    (arrival,) = waiting(mailbox)
    assert arrival.uid.encode("utf-8") == rb"1.M1P1.bl\xe5b\xe6r"
    mailbox.file([arrival.uid], Tray.ANSWERED)
    assert waiting(mailbox) == []
