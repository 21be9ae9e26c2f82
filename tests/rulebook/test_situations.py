"""True-to-life mails (DOMAIN.md sections 1 and 7) as the shipped rules alone see them.

Where words prove too little the rules must stay silent or weak: the classifier and people come after them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from rulebook.small_rulebook import mail

from triage.domain import Flag, InboundMail
from triage.rulebook.loading import load

BOOK = load(Path(__file__).parents[2] / "rules")


def strong(letter: InboundMail) -> list[str]:
    return [standing.topic for standing in BOOK.standings(BOOK.evidence(letter)) if standing.strong]


@pytest.mark.parametrize(
    ("topic", "letter"),
    [
        ("technical", mail("Our merchant Fjellsport gets 403 in production:\ncurl -X POST https://api.vipps.no/ecomm/v2/payments")),
        ("technical", mail('{"transaction":{"orderId":"PR76TPDB"}} og /ecomm/v2/payments/PR76TPDB/capture')),
        ("technical", mail("Test environment, but we call https://api.vipps.no and get HTTP 401.")),
        ("technical", mail("Vi får ingen callback på webhook-adressen vår siden i går, MSN 654321.")),
        ("technical", mail("Se vedlegg", attached='HTTP/1.1 500 Internal Server Error\n{"errorCode": "99"}')),
        ("checklist", mail("POST:/ecomm/v2/payments | OK\nHandle errors | OK", subject="eCom checklist, completed")),
        ("key_leak", mail("Our keys were exposed on GitHub, what now? MSN 226745.")),
        ("key_leak", mail("Partnernøklene våre er kommet på avveie. Hva gjør vi?")),
        ("application", mail("Hva er status på søknaden vår? Org 998724341")),
        ("order_status", mail("Vi er partner. Hva er status på søknaden til kunden vår? Org 998724341")),
        ("consumer", mail("Jeg er trukket to ganger på Vipps, 349 kr.")),
        ("settlement", mail("pengene fra forrige uke er ikke på konto")),
        ("bankid", mail("Vi må fornye BankID-sertifikatet vårt før jul.")),
        ("become_partner", mail("How do we become a Vipps partner?")),
        ("newsletter", mail("Please sign me up for the newsletter.")),
        ("general", mail("Ny daglig leder skal være administrator hos dere. Hvordan bytter vi administrator?")),
        ("plugin", mail("Vipps-pluginen i WooCommerce virker ikke etter oppdatering.")),
        ("portal_access", mail("We are a partner and need access to the merchant portal.")),
        ("partner", mail("Who is our partner manager? Our price package is missing.", subject="Partner manager")),
        ("suggestion", mail("Et forslag: det hadde vært fint om kvitteringen viste bordnummer.")),
        ("other", mail("I am a security researcher and found a vulnerability.", subject="Responsible disclosure")),
    ],
)  # fmt: skip
def test_the_rules_alone_know_the_topic(topic: str, letter: InboundMail) -> None:
    assert strong(letter)[:1] == [topic]


def test_a_technical_problem_and_a_missing_payout_are_both_seen() -> None:
    letter = mail(
        "Capture gives HTTP 400 code 61: POST:/ecomm/v2/payments/acme-1/capture.\n"
        "Also, the settlement of 12 May is missing, the money has not arrived."
    )
    assert set(strong(letter)) == {"technical", "settlement"}


@pytest.mark.parametrize(
    "letter",
    [
        mail("se bilde"),
        mail("Hei, kan dere hjelpe oss?"),
        mail("Can you call me? 91234567, it is urgent, nothing works"),
        mail("Trukket 349 kr."),
        mail("We have a question about our agreement."),
        mail("WooCommerce, oppgjør, partner, BankID, nyhetsbrev."),
        mail("Thanks, it works now!", subject="Re: Settlement"),
    ],
)
def test_where_words_prove_too_little_no_rule_decides(letter: InboundMail) -> None:
    assert strong(letter) == []


def test_a_request_for_a_call_and_its_urgency_are_flags_only() -> None:
    found = BOOK.evidence(mail("Can you call me? 91234567, it is urgent, nothing works"))
    assert {item.flag for item in found} == {Flag.PHONE_REQUEST, Flag.ESCALATION}


def test_an_everyday_mail_about_an_order_is_not_technical() -> None:
    assert strong(mail("Vi bestilte Vipps i mai og har ikke hørt noe siden. Når er det klart?")) == ["application"]
