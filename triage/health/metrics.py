"""The desk's figures for Prometheus: a page while it runs, a text file from cron. The only home of prometheus-client.

Counts come from the ledger, so they survive a restart and are the same at every desk that shares it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from triage.health.judging import Health, Picture
from triage.health.pulse import Beat
from triage.store.signs import Signs

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Family = GaugeMetricFamily | CounterMetricFamily


def page(picture: Picture) -> bytes:
    """The text that Prometheus reads, with the process's own memory, processor time and descriptors."""
    registry = _registry(picture)
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def write_file(path: Path, picture: Picture) -> None:
    """A file for node_exporter's textfile collector, which is another user; it is replaced whole. Raises OSError."""
    write_to_textfile(str(path), _registry(picture))
    path.chmod(0o644)


def _registry(picture: Picture) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Snapshot(picture))
    return registry


class _Snapshot(Collector):
    """Figures of one moment."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def collect(self) -> Iterator[Family]:
        yield from _health(self._picture.health)
        yield from _mailboxes(self._picture.beats.mailboxes)
        if self._picture.signs is not None:
            yield from _ledger(self._picture.signs, self._picture.health)


def _health(health: Health) -> Iterator[Family]:
    yield GaugeMetricFamily("triage_healthy", "1 when nothing is wrong, as /healthz says it", int(not health.red))
    yield GaugeMetricFamily("triage_judged_timestamp_seconds", "When health was judged", health.at.timestamp())
    problems = GaugeMetricFamily("triage_problem", "1 for everything that is wrong now", labels=["name"])
    for reason in health.reasons:
        problems.add_metric([reason.name], 1)
    yield problems


def _mailboxes(beats: tuple[Beat, ...]) -> Iterator[Family]:
    tended = GaugeMetricFamily("triage_mailbox_tended", "1 where this desk reads the mailbox", labels=["mailbox"])
    looked = GaugeMetricFamily(
        "triage_mailbox_last_look_timestamp_seconds", "When the mailbox was last read to its end", labels=["mailbox"]
    )
    left = GaugeMetricFamily("triage_mailbox_left", "Mails in the inbox after the last look", labels=["mailbox"])
    for beat in beats:
        tended.add_metric([beat.mailbox], int(beat.tended))
        if beat.looked_at:
            looked.add_metric([beat.mailbox], beat.looked_at.timestamp())
        if beat.left is not None:
            left.add_metric([beat.mailbox], beat.left)
    yield from (tended, looked, left)


def _ledger(signs: Signs, health: Health) -> Iterator[Family]:
    handled = CounterMetricFamily("triage_mails_handled", "Mails handled, by what was done", labels=["action"])
    for action, count in sorted(signs.handled.items()):
        handled.add_metric([action], count)
    letters = GaugeMetricFamily("triage_letters", "Letters in the outbox", labels=["state"])
    for state, count in sorted(signs.letters.items()):
        letters.add_metric([state], count)
    yield from (handled, letters)
    age = (health.at - signs.waiting_since).total_seconds() if signs.waiting_since else 0.0
    yield GaugeMetricFamily("triage_outbox_oldest_seconds", "Age of the oldest letter that has not left", max(age, 0.0))
    yield GaugeMetricFamily("triage_trouble_mails", "Mails set aside", signs.trouble)
    yield GaugeMetricFamily(
        "triage_alerts_standing", "Alerts that staff got and that are not over", len(signs.standing)
    )
