"""Trouble that is only supposed, and trouble that is real although the sentence sounds like a supposition."""

from __future__ import annotations

import pytest

from tests.fields.short_mails import mail, reading

SUPPOSED = [
    "What happens if a payment fails?",
    "What should we do if we get a 500?",
    "Vi lurer på hva som skjer hvis betalingen feiler.",
    "Hva gjør vi når vi får 409?",
    "Vad händer om en betalning nekas?",
    "Hvad sker der, hvis en betaling fejler?",
    "Mitä tapahtuu, jos maksu epäonnistuu?",
]

REAL = [
    "If the customer pays by card, the payment fails. What can we do?",
    "We get a 500, what should we do?",
    "Vi får 409 i dag, hva betyr det?",
    "What happens if a payment fails? Ours fail since yesterday.",
    "What if it never completes? The payment is stuck.",
    "We follow the documentation, but the payment fails. Any idea?",
]


def profile(inspector, handbook, given):
    return handbook.choose(reading(inspector.inspect(given))).name


@pytest.mark.parametrize("text", SUPPOSED)
def test_trouble_that_is_only_supposed_asks_for_nothing(inspector, handbook, text):
    assert profile(inspector, handbook, mail(text, subject="Failed payments")) == "question"


@pytest.mark.parametrize("text", REAL)
def test_trouble_that_is_reported_is_no_question(inspector, handbook, text):
    assert profile(inspector, handbook, mail(text)) == "api"


def test_the_two_parts_of_a_text_hold_every_sentence_once(handbook):
    body = "Hi. What happens if a payment fails? We use ePayment.\nThe docs mention v1.2 only."
    split = handbook.choice.suppositions.split("", body)
    assert split.supposed.strip() == "What happens if a payment fails?"
    assert "We use ePayment." in split.rest
    assert "payment fails" not in split.rest
    assert "v1.2" not in split.rest
    assert handbook.choice.suppositions.split("", "We use ePayment.") is None


@pytest.mark.parametrize("end", ["?", " ?", '"?', "»)?", "») ?", "? ", "?)", "?!", "?\nThanks"])
def test_a_question_ends_in_its_mark_behind_a_word(inspector, handbook, end):
    assert profile(inspector, handbook, mail(f"Tukiko rajapinta PSD2{end}")) == "question"


@pytest.mark.parametrize("end", ["?x", " - ?", " https://shop.example/a?"])
def test_a_mark_without_a_word_or_in_an_address_asks_nothing(inspector, handbook, end):
    assert profile(inspector, handbook, mail(f"Rajapinta PSD2{end}")) != "question"
