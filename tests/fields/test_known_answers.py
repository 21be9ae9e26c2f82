from __future__ import annotations

from datetime import date

import pytest

from tests.fields.short_mails import TODAY, mail, reading
from triage.fields.known_answers import MOST_HINTS

HINTS = [
    ("HTTP 401 Access denied due to invalid subscription key", "subscription-key-wrong"),
    ("AADSTS700016: Application with identifier x was not found", "wrong-client-id"),
    ('POST /ecomm/v2/payments gives 500 {"errorGroup":"VippsError","errorCode":"99"}', "vipps-error-99"),
    ("403 Merchant Not Allowed for Ecommerce Payment", "login-only-sale-unit"),
    ("We get 403 with our partner keys", "partner-keys-403"),
    ("Invalid MSN: 223344. Check the API keys", "msn-keys-mismatch"),
    ("404 Requested Order not found", "order-not-found"),
    ('POST /ecomm/v2/payments {"errorGroup":"Merchant","errorCode":"34"}', "duplicate-order-id"),
    ('409 {"errorCode":"93"}', "idempotency-differs"),
    ("we get HTTP 429", "rate-limit"),
    ('POST /ecomm/v2/payments {"errorGroup":"User","errorCode":"81"}', "not-a-user"),
    ('PUT /ecomm/v2/payments/a-1/capture {"errorGroup":"Payment","errorCode":"61"}', "capture-too-high"),
    ("Webhooks never arrive", "no-callback"),
    ("400 callbackUrl is invalid", "callback-url-invalid"),
    ("CORS error in the browser", "cors"),
    ("merchant.not.allowed.for.recurring.operation", "recurring-not-allowed"),
    ("Login gives invalid_client", "login-client"),
    ("Userinfo gives invalid_grant", "login-grant"),
    ("force approve fails in test", "force-approve"),
    ("vi får {'errorCode':'1082'}", "code-1082"),
]


def hints(inspector, handbook, text, today=TODAY):
    seen = reading(inspector.inspect(mail(text)))
    return handbook.hints(seen, handbook.choose(seen), today)


@pytest.mark.parametrize(("text", "expected"), HINTS)
def test_a_known_error_brings_its_known_answer(inspector, handbook, text, expected):
    assert expected in hints(inspector, handbook, text)


def test_a_code_means_nothing_without_its_api_and_group(inspector, handbook):
    assert "not-a-user" not in hints(inspector, handbook, 'POST /psp/v3/init {"errorGroup":"User","errorCode":"81"}')
    assert "not-a-user" not in hints(
        inspector, handbook, 'POST /ecomm/v2/payments {"errorGroup":"Payment","errorCode":"81"}'
    )


def test_nothing_is_hinted_without_a_sign(inspector, handbook):
    assert hints(inspector, handbook, "Capture fails since Tuesday, MSN 223344") == ()


def test_there_are_never_more_than_three_hints(inspector, handbook):
    text = (
        "HTTP 401 invalid subscription key, HTTP 429, HTTP 423, CORS, callbackUrl is invalid, Invalid MSN: 223344, AADSTS700016, "
        "Requested Order not found, Merchant Not Allowed for Ecommerce Payment"
    )
    assert len(hints(inspector, handbook, text)) == MOST_HINTS


def test_an_answer_is_given_only_while_it_is_valid(inspector, handbook):
    assert hints(inspector, handbook, "we get HTTP 429", date(2023, 11, 30)) == ()
    assert handbook.answer("rate-limit").is_valid(TODAY)
    assert not handbook.answer("rate-limit").model_copy(update={"valid_until": date(2024, 5, 13)}).is_valid(TODAY)


def test_every_answer_has_a_full_address_and_a_text_in_english_and_norwegian(handbook):
    for answer in handbook.known.answers:
        assert answer.link.startswith("https://")
        assert answer.gist.en
        assert answer.gist.no
