"""A mail on which the process dies is found out, set aside, and holds up no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from triage.transport.mailbox import Arrival
from triage.transport.suspects import DEATHS, Suspects


def mails(*uids: str) -> list[Arrival]:
    return [Arrival("support", uid, b"", 0, None) for uid in uids]


DEAD: list[object] = []  # what a dead process had begun is never ended, not even by the garbage collector


def die(folder: Path, mailbox: str, batch: Sequence[Arrival]) -> None:
    """As if the process were killed with these in hand."""
    working = Suspects(folder).in_hand(mailbox, batch)
    working.__enter__()
    DEAD.append(working)


def work(folder: Path, batch: Sequence[Arrival], poison: str) -> list[str]:
    """One life of a desk: what it handled or set aside, until it dies of the poison."""
    suspects, done = Suspects(folder), []
    for part in suspects.apart("support", batch):
        if suspects.deadly("support", part):
            done += [f"aside {part[0].uid}"]
            continue
        if poison in [mail.uid for mail in part]:
            die(folder, "support", part)
            return done
        with suspects.in_hand("support", part):
            done += [mail.uid for mail in part]
    suspects.clear("support")
    return done


def test_a_deadly_mail_is_set_aside_after_three_deaths_and_the_others_are_handled(tmp_path: Path):
    waiting, lives = mails("1:1", "1:2", "1:3", "1:4"), []
    while waiting:
        lives.append(work(tmp_path, waiting, poison="1:3"))
        waiting = [mail for mail in waiting if mail.uid not in lives[-1] and f"aside {mail.uid}" not in lives[-1]]
        assert len(lives) < 10
    assert lives == [[], ["1:1", "1:2"], [], ["aside 1:3", "1:4"]]
    assert len(lives) == DEATHS + 1
    assert list(tmp_path.iterdir()) == []


def test_a_death_of_another_cause_costs_nothing_but_smaller_batches(tmp_path: Path):
    batch = mails("1:1", "1:2")
    assert work(tmp_path, batch, poison="1:1") == []
    assert work(tmp_path, batch, poison="") == ["1:1", "1:2"]
    assert [len(part) for part in Suspects(tmp_path).apart("support", batch)] == [2]


def test_an_ordinary_failure_is_held_against_nobody(tmp_path: Path):
    suspects = Suspects(tmp_path)
    for _ in range(DEATHS):
        try:
            with suspects.in_hand("support", mails("1:1")):
                raise ValueError  # noqa: TRY301
        except ValueError:
            pass
    assert not Suspects(tmp_path).deadly("support", mails("1:1"))


def test_each_mailbox_has_its_own_suspects_whatever_it_is_called(tmp_path: Path):
    for name in ("a/b", "a.b", "../a", "ä"):
        die(tmp_path, name, mails("1:1"))
    assert len(list(tmp_path.iterdir())) == 4
    assert len(list(Suspects(tmp_path).apart("a/b", mails("1:1", "1:2")))) == 2


def test_desks_that_share_a_folder_do_not_suspect_each_others_mail(tmp_path: Path):
    die(tmp_path, "support", mails("1:1"))
    assert len(list(Suspects(tmp_path, "another").apart("support", mails("1:1", "1:2")))) == 1


def test_a_torn_file_suspects_nobody_and_a_full_disk_stops_nobody(tmp_path: Path):
    die(tmp_path, "support", mails("1:1"))
    (file,) = tmp_path.iterdir()
    file.write_text('{"1:1": ')
    assert len(list(Suspects(tmp_path).apart("support", mails("1:1", "1:2")))) == 1
    with Suspects(tmp_path / "nowhere").in_hand("support", mails("1:1")):
        pass
