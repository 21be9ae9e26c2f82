"""Since when each mailbox is the desk's."""

from __future__ import annotations

from tests.store.conftest import Clock
from triage.store import openings
from triage.store.store import Store


def test_the_first_opening_of_a_mailbox_stays_and_each_has_its_own(store: Store, clock: Clock):
    with store.connection() as db:
        assert openings.of(db, "support") is None
        openings.keep(db, "support", "7:100:2026-03-02", clock.now)
        openings.keep(db, "support", "7:200:2026-03-03", clock.now)
        openings.keep(db, "partners", "1:1:2026-03-02", clock.now)
    with store.connection() as db:
        assert openings.of(db, "support") == "7:100:2026-03-02"
        assert openings.of(db, "partners") == "1:1:2026-03-02"
