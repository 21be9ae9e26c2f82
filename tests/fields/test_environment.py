from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

STATED = [
    ("we are in test", "test"),
    ("Environment: test", "test"),
    ("Environment: MT", "test"),
    ("it happens in the test environment", "test"),
    ("this is in Vipps MT", "test"),
    ("Miljø: prod", "production"),
    ("feiler i testmiljøet", "test"),
    ("Gjelder test (MT)", "test"),
    ("it fails in production", "production"),
    ("error in prod since noon", "production"),
    ("our live shop is hit", "production"),
    ("feiler i produksjon", "production"),
    ("vi ser det i prod", "production"),
    ("fejler i produktion", "production"),
    ("i vores testmiljø", "test"),
    ("vi är i skarp drift", "production"),
    ("i testmiljön", "test"),
    ("i produktionsmiljön", "production"),
    ("tuotannossa tulee virhe", "production"),
    ("testiympäristössä", "test"),
    ("Ympäristö: testi", "test"),
    ("It works in test, but fails in production", "production"),
    ("Works fine in production but in test we get 500", "test"),
    ("Fungerer i testmiljøet men ikke i prod.", "production"),
    ("It works in the test environment, not in production", "production"),
    ("Not in production yet, we are in test", "test"),
    ("vi er i test, ikke i produksjon", "test"),
    ("Fungerar i testmiljön men inte i produktion", "production"),
]

INFERRED = [
    ("POST https://apitest.vipps.no/ecomm/v2/payments", "test"),
    ("POST https://api.vipps.no/ecomm/v2/payments", "production"),
    ("the app opens vippsMT://?token=x", "test"),
    ("callback-mt-2.vipps.no cannot reach us", "test"),
]

NOTHING = [
    "real customers cannot pay, we lose money",
    "https://test.shop.example/checkout fails",
    "we want to test it first",
    "our unit test fails",
    "the product is great",
    "test-user cannot log in",
    "orderId test-123",
    '{"test": true}',
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_words_state_the_environment(field, text, expected):
    assert field("environment", text) == expected


@pytest.mark.parametrize(("text", "expected"), INFERRED)
def test_the_host_of_a_call_shows_the_environment(inspector, field, text, expected):
    assert field("environment", text) == expected
    found = next(f for f in inspector.inspect(mail(text)).findings if f.field == "environment")
    assert (found.where.value, found.note) == ("request", "inferred")


@pytest.mark.parametrize("text", NOTHING)
def test_what_states_nothing_is_not_taken_for_an_environment(field, text):
    assert field("environment", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "We are in the test environment: POST https://api.vipps.no/ecomm/v2/payments",
        "It fails in production: POST https://apitest.vipps.no/ecomm/v2/payments",
        "curl https://api.vipps.no/ecomm/v2/payments\ncurl https://apitest.vipps.no/ecomm/v2/payments",
    ],
)
def test_words_and_calls_that_disagree_are_a_conflict(field, text):
    assert field("environment", text) == "conflict"


def test_a_word_inside_an_address_states_nothing(inspector):
    given = mail("The callback is https://shop.example/callbacks(prod) today")
    assert not [found for found in inspector.inspect(given).findings if found.field == "environment"]
