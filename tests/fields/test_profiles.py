from __future__ import annotations

import pytest

from tests.fields.short_mails import mail, reading
from triage.domain import Language

CHOSEN = [
    # a question without an error asks for nothing
    ("question", "Does ePayment support EUR?"),
    ("question", "Can we use one MSN for two shops?"),
    ("question", "How do I find client_id on the portal?"),
    ("question", "Hei, støtter dere flere valutaer i ePayment?"),
    ("question", "Vi lurer på om webhooks kan sendes til to adresser."),
    ("question", "Kan man bruke det samme MSN-et i to butikker?"),
    ("question", "Understøtter I delvise captures?"),
    ("question", "Stöder ni delvis återbetalning?"),
    ("question", "Vi undrar om Recurring kan användas med Checkout."),
    ("question", "Tukeeko ePayment euroja?"),
    ("question", "Haluaisimme tietää, voiko samaa avainta käyttää kahdessa kaupassa."),
    # trouble is no question, however it is put
    ("api", "Why do we get 400 on capture?"),
    ("api", "Can you see why payment acme-1001 is pending?"),
    ("api", "Hvorfor feiler capture?"),
    ("api", "Varför misslyckas capture?"),
    ("api", "Miksi capture epäonnistuu?"),
    ("api", "Capture fails since Tuesday"),
    ("api", "Refund gir 500. PUT /ecomm/v2/payments/acme-1/refund"),
    ("api", "QR code creation fails with 400"),
    ("api", "Recurring charge chr-U7nVxQ9 FAILED"),
    ("api", "POST /order-management/v2/ecom/receipts/acme-1 gives 404"),
    ("login", "redirect_uri mismatch in Vipps Login"),
    ("login", "GET /access-management-1.0/access/oauth2/auth gives invalid_request"),
    ("login", "Userinfo returns 401"),
    ("access_token", "POST /accesstoken/get returns 401"),
    ("access_token", "We cannot get an access token, we get 401"),
    ("access_token", "Vi får 401 når vi henter access token"),
    ("access_token", "AADSTS700016 when fetching the token"),
    ("access_token", "Vi kan inte hämta access token"),
    ("access_token", "Access tokenin haku epäonnistuu"),
    ("callback", "We do not receive callbacks for orderId acme-1"),
    ("callback", "Webhooks never arrive"),
    ("callback", "Callback kommer ikke frem"),
    ("callback", "Vi mottar ikke webhooks"),
    ("callback", "Vi modtager ikke callbacks"),
    ("callback", "Vi får inga callbacks"),
    ("callback", "Emme saa webhook-kutsuja, callback puuttuu"),
    ("app", "The Vipps app crashes when I open it"),
    ("app", "Vipps-appen krasjer på Android 14"),
    ("app", "Appen crasher på iPhone"),
    ("app", "Vipps-appen kraschar"),
    ("app", "Vipps-sovellus kaatuu"),
    ("app", "My test account on vipps MT returns 401"),
    ("app", "Testappen viser bare tre prikker"),
    ("report", "GET /report/v1/ledgers gives 403"),
    ("plugin", "WooCommerce: the payment hangs, order Woo123 shows an error"),
    ("api", "Our own plugin calls POST /ecomm/v2/payments and gets 400"),
    ("new_customer", "We are a new customer and ordered three weeks ago, nothing works"),
]


@pytest.mark.parametrize(("expected", "text"), CHOSEN)
def test_the_profile_follows_from_what_the_mail_says(inspector, handbook, expected, text):
    assert handbook.choose(reading(inspector.inspect(mail(text)))).name == expected


MISSING = [
    ("api", "Capture fails", ("msn", "environment", "order_id", "request", "response")),
    (
        "api",
        "Recurring, MSN 223344, in test: charge on agr_5kSeqz7 gives 400. POST /recurring/v3/agreements/agr_5kSeqz7/charges",
        (),
    ),
    (
        "api",
        "In test, MSN 223344, order acme-1: POST https://api.vipps.no/ecomm/v2/payments gives 400",
        ("environment",),
    ),
    ("api", "MSN 123, in test, orderId acme-1, POST /ecomm/v2/payments gives 400", ("msn",)),
    ("question", "Does ePayment support EUR?", ()),
    ("callback", "No callback for acme-1? orderId acme-1 in prod, MSN 223344", ("request",)),
    ("app", "The Vipps app crashes, iOS 17.1, in prod", ("app_version",)),
    ("plugin", "WooCommerce plugin 1.14.5 shows an error, order Woo123, MSN 223344, live shop", ()),
]


@pytest.mark.parametrize(("profile", "text", "expected"), MISSING)
def test_exactly_what_is_missing_is_asked_for(inspector, handbook, profile, text, expected):
    read = reading(inspector.inspect(mail(text)))
    chosen = handbook.choose(read)
    assert chosen.name == profile
    assert handbook.missing(chosen, handbook.counting(read.inspection.findings)) == expected


def test_every_required_field_has_a_question_in_every_language(handbook):
    for profile in handbook.file.profiles:
        for name in (*profile.required, *profile.recommended):
            for language in Language:
                question = handbook.question(name, profile.name, language)
                assert question.why
                assert question.name != name or name in ("client_id", "redirect_uri", "scope")


def test_a_conflict_is_explained_with_both_sides(inspector, handbook):
    found = inspector.inspect(mail("In the test environment: POST https://api.vipps.no/ecomm/v2/payments")).findings
    conflict = handbook.conflict(found, Language.EN)
    assert (conflict.said, conflict.called) == ("the test environment", "production")
    assert handbook.conflict(found[1:], Language.EN) is None
