"""Staff hear when the desk turns red and when it is over: once each, whatever restarts or breaks in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.office import Office
from triage.health import watching
from triage.health.judging import Patience
from triage.health.pulse import Pulse
from triage.health.supervisor import Supervisor
from triage.health.telling import Teller
from triage.health.watching import Watcher, patience_for
from triage.store import schema, trouble
from triage.store.store import Store, StoreLost
from triage.transport.mailbox import Examination, MailboxLost, MailboxRefused
from triage.transport.smtp import Answer, Delivery, Fate, RelayLost

REFUSED = MailboxRefused("local: imap.desk.example refuses the login of 'desk'")


@dataclass
class Way:
    """The mail server that takes alerts; `down` makes it unreachable."""

    subjects: list[str]
    down: bool = False

    def send(self, message: bytes, sender: str, recipients: tuple[str, ...]) -> Delivery:
        if self.down:
            raise RelayLost("nothing answers at 127.0.0.1:25")
        subject = str(message_from_bytes(message, policy=policy.default)["Subject"])
        self.subjects.append(subject.partition("] ")[2])
        return Delivery(tuple(Answer(each, Fate.ACCEPTED, 250, "ok") for each in recipients))

    def examine(self, sender: str) -> Examination:
        return Examination(())

    def close(self) -> None:
        """Nothing is open."""


class Said(Supervisor):
    """What systemd heard."""

    def __init__(self) -> None:
        super().__init__({})
        self.words: list[str] = []

    def _say(self, words: str) -> None:
        self.words.append(words)


class Broken(Store):
    """The same database, which can be lost."""

    lost = False

    @contextmanager
    def connection(self, *, synced: bool = True) -> Iterator[sa.Connection]:
        if self.lost:
            raise StoreLost("the database is lost: disk full")
        with super().connection(synced=synced) as db:
            yield db

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        if self.lost:
            raise StoreLost("the database is lost: disk full")
        with super().snapshot() as db:
            yield db


class Now:
    """A clock for ages and moments."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def moment(self) -> datetime:
        return datetime.fromisoformat("2026-03-02T08:00:00+00:00") + timedelta(seconds=self.seconds)


@dataclass
class Scene:
    watcher: Watcher
    pulse: Pulse
    way: Way
    store: Broken
    now: Now
    systemd: Said

    def look(self, seconds: float = 0.0) -> None:
        self.now.seconds += seconds
        self.watcher.look()

    def restart(self) -> None:
        """A new process with the same database."""
        self.pulse = Pulse(["local"], 60, self.now, self.now.moment)
        teller = replace(self.watcher.teller, _directly=set())
        self.watcher = replace(self.watcher, pulse=self.pulse, teller=teller)


@pytest.fixture
def scene(office: Office) -> Scene:
    now, way, systemd = Now(), Way([]), Said()
    store = Broken(office.desk.store._engine, now.moment)
    pulse = Pulse(["local"], 60, now, now.moment)
    alerts = replace(office.desk.alerts, to=("on-call@desk.example",))
    teller = Teller(store, alerts, way, "integration@vipps.no", "one")
    return Scene(Watcher(store, pulse, patience_for(60, 60, "one"), teller, systemd), pulse, way, store, now, systemd)


def test_a_healthy_desk_tells_nobody_and_writes_nothing(scene: Scene):
    scene.pulse.looked("local", 0)
    for _ in range(3):
        scene.look(1)
    assert scene.way.subjects == []
    with scene.store.connection() as db:
        assert db.execute(sa.select(schema.alert)).all() == []


def test_red_is_told_once_and_its_end_once_across_restarts(scene: Scene):
    for _ in range(3):
        scene.pulse.failed("local", REFUSED, 2)
        scene.look(20)
        scene.restart()
    assert scene.way.subjects == ["the mailbox cannot be read: local: imap.desk.example refuses the login of 'desk'"]
    for _ in range(3):
        scene.pulse.looked("local", 0)
        scene.look(20)
        scene.restart()
    assert scene.way.subjects[1:] == [
        "Over: the mailbox cannot be read: local: imap.desk.example refuses the login of 'desk'"
    ]


def test_a_desk_that_has_just_started_does_not_call_off_an_alarm(scene: Scene):
    scene.pulse.failed("local", REFUSED, 2)
    scene.look()
    scene.restart()
    scene.look(5)
    assert len(scene.way.subjects) == 1


def test_a_short_failure_is_nobodys_trouble_and_a_long_one_is(scene: Scene):
    scene.pulse.looked("local", 0)
    for _ in range(5):
        scene.pulse.failed("local", MailboxLost("nothing answers"), 2)
        scene.look(20)
    assert scene.way.subjects == []
    scene.pulse.failed("local", MailboxLost("nothing answers"), 2)
    scene.look(30)
    assert scene.way.subjects == ["the mailbox cannot be read: nothing answers"]


