"""The language of what people write, not of what machines print."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.domain import Language
from triage.mail.language import language_of, prose

SENTENCES = {
    Language.NO: """Betaling feiler i nettbutikken
        Hva betyr feilkode 61?
        Kunden får ikke betalt siden i går
        Hvor finner jeg MSN?
        Takk for svar, men det virker fortsatt ikke
        Utbetaling mangler for mai
        Vi har byttet leverandør og trenger nye nøkler
        Noe gikk galt, og vi vet ikke hva
        Eg får ikkje til å betale, kva gjer eg feil?
        Korleis får me nye nøklar?""",
    Language.DA: """Betaling fejler i vores webshop
        Hvad betyder fejlkode 61?
        Vi modtager ikke noget callback fra jer
        Tak for svaret, men det virker stadig ikke
        Udbetaling mangler for maj måned
        Vi har skiftet leverandør og skal bruge nye nøgler
        Noget gik galt, og vi ved ikke hvad
        Betalingen bliver afvist når kunden godkender""",
    Language.SV: """Betalningen misslyckas
        Vad betyder felkod 61?
        Kunden kan inte betala sedan igår
        Tack för svaret men det fungerar fortfarande inte
        Utbetalning saknas för maj
        Vi har bytt leverantör och behöver nya nycklar
        Något gick fel och vi vet inte vad""",
    Language.FI: """Maksu epäonnistuu verkkokaupassa
        Mitä virhekoodi 61 tarkoittaa?
        Asiakas ei voi maksaa
        Kiitos vastauksesta mutta ei toimi vieläkään
        Tilitys puuttuu toukokuulta
        Jokin meni vikaan emmekä tiedä mikä""",
    Language.EN: """Payment fails in our web shop
        What does error 61 mean?
        The customer cannot pay since yesterday
        Where do we find our MSN?
        Thanks, but it still does not work
        Missing payout for May
        Something went wrong and we do not know what""",
}
ALL = [(line.strip(), language) for language, lines in SENTENCES.items() for line in lines.split("\n")]


@pytest.mark.parametrize(("text", "language"), ALL)
def test_one_short_sentence_is_enough(text: str, language: Language):
    assert language_of(text) is language


@pytest.mark.parametrize(("text", "language"), ALL)
def test_code_and_logs_around_a_sentence_do_not_matter(text: str, language: Language):
    log = "2024-03-12T09:15:00Z ERROR the request was not found and could not be processed by the server\n" * 30
    call = 'curl -X POST https://api.desk.example/epayment -H "Content-Type: application/json"\n{"message": "this is not the order you are looking for"}\n'
    assert language_of(f"{log}{text}\n{call}") is language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "VSD-12345",
        "https://shop.example/en/the/order",
        "orderId msn 654321",
        "kari@shop.example",
        "{}",
        "12.03.2024 09:15",
        "Zahlung fehlgeschlagen",
        "Guten Tag, wir haben ein Problem mit der Zahlung und brauchen Ihre Hilfe",
        "Bonjour, nous avons une erreur lors du paiement",
    ],
)
def test_what_cannot_be_told_or_is_none_of_the_five_is_left_to_the_caller(text: str):
    assert language_of(text) is None


def test_words_of_the_trade_do_not_make_a_nordic_mail_english():
    assert language_of("Vi får 401 Unauthorized på access token, capture og refund request") is Language.NO
    assert language_of("Webhook callback timeout i checkout, hvad gør vi?") is Language.DA


def test_an_answer_mark_in_the_subject_is_no_word():
    assert prose("SV: Re: VS: feil") == ["feil"]


def test_prose_leaves_out_what_no_person_wrote():
    text = 'Hei på dere\n  at shop.Main(Main.java:7)\nX-Request-Id: the id of it\n> POST /x\n"code": "not the one",\nVi ser ABC og orderId her'
    assert prose(text) == ["Hei", "på", "dere", "Vi", "ser", "og", "her"]


@settings(deadline=None)
@given(st.text(max_size=500))
def test_no_text_is_too_strange(text: str):
    assert language_of(text) in {None, *Language}
