"""Short mails as people write them: the values that count in each, and nothing else."""

from __future__ import annotations

import pytest

from tests.fields.short_mails import mail, reading
from triage.fields.inspecting import counted

FIELDS = ("msn", "order_id", "environment", "request", "response", "app_platform", "organization_number")
MAILS = [
    ("question", {}, set(), "We need to know if partial refunds are possible. Please advise."),
    ("question", {}, set(), "Vi trenger en oversikt over alle endepunkter som krever MSN i header."),
    ("question", {}, set(), "Er det lov å sende norske tegn i orderId, eller blir det avvist?"),
    ("api", {}, set(), "Kunden fick betala två gånger, hur kan det hända?"),
    ("api", {"msn": "40518"}, set(), "Can you see in your logs what happened with the payment on MSN 40518?"),
    ("question", {}, set(), "Kan vi bruge egne farver i Checkout? Det haster ikke."),
    ("question", {}, set(), "Voiko Checkoutin logon vaihtaa rajapinnan kautta? Ei ole kiire."),
    ("question", {}, set(), "Is there a way to change the logo? There is nothing wrong, just curious."),
    ("question", {}, {"response"}, "Er det en grense for hvor mange kall vi kan gjøre i sekundet før vi får 429?"),
    ("question", {}, {"response"}, "Do you have a Postman collection for ePayment? The link in the docs gives 404."),
    ("api", {}, {"response"}, "Hei, capture feiler med 400, kan dere se på det? Det haster ikke."),
    (
        "api",
        {"msn": "58130", "order_id": "lamp-20", "environment": "production"},
        set(),
        "Hello there. One of our buyers paid for lamp-20 (that is our reference) but your portal shows nothing. Sales unit 58130, live.",
    ),
    ("api", {"msn": "58130", "order_id": "9001234"}, set(), "The order number you asked about: 9001234. MSN=58130"),
    (
        "question",
        {},
        set(),
        "Hei! Vi vurderer å ta i bruk Faste betalinger. Kan kunden selv velge trekkdato, eller må vi bestemme det?",
    ),
    (
        "question",
        {},
        set(),
        "Hi, we would like to understand the difference between cancel and refund. When should each be used?",
    ),
    ("question", {}, set(), "Tervehdys! Mitä eroa on eCom- ja ePayment-rajapinnoilla? Kumpaa suosittelette?"),
    (
        "question",
        {},
        set(),
        "God dag. Er det nødvendigt at sende Idempotency-Key ved hver capture, og hvor lang må den være?",
    ),
    (
        "question",
        {},
        set(),
        "Hej, jag läser att callback kan komma flera gånger. Stämmer det, och hur vet vi vilken som gäller?",
    ),
    (
        "question",
        {},
        set(),
        "Could you tell us how we should test a declined payment? Is there a card that always fails?",
    ),
    (
        "question",
        {},
        set(),
        "Vil dere støtte webhooks for Checkout med det første? Vi poller i dag og det fungerer greit.",
    ),
    (
        "api",
        {"environment": "test"},
        {"response"},
        "Why is our capture rejected with 400 in test? We send the amount in øre as the docs say.",
    ),
    ("api", {}, set(), "Vi får ikke refundert en ordre. Hva gjør vi?"),
    (
        "api",
        {"environment": "production"},
        set(),
        "Since yesterday evening about one in five payments fails in production. Nothing changed on our side.",
    ),
    (
        "api",
        {"environment": "production"},
        set(),
        "I går kveld stoppet alle betalinger hos oss. Produksjon. Ser dere noe?",
    ),
    (
        "callback",
        {"environment": "production"},
        set(),
        "Siden i går kveld har vi ikke mottatt en eneste callback i produksjon",
    ),
    ("callback", {"order_id": "v-2231"}, set(), "Did you send a callback for v-2231? Our endpoint log has no entry."),
    ("callback", {}, set(), "Webhook-meldingene fra dere når ikke frem til serveren vår."),
    ("callback", {}, set(), "Vi modtager ingen webhooks på vores endpoint"),
    ("callback", {}, set(), "Callbacken kommer inte fram."),
    ("access_token", {}, {"response"}, "Fetching the access token gives 401 although client_id and secret are fresh."),
    (
        "access_token",
        {"environment": "production"},
        {"response"},
        "We moved to production and now /accesstoken/get says 401 invalid subscription key",
    ),
    ("access_token", {}, set(), "Kan ikke hente access token"),
    ("login", {}, {"response"}, "The redirect after Vipps login shows invalid_request"),
    ("login", {}, set(), "Kunder klarer ikke logge inn med Vipps hos oss"),
    ("login", {}, set(), "Kunderna kan inte logga in med Vipps på vår sajt"),
    ("login", {}, set(), "Brugerne kan ikke logge ind med MobilePay på vores side"),
    ("login", {}, set(), "Asiakkaat eivät pysty kirjautumaan Vippsillä sivustollamme"),
    (
        "app",
        {"app_platform": "iOS"},
        set(),
        "On iPhone the Vipps app just shows a white page when customers try to approve",
    ),
    ("app", {"app_platform": "Android", "environment": "test"}, set(), "Vipps MT på Android logger meg ut hele tiden"),
    ("app", {"environment": "test"}, set(), "Jag kan inte logga in i testappen med testnumret"),
    ("app", {"environment": "test"}, set(), "Testiappi ei avaudu lainkaan"),
    ("app", {"environment": "test", "app_platform": "iOS"}, set(), "MT-appen på iOS siger at PIN-koden er forkert"),
    ("plugin", {}, set(), "Efter opdatering af jeres WooCommerce-plugin kan kunderne ikke betale"),
    (
        "plugin",
        {"environment": "production"},
        set(),
        "Magento plugin: customers are sent back without paying, live shop",
    ),
    (
        "api",
        {"msn": "77812", "environment": "test", "order_id": "p-1-1"},
        {"response", "request"},
        '[2026-11-12 10:00:00] client.DEBUG: POST https://apitest.vipps.no/epayment/v1/payments {"reference":"p-1-1"}\n[2026-11-12 10:00:01] client.ERROR: 422 {"title":"Unprocessable","status":422}\nMSN 77812',
    ),
    (
        "api",
        {"msn": "77812", "order_id": "A100-22"},
        set(),
        "Kunde betalte to ganger (A100-21 og A100-22), den første er refundert. A100-22 lar seg ikke refundere. MSN er 77812",
    ),
    ("api", {"msn": "120440"}, set(), "Salgssted: Fjell & Fjord, 120440. Betalinger feiler."),
    ("api", {"msn": "120440"}, set(), "Salgssted Fjell & Fjord (MSN: 120440) får feil på alle betalinger."),
    ("api", {"msn": "120440"}, set(), "Payments fail for MSN(s) 120440"),
    ("api", {"msn": "120440"}, set(), "Payments fail\n\nMerchant: Fjell AS\nMSN  | 120440\nOrg  | 998724341"),
    (
        "api",
        {"organization_number": "998724341"},
        set(),
        "Betaling feiler. Org.nr.: 998 724 341. Kundenummer 120440, postnr 5003 Bergen",
    ),
    (
        "api",
        {"order_id": "tilaus-8841", "environment": "production", "msn": "60606"},
        {"response"},
        "Tuotannossa capture palauttaa 404 tilaukselle tilaus-8841 (myyntipiste 60606).",
    ),
    ("api", {"order_id": "BM-20931"}, set(), "Tilauksemme BM-20931 on jumissa."),
    ("api", {"order_id": "BM-20931"}, set(), "Vår ordre BM-20931 blev aldrig dragen."),
    ("api", {"order_id": "20931"}, set(), "Ordre #20931 er ikke trukket."),
    ("api", {"order_id": "20931"}, set(), "orderId for den ene er 20931 og betaling fejler"),
    ("api", {"order_id": "chr-Zx81kQp"}, set(), "Charge chr-Zx81kQp was never charged"),
    ("api", {"order_id": "agr_Zx81kQp"}, set(), "Agreement agr_Zx81kQp can not be stopped, error"),
    (
        "api",
        {"order_id": "7d8a1f9e-2222-4c4c-9d9d-abcdefabcdef"},
        set(),
        "Payment 7d8a1f9e-2222-4c4c-9d9d-abcdefabcdef failed",
    ),
    ("api", {"environment": "test"}, {"request"}, "GET:https://apitest.vipps.no/epayment/v1/payments/ returns nothing"),
    ("api", {"environment": "conflict"}, set(), "We are in production but use apitest.vipps.no and payments fail"),
    (
        "api",
        {"environment": "production"},
        set(),
        "Det virker fint i testmiljøet, men i produksjon feiler alle betalinger.",
    ),
    ("api", {"environment": "test"}, set(), "In MT the payment fails, in production everything is fine."),
]


@pytest.mark.parametrize(("profile", "values", "some", "text"), MAILS)
def test_a_short_mail_gives_just_what_it_says(inspector, handbook, profile, values, some, text):
    """`values` are found as they stand; of `some` it counts only that they are there."""
    inspection = inspector.inspect(mail(text))
    found = {one.field: one.value for one in counted(inspection.findings) if one.field in FIELDS}
    assert {name: value for name, value in found.items() if name not in some} == values
    assert some <= found.keys()
    assert handbook.choose(reading(inspection)).name == profile
