"""What our own server found out about the sender counts; what a sender wrote there does not."""

from __future__ import annotations

import pytest

from triage.mail.authentication import UNNAMED, dmarc_result, fails_dmarc
from triage.mail.reader import parse

OURS = "mx.shop.example"
MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=shop.example; dkim=none (message not signed) header.d=none;"
    "dmarc=fail action=oreject header.from=shop.example;compauth=fail reason=000"
)


def told(*values: str, authserv: str = OURS) -> str:
    lines = "".join(f"Authentication-Results: {value}\r\n" for value in values)
    return dmarc_result(parse(f"From: kari@shop.example\r\n{lines}\r\nHei\r\n".encode()), authserv)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (f"{OURS}; dmarc=fail (p=none dis=none) header.from=shop.example", "fail"),
        (f"{OURS.upper()} 1; spf=pass smtp.mailfrom=x.example; DMARC = Fail", "fail"),
        (
            f"{OURS};\r\n\tdkim=pass header.d=shop.example;\r\n\tdmarc=pass (policy=none) header.from=shop.example",
            "pass",
        ),
        (f"{OURS} (our; own = server); dmarc/1=temperror", "temperror"),
        (f"{OURS}; none", ""),
        (f"{OURS}; x=1; policy.dmarc=fail", ""),
        ("mx.elsewhere.example; dmarc=fail", ""),
        (f"not-{OURS}; dmarc=fail", ""),
        ("", ""),
        (";;;=;=", ""),
    ],
)
def test_the_result_is_read_under_our_servers_name_alone(value: str, result: str):
    assert told(value) == result


def test_of_several_the_topmost_counts_for_below_it_anybody_writes():
    assert told(f"{OURS}; dmarc=fail", f"{OURS}; dmarc=pass") == "fail"
    assert told("mx.elsewhere.example; dmarc=pass", f"{OURS}; spf=pass", f"{OURS}; dmarc=fail") == "fail"


def test_a_server_without_a_name_is_read_when_the_config_says_so():
    assert (told(MICROSOFT, authserv=UNNAMED), told(MICROSOFT), told("dmarc=fail", authserv=UNNAMED)) == (
        "fail",
        "",
        "fail",
    )


def test_without_a_name_in_the_config_nothing_is_looked_at():
    assert not fails_dmarc(parse(f"Authentication-Results: {OURS}; dmarc=fail\r\n\r\n".encode()), None)


def test_a_header_without_end_is_read_at_once():
    assert told(f"{OURS}; " + "dmarc " * 9_000, f"{OURS}; {'(' * 9_000}") == ""
