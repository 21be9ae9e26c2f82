"""Of several orders, a log shows which one failed."""

from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

CALL = "https://api.vipps.no/epayment/v1/payments/{}/capture"
LOGS = {
    "the answer on the line below": f'07:01 POST {CALL.format("A-41")}\n07:01 200 OK\n07:05 POST {CALL.format("A-42")}\n07:05 402 [{{"errorCode":"44"}}]\n',
    "the answer on the same line": f"POST {CALL.format('A-42')} -> 409\nPOST {CALL.format('A-41')} -> 200\n",
    "the answer before the id": "status=200 order_id=A-41\nstatus=402 order_id=A-42\nstatus=200 order_id=A-43\n",
    "one JSON a line": '{"orderId":"A-41","status":200}\n{"orderId":"A-42","status":500}\n',
    "raw HTTP": f"POST {CALL.format('A-41')} HTTP/1.1\n\nHTTP/1.1 200 OK\n\nPOST {CALL.format('A-42')} HTTP/1.1\n\nHTTP/1.1 409 Conflict\n",
}


@pytest.mark.parametrize("shape", LOGS)
def test_the_order_whose_call_failed_counts(field, shape):
    assert field("order_id", mail("One is fine, the other is not.", logs=(LOGS[shape],))) == "A-42"
    assert field("order_id", LOGS[shape]) == "A-42"


def test_logs_of_several_files_are_read_each_by_itself(field):
    logs = (f"POST {CALL.format('A-41')}\n200 OK\n", f"POST {CALL.format('A-42')}\n409 Conflict\n")
    assert field("order_id", mail("See the logs.", logs=logs)) == "A-42"


def test_what_the_sender_says_counts_more_than_the_log(field):
    log = LOGS["the answer on the same line"]
    assert field("order_id", mail("The order that fails is A-41.", logs=(log,))) == "A-41"


def test_where_all_fail_the_first_order_counts(field):
    assert field("order_id", f"POST {CALL.format('A-41')} -> 500\nPOST {CALL.format('A-42')} -> 500\n") == "A-41"


def test_an_id_within_another_is_no_mention_of_it(field):
    log = f"POST {CALL.format('A-4')} -> 200\nPOST {CALL.format('A-4-1')} -> 500\nPOST {CALL.format('A-4')} -> 200\n"
    assert field("order_id", mail("See the log.", logs=(log,))) == "A-4-1"
