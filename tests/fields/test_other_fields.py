from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

GIVEN = [
    ("app_version", "Vipps app version 2.142.0", "2.142.0"),
    ("app_version", "App version: 3.1.4", "3.1.4"),
    ("app_version", "appversjon 2.142.0 på iPhone, iOS 17.1", "2.142.0"),
    ("app_version", "Android 14, versjon 2.142.0", "2.142.0"),
    ("app_version", "Vipps 2.142.0 (iOS 17.1)", "2.142.0"),
    ("app_version", "Sovelluksen versio on 2.142.0", "2.142.0"),
    ("app_version", "MT-appen 1.9.1 krasjer", "1.9.1"),
    ("app_version", "iOS 17.1", None),
    ("app_version", "iOS version 17.1", None),
    ("app_version", "iPhone 14 med iOS 17.1.2", None),
    ("app_version", "Android version 14.0", None),
    ("app_version", "plugin version 1.14.5", None),
    ("app_version", "Vipps plugin version 1.14.5", None),
    ("app_version", "Vipps-pluginen 1.14.5", None),
    ("app_version", "Android-appen 4.12.1", "4.12.1"),
    ("app_version", "the Vipps file changed at 04.12", None),
    ("app_version", "WooCommerce 8.2.1 and PHP 8.1", None),
    ("app_version", "Since the update to 24.22.0 the Vipps app closes itself", "24.22.0"),
    ("app_version", "Efter uppdateringen till 24.22.0 kraschar Vipps-appen", "24.22.0"),
    ("app_version", "After the update to iOS 18.1.1 the Vipps app hangs", None),
    ("app_version", "I updated my phone to 18.1.1 and now the Vipps app hangs", None),
    ("app_version", "Since the update to 9.3.1 of WooCommerce the Vipps app does not open", None),
    ("app_version", "nettleseren er versjon 130.0.6723. Appen har versjon 24.16.0", "24.16.0"),
    ("app_version", "Selaimen versio on 130.0.6723 ja sovelluksen versio on 24.16.0", "24.16.0"),
    ("app_version", "Browser: Safari, version 17.4.1. App: version 24.16.0", "24.16.0"),
    ("app_version", "our own app (version 3.2.0, iOS and Android) talks to our backend", None),
    ("app_version", "Vår app (iOS/Android, version 2.3.4) anropar vår server", None),
    ("app_version", "our app (3.2.0) opens Vipps (24.20.1), which shows an error", "24.20.1"),
    ("app_platform", "our own app (version 3.2.0, iOS and Android) talks to our backend", None),
    ("app_platform", "our apps for iOS and Android call our server", None),
    ("app_platform", "Our Android app opens Vipps and then nothing happens", "Android"),
    ("context_id", '"contextId":"aa0b2d5e (truncated...)', None),
    ("context_id", "traceId: 5c4d0f1b7e...", None),
    ("context_id", "The traceId is 5c4d0f1b7e.", "5c4d0f1b7e"),
    ("response", "413 Payload Too Large", "HTTP 413"),
    ("response", "415 Unsupported Media Type", "HTTP 415"),
    ("order_id", "orderId that the picture belongs to is BLOM.2026_0081.", "BLOM.2026_0081"),
    ("order_id", "Ordernumret som bilden hör till är BLOM.2026_0081.", "BLOM.2026_0081"),
    ("order_id", 'orderId "INV#2231" is rejected', "INV#2231"),
    ("order_id", "X-1 (orderId) on 71200 (MSN): cancel answers 400", "X-1"),
    ("order_id", "tilaustunnus (orderId) on bok-17", "bok-17"),
    ("order_id", "Reservasjonen R-20261118-7 kan ikke trekkes", "R-20261118-7"),
    ("order_id", "Ordren LØK-55 feiler", "LØK-55"),
    ("order_id", "Order 30014 went through, 30015 did not.", "30015"),
    ("order_id", "Ordre 30014 gikk bra, men 30015 feilet.", "30015"),
    ("order_id", "Order 30014 failed, 12000 kr never came.", "30014"),
    ("msn", "MSN 40518 (our own); the merchant is MSN 40519", "40519"),
    ("order_id", "The orderId is documented at docs.shop.example/2026 pages", None),
    ("order_id", "the order id validation is in v2.3.1 of the plugin", None),
    ("app_platform", "on my iPhone", "iOS"),
    ("app_platform", "Android 14", "Android"),
    ("app_platform", "in the browser", None),
    ("organization_number", "Org.nr. 918 713 867", "918713867"),
    ("organization_number", "Orgnr: 998724341", "998724341"),
    ("organization_number", "NO 918 713 867 MVA", "918713867"),
    ("organization_number", "CVR 38292188", "38292188"),
    ("organization_number", "CVR-nr.: DK38292188", "38292188"),
    ("organization_number", "Y-tunnus: 0737546-2", "0737546-2"),
    ("organization_number", "organisationsnummer 556036-0793", "556036-0793"),
    ("organization_number", "Polku Oy (FI07375462)", "0737546-2"),
    ("organization_number", "tlf 918 71 386", None),
    ("transaction_id", "transactionId: 5002819898", "5002819898"),
    ("transaction_id", '"transactionId":"5002819898"', "5002819898"),
    ("transaction_id", "the transaction 5002819898", None),
    ("context_id", '"contextId":"7b1c9a40-0000-4000-8000-1234567890ab"', "7b1c9a40-0000-4000-8000-1234567890ab"),
    (
        "context_id",
        "traceId: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    (
        "context_id",
        '"instance":"urn:uuid:7b1c9a40-0000-4000-8000-1234567890ab"',
        "7b1c9a40-0000-4000-8000-1234567890ab",
    ),
    ("context_id", "contextId: f70b8bf7-c843-4bea-95d9-94725b19895f", None),
    ("date", "2024-05-12T08:42:41.775Z ERROR", "2024-05-12"),
    ("date", "den 12.05.2024 kl 10", "2024-05-12"),
    ("date", "12/05/2024", "2024-05-12"),
    ("date", "on 12 May 2024", "2024-05-12"),
    ("date", "May 12, 2024", "2024-05-12"),
    ("date", "12. mai", "2024-05-12"),
    ("date", "12. toukokuuta", "2024-05-12"),
    ("relative_date", "feilet i går", "2024-05-13"),
    ("relative_date", "it fails since yesterday", "2024-05-13"),
    ("relative_date", "virhe tänään", "2024-05-14"),
    ("date", "before the concert on 21 August 2024", None),
    ("date", "Date: 2024-05-12", "2024-05-12"),
    ("date", "From: a@shop.example\nDate: 12 May 2024", None),
    ("relative_date", "the keys were fetched yesterday", None),
    ("date", '{"due": "2024-05-12"}', None),
    ("date", "you may 5 times", None),
    ("date", "12 market stalls", None),
    ("product", "POST /epayment/v1/payments", "epayment"),
    ("product", "POST /accesstoken/get then POST /ecomm/v2/payments", "ecom"),
    ("product", "the Recurring API", "recurring"),
    ("product", "Order Management", "order_management"),
    ("product", "a recurring problem", None),
    ("product", "log in to the portal", None),
]


@pytest.mark.parametrize(("name", "text", "expected"), GIVEN)
def test_a_field_is_found_when_it_is_given(field, name, text, expected):
    assert field(name, text) == expected


def test_the_senders_phone_and_name_stand_in_the_signature(field):
    given = mail("Hi", signature="Kari Nordmann\nAcme AS\nOrg.nr 918 713 867\nTlf. +47 912 34 568")
    assert field("contact_phone", given) == "+4791234568"
    assert field("contact_name", given) == "Kari Nordmann"


def test_an_organization_number_with_a_wrong_check_digit_is_shown_but_is_no_value(inspector, field):
    found = [f for f in inspector.inspect(mail("Org.nr 987654321")).findings if f.field == "organization_number"]
    assert [(f.value, f.note) for f in found] == [("987654321", "invalid")]
    assert field("organization_number", "Org.nr 987654321") is None


def test_an_organization_number_some_words_behind_its_name_counts_when_its_check_digit_is_right(field):
    assert field("organization_number", "Orgnr til kunden vår er 918713867.") == "918713867"
    assert field("organization_number", "CVR-nummeret på vores kunde er 38292188") == "38292188"
    assert field("organization_number", "Orgnr til kunden vår er 918713868.") is None
