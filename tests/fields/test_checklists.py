from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

ORDER_MANAGEMENT = """Hi, here is our completed Order Management checklist. We are a partner.

Order management checklist | Your comments |
---|---|
Add an image to an order POST:/order-management/v1/images | {0} |
Add category to an order PUT:/order-management/v2/{{paymentType}}/categories/{{orderId}} | {0} |
Add receipt to an order POST:/order-management/v2/{{paymentType}}/receipts/{{orderId}} | {0} |
Get order with category and receipt GET:/order-management/v2/{{paymentType}}/{{orderId}} | {0} |
Handle errors | {1} |
Include HTTP headers | {0} |
Follow design guidelines | {0} |
Educate customer support | {0} |
"""
EXTRAS = """
MSN 223344, reference acme-1001. A video of the payment flow: https://shop.example/video
Short description of our solution: a booking system.
We accept the partner terms and conditions. Documentation for merchants: https://shop.example/docs
Pilot customer: Acme AS, org.no 918713867. Demo: https://shop.example/demo
"""


def checklist(inspector, text, **more):
    return inspector.inspect(mail(text, **more)).checklist


def test_only_ok_in_every_cell_is_no_answer(inspector):
    found = checklist(inspector, ORDER_MANAGEMENT.format("OK", "ok"))
    assert (found.api, found.verdict) == ("order_management", "ok_only")
    assert {"msn", "checklist_video", "order_id", "pilot_customer", "partner_terms"} <= set(found.missing)


def test_real_answers_with_everything_else_are_complete(inspector):
    found = checklist(
        inspector, ORDER_MANAGEMENT.format("we call it after each sale, see acme-1001", "shown in red") + EXTRAS
    )
    assert (found.verdict, found.missing) == ("complete", ())


def test_what_lacks_is_named(inspector):
    text = ORDER_MANAGEMENT.format("we call it after each sale", "shown in red") + EXTRAS.replace("video", "picture")
    assert checklist(inspector, text).missing == ("checklist_video",)


@pytest.mark.parametrize("name", ["checklist.xlsx", "Checklist.PDF", "sjekkliste.docx"])
def test_what_the_desk_cannot_read_is_never_called_incomplete(inspector, name):
    assert checklist(inspector, "eCom checklist attached", files=("notes.bin",)).verdict == "incomplete"
    assert checklist(inspector, "eCom checklist attached", files=(name,)).verdict == "unreadable"


@pytest.mark.parametrize(
    ("text", "api"),
    [
        ("Here is the completed ePayment checklist", "epayment"),
        ("Vedlagt er ferdig sjekkliste for Recurring", "recurring"),
        ("Login checklist completed", "login"),
        ("PSP checklist completed", "psp"),
        ("eCom checklist completed", "ecom"),
        ("Bifogad checklista för eCom", "ecom"),
        ("Täytetty tarkistuslista, ePayment", "epayment"),
    ],
)
def test_the_api_of_a_checklist_is_recognised(inspector, text, api):
    assert checklist(inspector, text).api == api


def test_a_mail_without_a_checklist_has_none(inspector):
    assert checklist(inspector, "Capture fails with 400") is None
    assert checklist(inspector, "Where do I find the checklist?") is None
