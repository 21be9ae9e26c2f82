from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

CALLS = [
    ("POST /ecomm/v2/payments gives 400", "POST /ecomm/v2/payments"),
    ("POST:/ecomm/v2/payments", "POST /ecomm/v2/payments"),
    ("POST https://api.vipps.no/epayment/v1/payments?x=1", "POST /epayment/v1/payments"),
    ("post: /epayment/v1/payments", "POST /epayment/v1/payments"),
    ("GET {{base_url}}/ecomm/v2/payments/{{reference}}/details", "GET /ecomm/v2/payments/{{reference}}/details"),
    ("curl https://apitest.vipps.no/ecomm/v2/payments/a-1/details", "GET /ecomm/v2/payments/a-1/details"),
    (
        "curl -X PUT 'https://apitest.vipps.no/ecomm/v2/payments/a-1/cancel' \\\n -d '{}'",
        "PUT /ecomm/v2/payments/a-1/cancel",
    ),
    ("curl --location --request POST 'https://apitest.vipps.no/accesstoken/get'", "POST /accesstoken/get"),
    ("curl https://apitest.vipps.no/epayment/v1/payments \\\n  --data-raw '{\"x\":1}'", "POST /epayment/v1/payments"),
    ('127.0.0.1 - - "POST /v2/payments/acme-1 HTTP/1.1" 404 12', "POST /v2/payments/acme-1"),
    ("Client error: `POST https://apitest.vipps.no/epayment/v1/payments` resulted in", "POST /epayment/v1/payments"),
    ("$client->request('POST', 'https://apitest.vipps.no/epayment/v1/payments')", "POST /epayment/v1/payments"),
    ("axios.post('https://apitest.vipps.no/epayment/v1/payments', body)", "POST /epayment/v1/payments"),
    ('await http.PostAsync("https://apitest.vipps.no/epayment/v1/payments", x)', "POST /epayment/v1/payments"),
    ('"request": {"method": "POST", "url": "https://api.vipps.no/epayment/v1/payments"', "POST /epayment/v1/payments"),
    ("Method: post\nEndpoint: /epayment/v1/payments", "POST /epayment/v1/payments"),
    ("URL: /epayment/v1/payments, httpMethod: post", "POST /epayment/v1/payments"),
    ("fetch('/epayment/v1/payments', {method: 'POST'})", "POST /epayment/v1/payments"),
    ("Merchant-Serial-Number: 223344\nIdempotency-Key: 49\nContent-Type: application/json", "headers: "),
    ('{"customerInfo": {}, "merchantInfo": {"x": 1}, "transaction": {}}', "body: customerinfo, merchantinfo"),
    ("Array\n(\n  [paymentDescription] => x\n)", "body: paymentdescription"),
    ('array(1) {\n ["returnUrl"]=>\n string(2) "x"\n}', "body: returnurl"),
    ('Request:\n{\n  "amount": 100\n}', "body"),
    ("grant_type=authorization_code&code=1", "body: grant_type"),
    (
        "https://api.vipps.no/access-management-1.0/access/oauth2/auth?client_id=1",
        "GET /access-management-1.0/access/oauth2/auth",
    ),
]

NO_CALLS = [
    "the capture call gives an error",
    "we call the payments API and get 400",
    "when we capture a payment it fails",
    "we POST the body and get an error",
    "GET / POST both fail",
    "curl error 28: could not resolve host",
    "the curl command fails",
    "Content-Type: text/plain\nAccept: */*",
    "see https://developer.vippsmobilepay.com/docs for the docs",
    "our request fails {sometimes}",
]


@pytest.mark.parametrize(("text", "expected"), CALLS)
def test_a_pasted_call_is_a_request(field, text, expected):
    assert (field("request", text) or "").startswith(expected)


@pytest.mark.parametrize("text", NO_CALLS)
def test_a_call_named_only_in_words_is_no_request(field, text):
    assert field("request", text) is None


def test_calls_in_text_attachments_count(field):
    assert (
        field("request", mail("see log", logs=("POST /epayment/v1/payments HTTP/1.1\n",)))
        == "POST /epayment/v1/payments"
    )


def test_calls_in_the_history_of_a_first_mail_do_not_count(field):
    assert field("request", mail("see below", quoted="> POST /epayment/v1/payments HTTP/1.1\n")) is None


def test_a_target_and_a_method_of_another_line_are_no_call(field):
    line = '"path": "/epayment/v1/payments/a-{}", "took": "a while longer than it should", "result": "none of it", "verb": "x"'
    assert field("request", "\n".join(line.format(number) for number in range(9)) + "\nmethod: post") is None


def test_a_call_that_a_log_repeats_is_one_finding(inspector):
    log = "GET /epayment/v1/payments/a-1 -> 500\n" * 30
    findings = [found.value for found in inspector.inspect(mail(log)).findings if found.field == "request"]
    assert findings == ["GET /epayment/v1/payments/a-1"]
