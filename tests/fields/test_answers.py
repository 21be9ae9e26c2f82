from __future__ import annotations

import pytest

STATUSES = [
    ("HTTP/1.1 400 Bad Request", "HTTP 400"),
    ("HTTP 401", "HTTP 401"),
    ("`HTTP 400` response", "HTTP 400"),
    ("we get 400", "HTTP 400"),
    ("we get a 400 on capture", "HTTP 400"),
    ("it returns 500.", "HTTP 500"),
    ("status code: 404", "HTTP 404"),
    ("Statuskode 403", "HTTP 403"),
    ("vi får 400 på capture", "HTTP 400"),
    ("vi får 401 når vi henter token", "HTTP 401"),
    ("gir feil 500", "HTTP 500"),
    ("500-feil hver gang", "HTTP 500"),
    ("vi får fejl 404", "HTTP 404"),
    ("returnerer 409", "HTTP 409"),
    ("vi får 403 från API:et", "HTTP 403"),
    ("saamme 401 virheen", "HTTP 401"),
    ("palauttaa 500", "HTTP 500"),
    ("401 Unauthorized", "HTTP 401"),
    ("502 Bad Gateway", "HTTP 502"),
    ('"POST /x/y HTTP/1.1" 429 0', "HTTP 429"),
    ('{"status": 422, "x": 1}', "HTTP 422"),
]

BODIES = {
    "a": '[{"errorGroup":"Payment","errorCode":"61","errorMessage":"Captured amount exceeds","contextId":"x"}]',
    "b": '{"errorGroup":"Authentication","errorMessage":"x","errorCode":"invalid"}',
    "c": '{"orderId":"a-1","errorInfo":{"x":"y"}}',
    "d": '{"responseInfo":{"responseCode":"1000","responseMessage":"x"}}',
    "e": '{ "statusCode": 401, "message": "Access denied" }',
    "f": '{"error":"unauthorized_client","error_description":"AADSTS700016: x"}',
    "g": '{"type":"https://x.example","title":"Bad","detail":"wrong","instance":"urn:x"}',
    "g without colon": "[title] => Bad\n[detail] => wrong\n",
    "h": '{"type":"https://x.example/errors#invalid-agreement-id"}',
    "h dotted": "merchant.not.allowed.for.recurring.operation",
    "i": '{"error": "invalid_client"}',
    "j": '{"errorId":"81","errorText":"no such issuer"}',
    "k": '{"code": 10001, "message": "x"}',
    "l curl": "cURL error 28: Resolving timed out",
    "l tls": "the TLS handshake fails",
    "l cors": "has been blocked by CORS policy",
    "l page": "<html><head><title>502 Bad Gateway</title>",
    "wrapped": '{\n  "errorCode"\n  : "61"\n}',
    "print_r": "[errorCode] => 61",
    "var_dump": '["errorCode"]=>\n  string(2) "61"',
    "escaped": '{\\"errorCode\\":\\"61\\"}',
}

NOTHING = [
    "we get 400 kr per order",
    "we get 400 orders a day",
    "vi får 200 kr i gebyr",
    "it costs 500 NOK",
    "500 customers cannot pay",
    "room 404",
    "call me at 404 500 200",
    "since 200 days",
    "the response is wrong",
    "version 4.0.400",
]


@pytest.mark.parametrize(("text", "expected"), STATUSES)
def test_a_status_code_is_a_response_in_prose_too(field, text, expected):
    assert field("response", text) == expected


@pytest.mark.parametrize("shape", BODIES)
def test_every_shape_of_error_body_is_a_response(field, shape):
    assert field("response", BODIES[shape]) is not None


@pytest.mark.parametrize("text", NOTHING)
def test_amounts_and_counts_are_no_status(field, text):
    assert field("response", text) is None
