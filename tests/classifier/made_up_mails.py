"""A small made-up world of mails: enough words to learn from, and nothing of the real examples."""

from __future__ import annotations

import random

from triage.classifier.examples import Example
from triage.domain import Language

WORDS = {
    "technical": ["endpoint", "timeout", "header", "callback", "json", "stack trace", "status 500", "payload"],
    "settlement": ["oppgjør", "bank", "utbetaling", "kontonummer", "avstemming", "regnskap", "summen", "faktura"],
    "newsletter": ["subscribe", "list", "unsubscribe", "issue", "remove me", "edition", "reader", "monthly"],
}
INTENTS = {"technical": ("api-error", "outage"), "settlement": ("payout", "invoice"), "newsletter": ("", "")}
FILLER = ["we", "have", "a", "with", "our", "since", "monday", "please", "vi", "har", "ikke", "dette", "again", "now"]


def mails(each: int = 24, *, seed: int = 0, noise: float = 0.0) -> list[Example]:
    """`each` mails a topic; with the chance `noise` a word of another topic stands in place of its own."""
    rng = random.Random(seed)
    return [_mail(rng, topic, noise) for topic in WORDS for _ in range(each)]


def _mail(rng: random.Random, topic: str, noise: float) -> Example:
    half = rng.randrange(2)
    own = WORDS[topic][half * 4 : half * 4 + 4]
    others = [word for other, words in WORDS.items() if other != topic for word in words]
    said = [rng.choice(others if rng.random() < noise else own) for _ in range(4)]
    text = " ".join(rng.choice(FILLER) + " " + rng.choice(FILLER) + " " + word for word in said)
    language = Language.NO if topic == "settlement" else Language.EN
    return Example(topic, INTENTS[topic][half], language, rng.choice(FILLER), f"{text} {rng.randrange(10**4)}")
