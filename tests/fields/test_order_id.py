from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

GIVEN = [
    ("orderId: PR76TPDB", "PR76TPDB"),
    ("order id acme-1001 fails", "acme-1001"),
    ("the order-id is acme-1001.", "acme-1001"),
    ("orderID=acme_1001", "acme_1001"),
    ("Order ID: 1649829359899", "1649829359899"),
    ("ordre-id: 100234", "100234"),
    ("ordreID er test123696", "test123696"),
    ("Ordrenummer 100234", "100234"),
    ("ordre 100234 feiler", "100234"),
    ("order #100234 is stuck", "100234"),
    ("order no. 100234", "100234"),
    ("Woo-ordre Woo123 feiler", "Woo123"),
    ("bestillingsnummer: A-77-1", "A-77-1"),
    ("Beställnings-id: se-1001", "se-1001"),
    ("ordernummer 100234", "100234"),
    ("Tilaustunnus: fi-1001", "fi-1001"),
    ("tilausnumero 100234", "100234"),
    ("Reference: acme-shop-77", "acme-shop-77"),
    ("referanse acme-shop-77", "acme-shop-77"),
    ("the same reference (acme-shop-77)", "acme-shop-77"),
    ("OrderId - acme-77", "acme-77"),
    ("payment acme-1001 never finishes", "acme-1001"),
    ("orderId:\nacme-1001\n", "acme-1001"),
    ("orderId | status\nacme-1001 | FAILED\n", "acme-1001"),
    ('{"transaction":{"orderId":"PR76TPDB"}}', "PR76TPDB"),
    ('{"orderId"\n:\n"PR76TPDB"}', "PR76TPDB"),
    ("{“orderId”: “PR76TPDB”}", "PR76TPDB"),
    ('{\\"orderId\\":\\"PR76TPDB\\"}', "PR76TPDB"),
    ('"reference": "abcdefgh"', "abcdefgh"),
    ("[orderId] => 000000123", "000000123"),
    ('["orderId"]=>\n  string(9) "000000123"', "000000123"),
    ("POST https://api.vipps.no/ecomm/v2/payments/acme-1001/capture", "acme-1001"),
    ("GET /epayment/v1/payments/ref-12345678", "ref-12345678"),
    ("PUT:/order-management/v2/ecom/categories/acme-1001", "acme-1001"),
    ("GET /order-management/v2/ECOM/acme-1001", "acme-1001"),
    ("https://shop.example/v2/payments/acme-1001 was never called", "acme-1001"),
    ("agreementId: agr_5kSeqz", "agr_5kSeqz"),
    ("the agreement agr_5kSeqz7 is gone", "agr_5kSeqz7"),
    ("charge chr-U7nVxQ9 FAILED", "chr-U7nVxQ9"),
    ("GET /recurring/v3/agreements/agr_TGSuPyV/charges", "agr_TGSuPyV"),
    ("pspReference: 7686f7788898767977", "7686f7788898767977"),
    ("pspTransactionId 7686f7788898767977", "7686f7788898767977"),
]

NOT_GIVEN = [
    "orderId:",
    "orderId:\nMSN: 223344",
    "orderId:\nHilsen Kari",
    "orderId: see attachment",
    "orderId: missing",
    "orderId: {{orderId}}",
    "orderId: <your order id>",
    "orderId: acme-shop-123-order123abc",
    "POST /ecomm/v2/payments/{orderId}/capture",
    "POST /ecomm/v2/payments/:orderId/capture",
    "POST /ecomm/v2/payments",
    "PUT /order-management/v2/ecom/categories/{orderId}",
    "with reference to VSD-48213",
    "Reference: VSD-48213",
    "med referanse til mail 12.05.2024",
    "vår ref: Kari Nordmann",
    "an order of 20000 kr",
    "order 20000 kr failed",
    "betaling 20000 feilet",
    "orders since 2023-05-01",
    "order 2 of them",
    "in order to test 123",
    "payment in 2024",
    "we had 25000 orders",
    "the order management API",
    "ordre fra 14.05.2024",
]


@pytest.mark.parametrize(("text", "expected"), GIVEN)
def test_an_order_id_is_found_however_it_is_given(field, text, expected):
    assert field("order_id", text) == expected


@pytest.mark.parametrize("text", NOT_GIVEN)
def test_nothing_else_is_taken_for_an_order_id(field, text):
    assert field("order_id", text) is None


def test_the_order_that_failed_counts_and_all_are_listed(inspector):
    found = inspector.inspect(mail("orderId acme-1 works, but orderId acme-2 fails")).findings
    assert [finding.value for finding in found if finding.field == "order_id"] == ["acme-2", "acme-1"]


def test_a_real_order_id_counts_before_what_stands_for_one(inspector):
    found = inspector.inspect(mail("agreement agr_5kSeqz7, orderId acme-1")).findings
    assert [(f.value, f.note) for f in found if f.field == "order_id"] == [
        ("acme-1", ""),
        ("agr_5kSeqz7", "agreement_id"),
    ]


def test_an_id_below_a_log_counts_like_one_above_it(field):
    log = "orderId= \n" * 500
    assert field("order_id", f"{log}It is orderId acme-77.") == "acme-77"
    assert field("order_id", f"It is orderId acme-77.\n{log}") == "acme-77"
