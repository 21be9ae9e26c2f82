"""Staff are told of each thing once, and once more when it is over."""

from __future__ import annotations

import threading

from triage.store import alerts
from triage.store.store import Store

from .conftest import Clock


def test_what_stays_wrong_is_told_once_and_what_comes_back_is_told_again(store: Store, clock: Clock):
    told = []
    for _ in range(2):
        with store.connection() as db:
            told += [alerts.begin(db, "breaker", "sending stopped", clock()) for _ in range(2)]
            told.append(alerts.end(db, "breaker", clock()) is not None)
            told.append(alerts.end(db, "breaker", clock()) is not None)
        clock.move(hours=1)
    assert told == [True, False, True, False] * 2


def test_an_event_is_told_once_for_ever(store: Store, clock: Clock):
    with store.connection() as db:
        told = [alerts.happened(db, "key_leak:VSD-10000", "keys", clock()) for _ in range(3)]
        assert (told, alerts.standing(db)) == ([True, False, False], [])


def test_what_is_wrong_now_is_listed_by_its_kind_oldest_first(store: Store, clock: Clock):
    with store.connection() as db:
        for name in ("incident:b", "incident:a", "incident_:c", "breaker"):
            alerts.begin(db, name, f"{name} it is", clock())
            clock.move(minutes=1)
        assert [each.name for each in alerts.standing(db, "incident:")] == ["incident:b", "incident:a"]
        assert len(alerts.standing(db)) == 4


def test_of_two_desks_that_notice_at_once_one_tells(store: Store, clock: Clock):
    told: list[bool] = []

    def notice() -> None:
        with store.connection() as db:
            told.append(alerts.begin(db, "breaker", "sending stopped", clock()))

    desks = [threading.Thread(target=notice) for _ in range(4)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert sorted(told) == [False, False, False, True]
