from __future__ import annotations

from tests.fields.short_mails import mail
from triage.fields.evaluating import LabelledMail, evaluate_fields


def labelled(name, text, profile, fields, missing):
    return LabelledMail(name, mail(text), profile, fields, missing)


def test_figures_count_what_was_found_rightly_wrongly_and_not_at_all(inspector, handbook):
    mails = [
        labelled(
            "right",
            "MSN 223344 fails in test",
            "api",
            {"msn": "223344", "environment": "test"},
            ("order_id", "request", "response"),
        ),
        labelled(
            "wrong value", "MSN 223344", "api", {"msn": "999999"}, ("environment", "order_id", "request", "response")
        ),
        labelled("not labelled", "MSN 223344 fails", "api", {}, ("environment", "order_id", "request", "response")),
        labelled("not found", "it fails", "login", {"msn": "223344"}, ()),
    ]
    result = evaluate_fields(inspector, handbook, mails)
    msn = result.scores["msn"]
    assert (msn.labelled, msn.found, msn.right) == (3, 3, 1)
    assert (result.scores["environment"].precision, result.scores["environment"].recall) == (1.0, 1.0)
    assert (result.mails, result.profile_right, result.missing_right, result.asked_in_vain) == (4, 3, 3, 1)
    assert {(miss.name, miss.what) for miss in result.misses} == {
        ("wrong value", "msn"),
        ("not labelled", "msn"),
        ("not found", "msn"),
        ("not found", "profile"),
        ("not found", "missing"),
    }


def test_a_request_counts_by_its_presence(inspector, handbook):
    text = "POST /epayment/v1/payments"
    result = evaluate_fields(inspector, handbook, [labelled("call", text, "api", {"request": "true"}, ())])
    assert result.scores["request"].right == 1