def test_a_desk_that_stands_by_shows_its_failure_and_leaves_telling_to_the_other(scene: Scene):
    scene.pulse.failed("local", REFUSED, 2)
    scene.pulse.stands_by("local")
    scene.look()
    assert scene.watcher.picture().health.red
    assert scene.way.subjects == []


def test_mail_in_trouble_is_told_once_and_its_end_too(scene: Scene):
    with scene.store.connection() as db:
        trouble.note(db, trouble.Failure("local", "1", b"raw", "parse", "odd"), scene.now.moment())
    scene.pulse.looked("local", 0)
    for _ in range(2):
        scene.look(10)
    with scene.store.connection() as db:
        db.execute(sa.update(schema.trouble).values(state="resolved"))
    for _ in range(2):
        scene.look(10)
    said = "one mail could not be handled: triage trouble list"
    assert scene.way.subjects == [said, f"Over: {said}"]


def test_an_alarm_that_could_not_leave_leaves_when_its_way_is_open_again(scene: Scene):
    scene.way.down = True
    scene.pulse.failed("local", REFUSED, 2)
    scene.look()
    assert scene.way.subjects == []
    scene.way.down = False
    scene.look(30)
    scene.look(30)
    assert len(scene.way.subjects) == 1


def test_a_lost_database_is_told_past_it_once_and_its_end_once(scene: Scene):
    scene.pulse.looked("local", 0)
    scene.store.lost = True
    for _ in range(3):
        scene.look(10)
    assert scene.way.subjects == ["the database is lost: disk full"]
    assert scene.watcher.picture().health.red
    scene.store.lost = False
    for _ in range(2):
        scene.look(10)
    assert scene.way.subjects[1:] == ["Over: the database is lost"]


def test_what_the_desk_has_in_hand_is_not_taken_from_it_by_an_alarm(scene: Scene):
    with scene.store.connection() as db:
        row = {
            "kind": "alert",
            "route": "alerts",
            "template": "alert",
            "language": "en",
            "message_id": "in-hand@desk.example",
        }
        more = {
            "address": "a@desk.example",
            "domain": "desk.example",
            "fingerprint": "",
            "recipients": ["a@desk.example"],
        }
        state = {"message": b"Subject: [x] in hand\r\n\r\n", "state": "sending", "claimed_by": "alone", "said": ""}
        at = {"queued_at": scene.now.moment(), "next_at": scene.now.moment()}
        db.execute(sa.insert(schema.outbox).values(row | more | state | at))
    scene.pulse.failed("local", REFUSED, 2)
    scene.look()
    assert "in hand" not in scene.way.subjects
    assert len(scene.way.subjects) == 1


def test_systemd_hears_a_sign_of_life_only_while_the_threads_live(scene: Scene):
    scene.pulse.looked("local", 0)
    scene.look()
    assert scene.systemd.words == ["WATCHDOG=1", "STATUS=green"]
    scene.systemd.words.clear()
    scene.look(60 + watching.STUCK + 1)
    (status,) = scene.systemd.words
    assert status.startswith("STATUS=red: local: nothing was read for")


def test_the_textfile_is_written_with_every_look_and_a_folder_that_is_away_harms_nothing(scene: Scene, tmp_path: Path):
    scene.watcher.textfile = tmp_path / "triage.prom"
    scene.look()
    assert "triage_healthy 1.0" in scene.watcher.textfile.read_text()
    scene.watcher.textfile = tmp_path / "away" / "triage.prom"
    scene.look()


def test_looks_are_frequent_enough_for_the_window_and_the_watchdog(scene: Scene):
    assert scene.watcher.pause == 20
    scene.watcher.patience = Patience(4, timedelta(minutes=1), "one")
    assert scene.watcher.pause == pytest.approx(4 / 3)
    scene.systemd.patience = 0.9
    assert scene.watcher.pause == pytest.approx(0.3)


def test_who_asks_while_nobody_looks_any_more_hears_red(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    scene.pulse.looked("local", 0)
    scene.look()
    assert not scene.watcher.picture().health.red
    monkeypatch.setattr(watching, "_BLIND", -1.0)
    (reason,) = scene.watcher.picture().health.reasons
    assert reason.name == "watcher"


def test_the_watcher_goes_on_after_a_stumble_and_says_when_it_stops(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    stop, looks = threading.Event(), []

    def stumble(self: Watcher) -> None:
        looks.append(1)
        if len(looks) == 2:
            stop.set()
        raise ZeroDivisionError

    monkeypatch.setattr(Watcher, "look", stumble)
    scene.watcher.patience = Patience(0.01, timedelta(minutes=1), "one")
    scene.watcher.watch(stop)
    assert len(looks) == 2
    assert scene.systemd.words == ["STOPPING=1"]
