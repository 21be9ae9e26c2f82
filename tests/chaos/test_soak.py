"""The short form of `make soak`."""

from __future__ import annotations

import pytest

from tests.chaos.scene import Ground
from tests.chaos.soak import soak

pytestmark = [pytest.mark.timeout(600), pytest.mark.dovecot]


def test_a_daemon_at_work_keeps_no_memory_and_no_descriptors(ground: Ground):
    """What it loads once it loads in the first half; of what it does again and again nothing stays."""
    curve, case, sent = soak(ground, "sqlite", seconds=24, rate=12)
    ground.close(case)
    later = curve.later()
    assert sent > 250
    assert len(ground.received()) > 200
    assert max(later.megabytes) - later.megabytes[0] < 8
    assert max(later.descriptors) <= max(curve.descriptors[: len(curve.descriptors) // 2]) + 1
