"""Calls, answers and logs are recognised by their shape; everyday mail has none of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rulebook.small_rulebook import mail

from tests.cpu import seconds
from triage.domain import Attachment
from triage.rulebook.loading import load
from triage.rulebook.schema import Sign, SignShape, StructureFile
from triage.rulebook.structure import Signs
from triage.yamlfile import read

RULES = Path(__file__).parents[2] / "rules"
BOOK = load(RULES)
SIGNS = Signs(BOOK.signs)
STATUSES = [one for one in read(RULES / "structure.yaml", StructureFile).value.rules if one.sign is Sign.STATUS]


def signs(text: str) -> dict[str, str]:
    found = SIGNS.evidence(mail(text))
    return {item.rule.partition("/")[2]: item.text for item in found}


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("vi får HTTP 400 på capture", "http-status", "HTTP 400"),
        ("HTTP/1.1 401 Unauthorized", "http-status", "HTTP/1.1 401"),
        ("statuskode: 403", "http-status", "statuskode: 403"),
        ("the answer was 502 Bad Gateway", "http-status", "502 Bad Gateway"),
        ("we get a 401 on the token", "status-in-prose", "get a 401"),
        ("feil 500 siden i går", "status-in-prose", "feil 500"),
        ("`POST:/something` gives", "api-call", "POST:/something`"),
        ("GET https://apitest.vipps.no/epayment/v1/payments/abc", "api-host", "apitest.vipps.no"),
        ("kall mot /ecomm/v2/payments/PR76TPDB/capture, takk", "api-path", "/ecomm/v2/payments/PR76TPDB/capture,"),
        ("ocp-apim-subscription-key: SAMPLE", "api-header", "ocp-apim-subscription-key"),
        ('[{"errorGroup":"Payment"}]', "error-body", '"errorGroup":"'),
        ("[errorCode] => 61", "error-body", "[errorCode] => 6"),
        ("AADSTS7000215: Invalid client secret", "error-code", "AADSTS7000215"),
        ("java.net.x\n  at com.acme.Pay(Pay.java:12)\nCaused by: x", "stack-trace", ".java:"),
        ("Cancel answers 402 today", "status-in-prose", "answers 402"),
        ("feilkode 99 i produksjon", "error-number", "feilkode 99"),
        ('{"amount": {"value": 50}}', "json", '"amount": {'),
        ("the payment is AUTHORIZED", "states", "AUTHORIZED"),
        ("avtale agr_5kSeqz", "agreement-or-charge", "agr_5kSeqz"),
        ("open vippsMT://?token=x", "callback-or-deeplink", "vippsMT://"),
        ("/access-management-1.0/access/oauth2", "api-path", "/access-management-1.0/access/oauth2"),
        ("we set skipLandingPage", "parameter-names", "skipLandingPage"),
        ("it says cURL error 28", "transport-error", "cURL error"),
        ("it says BAD\n  gateway", "transport-error", "BAD gateway"),
    ],
)
def test_what_belongs_to_a_call_is_seen(text: str, rule: str, words: str) -> None:
    assert signs(text).get(rule) == words


@pytest.mark.parametrize(
    "text",
    [
        "Vi holder til i Storgata 401, 0182 Oslo.",
        "Gebyret er kr 400 og 500 kr, prisen var 404,-.",
        "Vi får 400 kr for lite hver uke, og 500 kunder klager.",
        "Ring 400 12 345 eller +47 401 23 500.",
        "Vi fikk 403 ordrer i mai.",
        "Se /settlements på nettsiden og/eller spør.",
        "Jeg vil get /post en ting.",
        "Status: uendret. Feilen er hos banken.",
        "The payment was reserved and the request authorized, code 61 kr.",
    ],
)
def test_everyday_numbers_and_slashes_are_not(text: str) -> None:
    assert signs(text) == {}


def test_one_strong_sign_decides_alone_and_weak_ones_need_company() -> None:
    strong = BOOK.standings(BOOK.evidence(mail("POST:/ecomm/v2/payments svarer ikke")))
    assert (strong[0].topic, strong[0].strong) == ("technical", True)
    weak = BOOK.standings(BOOK.evidence(mail("vi får 401")))
    assert [(standing.topic, standing.strong) for standing in weak] == [("technical", False)]


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ('`errorCode` said: errorMessage: no, "errorCode": 1', "error-body", "errorMessage: n"),
        ("myerrorCode: 1, x('errorCode' => 2", "error-body", "'errorCode' => 2"),
        ("[x errorCode=1", "error-body", "errorCode=1"),
        ("the capture of 500 kr failed, we get 402 and 500 error", "status-in-prose", "get 402"),
        ("İİ Straße: ERRORCODE:7", "error-body", "ERRORCODE:7"),
        ("a pending one is PENDING now", "states", "PENDING"),
        ("GEThttps://shop.example/x", "api-call", "GEThttps://shop.example/x"),
        ("see x/epayment/v1/payments", "api-path", "/epayment/v1/payments"),
        ("agr_, chr_5k", "agreement-or-charge", "chr_5k"),
    ],
)
def test_the_first_thing_that_stands_as_it_must_is_shown(text: str, rule: str, words: str) -> None:
    assert signs(text).get(rule) == words


@pytest.mark.parametrize("shape", STATUSES, ids=lambda shape: shape.id)
def test_every_word_of_the_list_announces_or_explains_a_status(shape: SignShape) -> None:
    code = shape.codes[0]
    said = [
        *(f"{name.upper()}: {code}." for name in shape.names),
        *(f"{shape.names[0]} {filler} {code}" for filler in shape.fillers),
        *(f"{code} {word}" for word in shape.after),
    ]
    assert [text for text in said if shape.id not in signs(text)] == []


def test_attachments_share_one_cap() -> None:
    many = tuple(Attachment("a.txt", "text/plain", 9, "x" * 30_000) for _ in range(4))
    last = Attachment("b.txt", "text/plain", 9, "HTTP 400")
    assert SIGNS.evidence(replace(mail("se logg"), attachments=(*many, last))) == []
    assert SIGNS.evidence(replace(mail("se logg"), attachments=(*many[:2], last)))


def cpu(text: str) -> float:
    return seconds(lambda: SIGNS.evidence(mail(text)))


@pytest.mark.parametrize(
    "unit",
    [
        "HTTP 4",
        "400 ",
        "GET ",
        "POST:",
        "/ecomm/",
        '"errorCode" ',
        "status   ",
        "aadsts",
        "a" * 9,
        "/v2/payments",
        "curl ",
    ],
)
def test_no_text_takes_more_than_linear_time(unit: str) -> None:
    cpu(unit * 500)
    assert cpu(unit * 8_000) < 24 * max(cpu(unit * 1_000), 0.003)
