"""The closing block: what is one, and above all what is not."""

from __future__ import annotations

import pytest

from triage.mail import quote_words
from triage.mail.signature import lines_of


def taken(text: str) -> list[str]:
    lines = text.split("\n")
    return [lines[index] for index in lines_of(lines) if lines[index].strip()]


@pytest.mark.parametrize(
    "formula",
    [
        "Mvh",
        "Med vennlig hilsen,",
        "Vennleg helsing",
        "Beste hilsen",
        "Med venlig hilsen",
        "De bedste hilsner",
        "Med vänliga hälsningar",
        "Hälsningar,",
        "Ystävällisin terveisin",
        "Terveisin,",
        "Best regards,",
        "Sincerely",
        "Cheers!",
        "Takk",
        "Tack på förhand!",
        "Kiitos etukäteen",
        "Mit freundlichen Grüßen",
        "Viele Grüße",
    ],
)
def test_a_sign_off_with_particulars_is_signature(formula: str) -> None:
    block = f"{formula}\nKari Nordmann\nShop AS | MSN 654321"
    assert taken(f"It fails.\n\n{block}") == block.split("\n")


@pytest.mark.parametrize(
    "below",
    [
        "Kari\n\nWhat do you think?",
        "Kari\n{\n}",
        "Kari\nPOST /epayment/v1/payments",
        "Kari\nStatus: 400",
        "Kari\nPS. the key is new",
        "curl -X POST https://apitest.vipps.example",
        "We are still waiting for the keys that were promised to us.",
        "\n".join(f"Line {n}" for n in range(20)),
    ],
)
def test_a_sign_off_with_content_below_takes_nothing(below: str) -> None:
    assert taken(f"It fails.\n\nRegards\n{below}") == []


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sendt fra min iPhone",
        "Sendt frå iPhonen min",
        "Skickat från min Samsung",
        "Lähetetty iPhonesta",
        "Gesendet mit der GMX Mail App",
        "Get Outlook for Android<https://aka.example/a>",
        "Skaff deg Outlook for iOS",
        "Hämta Outlook för Android",
        "Sent with Proton Mail secure email.",
    ],
)
def test_what_a_phone_adds_is_signature(line: str) -> None:
    assert taken(f"It fails.\n\n{line}") == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Sent via Postman with status: 401",
        "Sent with header Authorization=SAMPLE",
        "Sendt med feil nøkkel: 401",
        "From my phone I can log in, but not from the tablet.",
        "Sent from our backend as shown:",
    ],
)
def test_a_sentence_about_sending_is_not(line: str) -> None:
    assert taken(f"It fails.\n\n{line}") == []


def test_a_legal_notice_over_several_paragraphs_is_signature() -> None:
    notice = "This message is confidential.\n\nPlease think of the trees before printing."
    assert taken(f"It fails.\n\n{notice}") == [line for line in notice.split("\n") if line]


@pytest.mark.parametrize(
    "line",
    [
        "Tlf. jobb: 22 00 00 00",
        "M: +47 900 00 000",
        "Org.nr: 123 456 789",
        "E-post: kari@shop.example",
        "https://www.shop.example",
        "<https://www.shop.example>",
        "[cid:image001.png]",
        "[A logo with a blue bird on a white background]",
        "Storgata 1, 0155 Oslo",
        "Åpningstider: 9-16",
        "Merchant serial number: 654321",
    ],
)
def test_what_stands_below_a_name_in_a_signature(line: str) -> None:
    block = f"Best regards\nKari Nordmann\nShop AS\n{line}"
    assert taken(f"It fails.\n\n{block}") == block.split("\n")


@pytest.mark.parametrize(
    "line",
    [
        "Order number: 12",
        "HTTP status: 400",
        "Mobile platform: iOS",
        "Callback: not received",
        "- capture fails with 400 each time we try",
    ],
)
def test_a_field_below_a_name_is_no_signature(line: str) -> None:
    assert taken(f"It fails.\n\nBest regards\nKari Nordmann\nShop AS\n{line}") == []


def test_a_question_about_a_secret_is_no_legal_notice() -> None:
    assert taken("Hi.\n\nThe client secret is confidential, so how do we rotate it?") == []
    assert taken("Hi.\n\nOur client secret is confidential and was sent to a partner.") == []


def test_a_notice_that_shows_a_call_is_content() -> None:
    assert taken('It fails.\n\n{"scope": "confidential"}') == []


def test_every_sign_off_ends_a_mail() -> None:
    for formula in quote_words.SIGN_OFFS.replace("\\", "").replace("?", "").split("|"):
        assert taken(f"It fails.\n{formula}\nKari Nordmann\nShop AS"), formula
