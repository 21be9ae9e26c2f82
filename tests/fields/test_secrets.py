"""Every shape of DOMAIN section 4. All values are made up; sample numbers of people follow the public check rules."""

from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

HEX = "0123456789abcdef0123456789abcdee"
B64 = "SAMPLEc2VjcmV0U0FNUExF1w=="
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTQU1QTEUifQ.U0FNUExFc2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nU0FNUExFU0FNUExFU0FNUExF\nU0FNUExF\n-----END RSA PRIVATE KEY-----"

SECRETS = [
    ("client_secret", f"client_secret: {B64}", B64),
    ("client_secret", f"-H 'client_secret: {B64}'", B64),
    ("client_secret", f'"clientSecret":"{B64}"', B64),
    ("client_secret", f"[client_secret] => {B64}", B64),
    ("client_secret", f'["client_secret"]=>\n  string(26) "{B64}"', B64),
    ("client_secret", f"client-secret={B64}", B64),
    ("client_secret", f"Client secret\n{B64}", B64),
    ("client_secret", f"our client secret is {B64}", B64),
    ("client_secret", f"client_secret | {B64} |", B64),
    ("client_secret", f'{{"key":"client_secret","value":"{B64}","enabled":true}}', B64),
    ("client_secret", f'"key": "client-secret",\n      "value": "{B64}"', B64),
    ("client_secret", f'{{"value":"{B64}","enabled":true,"key":"client_secret"}}', B64),
    ("client_secret", f'"client_secret": {{"type": "secret", "value": "{B64}"}}', B64),
    ("client_secret", f"<client_secret>{B64}</client_secret>", B64),
    ("client_secret", f"client secret (prod): {B64}", B64),
    ("client_secret", f"client secret på test er {B64}", B64),
    ("client_secret", f"VIPPS_CLIENT_SECRET={B64}", B64),
    ("client_secret", f"Klient hemmelighed: {B64}", B64),
    ("client_secret", f"asiakassalaisuus: {B64}", B64),
    ("client_secret", f"hemmeligheten er {B64}", B64),
    ("client_secret", f"hemligheten är {B64}", B64),
    ("client_secret", f"salaisuus: {B64}", B64),
    ("client_secret", f'<add key="ClientSecret" value="{B64}"/>', B64),
    ("client_secret", f'client.DefaultRequestHeaders.Add("client_secret", "{B64}");', B64),
    ("client_secret", f"https://shop.example/?client_secret={B64}&x=1", B64),
    ("subscription_key", f"Ocp-Apim-Subscription-Key: {HEX}", HEX),
    ("subscription_key", f"--header 'ocp-apim-subscription-key:{HEX}'", HEX),
    ("subscription_key", f"Vipps-Subscription-Key: {HEX}", HEX),
    ("subscription_key", f"abonnementsnøkkel {HEX}", HEX),
    ("subscription_key", f"prenumerationsnyckel: {HEX}", HEX),
    ("subscription_key", f"here is the key {HEX}", HEX),
    ("access_token", f"Authorization: Bearer {JWT}", JWT),
    ("access_token", f'"access_token":"{JWT}"', JWT),
    ("access_token", f"the token {JWT}", JWT),
    ("access_token", "authorization: bearer SAMPLE0123456789opaque", "SAMPLE0123456789opaque"),
    ("access_token", f"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token={JWT}", JWT),
    ("access_token", f"bearer {JWT[:60]}\n{JWT[60:]}", JWT[60:]),
    ("access_token", f"vipps://?token={JWT}", JWT),
    ("basic_auth", "Authorization: Basic U0FNUExFOlNBTVBMRQ==", "U0FNUExFOlNBTVBMRQ=="),
    ("basic_auth", "curl -u sampleuser:samplepass https://shop.example/", "sampleuser:samplepass"),
    ("basic_auth", "https://sampleuser:samplepass@shop.example/callback", "sampleuser:samplepass"),
    ("private_key", PEM, "U0FNUExFU0FNUExFU0FNUExF"),
    ("private_key", "-----BEGIN PRIVATE KEY-----\nU0FNUExFU0FNUExFU0FNUExF", "U0FNUExFU0FNUExFU0FNUExF"),
    ("webhook_secret", '"secret": "SAMPLE-webhook-0123456789"', "SAMPLE-webhook-0123456789"),
    ("api_key", f"den hemmelige nøkkelen vår er {B64}", B64),
    ("api_key", f"The secret key we use is {B64}", B64),
    ("api_key", f"vår hemliga nyckel: {B64}", B64),
    ("api_key", f"vores hemmelige nøgle er {B64}", B64),
    ("api_key", f"salainen avain on {B64}", B64),
    ("webhook_secret", '"callbackAuthorizationToken": "SAMPLE90909abcXYZ"', "SAMPLE90909abcXYZ"),
    ("password", "pw: Sample123!", "Sample123!"),
    ("password", "password: Sample123!", "Sample123!"),
    ("password", "Passord: Sample123!", "Sample123!"),
    ("password", "passord for testbruker = Sample123", "Sample123"),
    ("password", "passordet er Sample123!", "Sample123!"),
    ("password", "Adgangskode: Sample123!", "Sample123!"),
    ("password", "Lösenord: Sample123!", "Sample123!"),
    ("password", "Salasana: Sample123!", "Sample123!"),
    ("national_id", "kunden har 01019012480", "01019012480"),
    ("national_id", "01 01 90 12480", "01 01 90 12480"),
    ("national_id", "CPR-nr. 0101901234", "0101901234"),
    ("national_id", "fødselsnummer 010190 12345", "010190 12345"),
    ("national_id", "CPR: 010190-1234", "010190-1234"),
    ("national_id", "the customer 010190-1234 cannot pay", "010190-1234"),
    ("national_id", "personnummer 19900101-0017", "19900101-0017"),
    ("national_id", "900101-0017", "900101-0017"),
    ("national_id", "henkilötunnus 131052-308T", "131052-308T"),
    ("national_id", "131052-308T", "131052-308T"),
    ("card_number", "card 4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("card_number", "4111-1111-1111-1111", "4111-1111-1111-1111"),
    ("card_number", '"cardNumber":"5555555555554444"', "5555555555554444"),
    ("card_number", "378282246310005", "378282246310005"),
    ("card_number", "kortnummer 1234567812345678", "1234567812345678"),
]

NO_SECRETS = [
    "Authorization: Bearer eyJ0eXAi <snip>",
    "Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGci...",
    "Authorization: Bearer {{access_token}}",
    "Authorization: Bearer <token>",
    "client_secret: YOUR-CLIENT-SECRET",
    "client_secret: REPLACE-WITH-YOUR-SECRET",
    "client_secret: <your client secret>",
    "client_secret: {{client_secret}}",
    "client_secret: ****abcd",
    "client_secret: xxxxxxxxxxxx",
    "the client_secret is invalid",
    "client secret wrong",
    "our subscription key does not work",
    "Ocp-Apim-Subscription-Key: 0f14ebcab0ec4b29ae0cb90d91b4a84a",
    "Basic authentication fails",
    "the access token request fails with invalid_client",
    "password reset does not work",
    "passordet er feil",
    "2021-10-01T08:42:41.775Z 2021-10-01 08:42:41",
    "traceId 0123456789abcdef0123456789abcdee",
    "orderId 1649829359899 transactionId 5002819898",
    "7b1c9a40-0000-4000-8000-123456789012",
    "org.nr 556036-0793",
    "orders 20231107-0412, 20231107-0433, 20231107-0440",
    'boundary="===============4532015112830366=="',
    "client_secret and client_id 7b1c9a40-0000-4000-8000-1234567890ab",
    "client_id: 7b1c9a40-0000-4000-8000-1234567890ab",
    "Idempotency-Key: 49ca711a-4b2a-4c8e-9a5d-ab4cd3e0cd52",
]


@pytest.mark.parametrize(("kind", "text", "value"), SECRETS)
def test_every_kind_of_secret_is_named_and_masked(inspector, kind, text, value):
    inspection = inspector.inspect(mail(f"Hi, {text}\nthanks"))
    assert value not in inspection.masked.new
    assert "****" in inspection.masked.new
    assert kind in {secret.kind for secret in inspection.secrets}
    assert all(value not in secret.masked for secret in inspection.secrets)


@pytest.mark.parametrize("text", NO_SECRETS)
def test_samples_variables_and_ids_are_no_secrets(inspector, text):
    inspection = inspector.inspect(mail(text))
    assert inspection.secrets == ()
    assert inspection.masked.new == text


def test_secrets_are_masked_in_every_text_of_the_mail(inspector):
    secret = f"client_secret: {B64}"
    inspection = inspector.inspect(
        mail(secret, subject=secret, signature=secret, quoted=secret, logs=(secret,), headers=(("x-note", secret),))
    )
    assert B64 not in repr(inspection.masked)
    assert {found.where.value for found in inspection.secrets} == {
        "subject",
        "body",
        "signature",
        "quoted",
        "attachment",
        "header",
    }


@pytest.mark.parametrize(("kind", "text", "value"), SECRETS)
def test_a_secret_in_one_of_many_headers_is_masked_and_its_neighbours_stay(inspector, kind, text, value):
    masked = inspector.inspect(
        mail("Hi", headers=(("x-one", "a password"), ("x-note", text), ("x-two", "SAMPLE1234 is ours")))
    ).masked
    assert value not in repr(masked)
    assert {("x-one", "a password"), ("x-two", "SAMPLE1234 is ours")} <= set(masked.headers)


@pytest.mark.parametrize(("kind", "text", "value"), SECRETS)
def test_a_secret_below_marks_of_quoting_is_masked_and_the_marks_stay(inspector, kind, text, value):
    quoted = f"> > We tried again.\n>> {text}\n>>> Kari"
    masked = inspector.inspect(mail("Hi", quoted=quoted)).masked
    assert value not in masked.quoted
    assert masked.quoted.startswith("> > We tried again.\n>> ")


def test_a_label_and_four_characters_are_kept_and_nothing_of_logins(inspector):
    masked = inspector.inspect(
        mail(f"client_secret: {B64}\nAuthorization: Basic U0FNUExFOlNBTVBMRQ==\n{PEM}")
    ).masked.new
    assert masked == "client_secret: ****1w==\nAuthorization: Basic ****\n****"


def test_customers_particulars_in_pasted_json_are_masked_but_the_senders_stay(inspector):
    text = '{"userDetails":{"firstName":"Ola","mobileNumber":"4798765432","email":"ola@customer.example"}}'
    inspection = inspector.inspect(mail(text, signature="Kari Nordmann, tlf 912 34 568"))
    assert "98765432" not in inspection.masked.new
    assert "ola@" not in inspection.masked.new
    assert inspection.secrets == ()
    assert inspection.masked.signature == "Kari Nordmann, tlf 912 34 568"


@pytest.mark.parametrize(
    "text",
    [
        'MSN 223344, orderId 4000000000000002, {"contextId":"7b1c9a40-0000-4000-8000-1234567890ab","transactionId":"5002819898"}',
        f"curl -X POST https://apitest.vipps.no/epayment/v1/payments -H 'client_secret: {B64}' -H 'Ocp-Apim-Subscription-Key: {HEX}' "
        f"-H 'Authorization: Bearer {JWT}' -H 'Merchant-Serial-Number: 223344' -d '{{\"reference\":\"acme-1001\"}}'",
        "App 2.142.0 on iOS 17.1, in test since 2024-05-12, order 01019012480",
    ],
)
def test_redaction_never_changes_a_field(inspector, text):
    first = inspector.inspect(mail(text, signature="Kari Nordmann, tlf 912 34 568, Org.nr 918 713 867"))
    again = inspector.inspect(first.masked)
    assert [(f.field, f.value) for f in again.findings] == [(f.field, f.value) for f in first.findings]
    assert again.secrets == ()


def test_a_thousand_keys_in_one_log_are_all_masked(inspector):
    log = "".join(f"client_secret: SAMPLEabcdef{number:06d}XYZ\n" for number in range(1000))
    masked = inspector.inspect(mail("see log", logs=(log,))).masked
    assert "SAMPLEabcdef" not in masked.attachments[0].text
