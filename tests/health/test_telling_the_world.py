"""What Prometheus and whoever asks /healthz get."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from triage.health.judging import Health, Picture, Reason
from triage.health.listening import PortTaken, listen
from triage.health.metrics import page, write_file
from triage.health.pulse import Beat, Beats
from triage.store.alerts import Alert
from triage.store.signs import Signs

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WRONG = Reason("mailbox support", "the mailbox cannot be read: password", AT - timedelta(minutes=2))
SIGNS = Signs(
    handled={"redirect": 7, "review": 2},
    letters={"sent": 9, "queued": 1},
    alerts_waiting=1,
    due_since=None,
    waiting_since=AT - timedelta(seconds=90),
    trouble=3,
    trouble_since=AT,
    standing=(Alert("trouble", AT, "said"),),
)
BEATS = Beats((Beat("support", looked_at=AT, left=4), Beat("other", tended=False)))
RED = Picture(Health(AT, (WRONG,), frozenset()), BEATS, SIGNS)
GREEN = replace(RED, health=Health(AT, (), frozenset({"outbox"})))

Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples(text: str) -> dict[Sample, float]:
    families = text_string_to_metric_families(text)
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for found in families for each in found.samples}


def test_the_page_holds_every_figure_in_prometheus_own_form():
    found = samples(page(RED).decode())
    expected: dict[Sample, float] = {
        ("triage_healthy", ()): 0,
        ("triage_problem", (("name", "mailbox support"),)): 1,
        ("triage_mailbox_tended", (("mailbox", "support"),)): 1,
        ("triage_mailbox_tended", (("mailbox", "other"),)): 0,
        ("triage_mailbox_left", (("mailbox", "support"),)): 4,
        ("triage_mailbox_last_look_timestamp_seconds", (("mailbox", "support"),)): AT.timestamp(),
        ("triage_mails_handled_total", (("action", "redirect"),)): 7,
        ("triage_letters", (("state", "sent"),)): 9,
        ("triage_outbox_oldest_seconds", ()): 90,
        ("triage_trouble_mails", ()): 3,
        ("triage_alerts_standing", ()): 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert ("process_resident_memory_bytes", ()) in found


def test_without_a_database_the_rest_is_still_told():
    found = samples(page(replace(RED, signs=None)).decode())
    assert found["triage_healthy", ()] == 0
    assert not any(name.startswith("triage_letters") for name, _ in found)


def test_the_file_is_whole_readable_by_others_and_leaves_nothing_beside_it(tmp_path: Path):
    file = tmp_path / "triage.prom"
    write_file(file, GREEN)
    write_file(file, RED)
    found = samples(file.read_text())
    assert found["triage_healthy", ()] == 0
    assert not any(name.startswith("process_") for name, _ in found)  # a run from cron is over when this is read
    assert file.stat().st_mode & 0o044 == 0o044
    assert list(tmp_path.iterdir()) == [file]


@contextmanager
def listening(ask: Callable[[], Picture], host: str = "127.0.0.1") -> Iterator[str]:
    server = listen(f"{host}:0", ask)
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_a_red_desk_answers_503_with_its_reasons():
    with listening(lambda: RED) as url:
        status, kind, body = ask(f"{url}/healthz")
    assert (status, kind) == (503, "application/json")
    told = json.loads(body)
    assert told["status"] == "red"
    assert told["reasons"] == [{"name": WRONG.name, "said": WRONG.said, "since": "2026-03-02T07:58:00+00:00"}]


def test_a_green_desk_answers_200_and_other_pages_are_unknown():
    with listening(lambda: GREEN) as url:
        assert ask(f"{url}/healthz?verbose=1")[0] == 200
        assert ask(f"{url}/metrics")[0] == 200
        assert ask(f"{url}/")[0] == 404


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
def test_ipv6_is_a_loopback_too():
    with listening(lambda: GREEN, "[::1]") as url:
        assert ask(f"{url}/healthz")[0] == 200


def test_somebody_who_says_nothing_keeps_nobody_waiting():
    with listening(lambda: GREEN) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))):
            assert ask(f"{url}/healthz")[0] == 200


def test_a_port_that_is_taken_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken, match=r"health\.listen.*choose another port"):
            listen(f"127.0.0.1:{taken.getsockname()[1]}", lambda: GREEN)


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "nowhere.invalid:9464"])
def test_an_address_that_is_none_is_one_clear_line(address: str):
    with pytest.raises(PortTaken, match="cannot be used"):
        listen(address, lambda: GREEN)
