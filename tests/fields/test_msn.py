from __future__ import annotations

import pytest

from tests.fields.short_mails import mail

GIVEN = [
    ("MSN: 223344", "223344"),
    ("our msn is 22334", "22334"),
    ("MSN 223 344 i test", "223344"),
    ("MSN=223344", "223344"),
    ("MSN#223344", "223344"),
    ("MSN (test): 223344", "223344"),
    ("MSN for our shop in Bergen is 223344.", "223344"),
    ("Merchant Serial Number (MSN): 2233445", "2233445"),
    ("merchantSerialNumber 223344", "223344"),
    ("our Merchant Serial Number: 223344, thanks", "223344"),
    ("**MSN:** 223344", "223344"),
    ("- MSN : `223344`", "223344"),
    ("MSN-et vårt er 223344", "223344"),
    ("MSN'et er 223344", "223344"),
    ("MSN nr. 223344", "223344"),
    ("Salgsstedsnummer: 223344", "223344"),
    ("salgsenhet 223344 får ikke betalt", "223344"),
    ("Forhandlernummer 223344", "223344"),
    ("Vores MSN er 223344", "223344"),
    ("Forhandler Serienummer: 223344", "223344"),
    ("betalingssted 223344", "223344"),
    ("Merchant Serienummer: 223344", "223344"),
    ("vårt MSN är 223344", "223344"),
    ("MSN-nummer: 223344", "223344"),
    ("MSN-numeromme on 223344", "223344"),
    ("myyntipiste 223344", "223344"),
    ("223344 (MSN)", "223344"),
    ("MSN\n223344\n", "223344"),
    ("MSN:\n223344\nOrder: later", "223344"),
    ("| MSN | orderId |\n|---|---|\n| 223344 | a-1 |", "223344"),
    ("MSN\tOrder id\n223344\ta-1\n", "223344"),
    ("MSN\t223344\nOrdre-id\ta-1", "223344"),
    ('{"merchantInfo":{"merchantSerialNumber":"223344"}}', "223344"),
    ('{"merchantInfo":{\n  "merchantSerialNumber" :\n    "223344"}}', "223344"),
    ('{\\"merchantSerialNumber\\":\\"223344\\"}', "223344"),
    ("{“merchantSerialNumber”: “223344”}", "223344"),
    ("{'merchantSerialNumber': 223344}", "223344"),
    ("Array\n(\n    [merchantSerialNumber] => 223344\n)", "223344"),
    ('array(1) {\n  ["merchantSerialNumber"]=>\n  string(6) "223344"\n}', "223344"),
    ('["merchantSerialNumber"]=>\n  int(223344)', "223344"),
    ("Merchant-Serial-Number: 223344\nContent-Type: application/json", "223344"),
    ("-H 'Merchant-Serial-Number: 223344' \\\n", "223344"),
    ("merchant_serial_number=223344&x=1", "223344"),
    ("Invalid MSN: 223344. Check the API keys", "223344"),
    ("the settlement file report-223344-2024-05-01.xml", "223344"),
]

NOT_GIVEN = [
    "MSN:",
    "MSN:\nOrder id: 4711",
    "MSN: \n4711 Stavanger",
    "MSN:\nOrg.nr: 918713867",
    "MSN:\n\n2233",
    "MSN: see attachment",
    "MSN: {{msn}}",
    "MSN and order 223344",
    "MSN, tlf 22334",
    "MSN: 918713867",
    "we have had an MSN since 2021",
    "our shop has 4500 orders",
    "salgsenheten hadde 4500 ordrer i går",
    "Vippsnummer 12345",
    "VSD-12345",
    "postboks 1234, 0150 Oslo",
    "12345 kr",
    "order 654321-acme-1",
    "-H 'Merchant-Serial-Number: 123456'",
    '{"merchantSerialNumber": "123456"}',
]


@pytest.mark.parametrize(("text", "expected"), GIVEN)
def test_an_msn_is_found_however_it_is_given(field, text, expected):
    assert field("msn", text) == expected


@pytest.mark.parametrize("text", NOT_GIVEN)
def test_no_other_number_is_taken_for_an_msn(field, text):
    assert field("msn", text) is None


def test_a_sample_number_counts_when_a_sentence_gives_it(field):
    assert field("msn", 'MSN 123456\n{"merchantSerialNumber": "123456"}') == "123456"


def test_the_signature_and_the_subject_count_but_not_the_history(field):
    assert field("msn", mail("Capture fails", signature="Acme AS | Org.nr 918 713 867 | MSN 223344")) == "223344"
    assert field("msn", mail("Capture fails", subject="MSN 223344")) == "223344"
    assert field("msn", mail("Capture fails", quoted="> MSN 223344")) is None


def test_of_several_numbers_the_one_that_failed_counts_and_all_are_listed(inspector):
    found = inspector.inspect(mail("MSN 223344 works fine, but MSN 223355 fails.")).findings
    assert [finding.value for finding in found if finding.field == "msn"] == ["223355", "223344"]
    found = inspector.inspect(mail("MSN: 223344, 223355 og 223366")).findings
    assert [finding.value for finding in found if finding.field == "msn"] == ["223344", "223355", "223366"]


def test_a_number_of_the_wrong_length_is_shown_but_satisfies_nothing(inspector, field):
    found = [f for f in inspector.inspect(mail("MSN: 123")).findings if f.field == "msn"]
    assert [(f.value, f.note) for f in found] == [("123", "invalid")]
    assert field("msn", "MSN: 123") is None
