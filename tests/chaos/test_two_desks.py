"""The short form of the storm over two desks; `make chaos` has the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.scene import Ground
from tests.chaos.two_desks import TAKEOVER, different_mails, sent_twice, storm

pytestmark = [pytest.mark.timeout(600), pytest.mark.dovecot, pytest.mark.postgres]
MAILS = 120


def test_two_desks_of_which_one_is_killed_and_one_frozen_do_what_one_desk_does(ground: Ground, tmp_path: Path):
    """F20: two fetchers on one mailbox leave no half rows, no second ticket, no second reply."""
    mails = different_mails(MAILS)
    alone = ground.case("postgresql", mails, batch=20)
    ground.recover(alone)
    expected = ground.outcome(alone)
    ground.close(alone)
    case = ground.case("postgresql", mails, batch=5, takeover=TAKEOVER)
    seen = storm(ground, case, tmp_path, every=0.5, blows=2)
    assert (seen.killed, seen.frozen) == (1, 1)
    assert ground.outcome(case) == expected
    assert expected.tickets == MAILS
    doubtful, doubled = sent_twice(ground, case)
    assert (doubled, len(ground.received()), ground.differing()) == (set(), expected.replies.total(), set())
    assert len(doubtful) <= 2
    ground.close(case)
