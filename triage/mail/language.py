"""Which of the five languages the prose of a mail is in.

Code, logs, addresses and ids are taken out first. The statistical model is good at short texts but mixes up
neighbours (Norwegian and Danish); words that only one of the five languages has then tip the scales.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from triage.domain import Language
from triage.mail import language_model

__all__ = ["language_of", "prose"]

MAX_CHARS = 20_000  # of text looked at
MAX_PROSE = 300  # characters of prose that the model sees
ENOUGH = 50  # words; more change nothing

_MODEL = {
    "en": Language.EN,
    "no": Language.NO,
    "nn": Language.NO,
    "da": Language.DA,
    "sv": Language.SV,
    "fi": Language.FI,
}
_KIN = ("no", "da", "sv")  # whoever writes one reads the others: they are told apart by likelihood alone
_FEW_WORDS = 3
_SURE_OF_FEW = 0.75  # probability that fewer words than that need
_SURE = 0.5
_WEIGHT = 1.0  # of one telling word, in log odds
_PRIOR = {"no": 1.5, "en": 4.0}  # the two languages most mail is written in (DOMAIN 0), against 1 for the others
_MOST_TELLING = 8  # words that count
_CLEAR = 3  # words of one language, and times as many as of the others, that need no model

_COMMON = {
    Language.EN: """the and is are not we you of for with this that have has when please our what how from but it your
        they a would could should does did been which there here any some get after where why also only can do be to in
        my me if was were will""",
    Language.NO: """hva noe noen ikke ikkje eg ein dere deres dykk korleis kva etter nå får få fått gjøre gjer gjør bare
        meg deg seg opp ut mye mykje blitt blir vært trenger prøver prøvd feil feilmelding nettbutikk enn vennlig takk
        bruker oss uten igjen tilbake frå fra hjelp vår våre hvem noko berre mer ingen kjører vennligst finner ny jeg
        det er og i å på til med av for kan vi har som den en et hvordan hvorfor når hilsen må skal også eller om men
        hei så denne disse kommer nytt litt inn fortsatt fremdeles utbetaling opprette oppgjør betalinga betalingen feiler mottar kunne kunden gikk fordi mellom hvis""",
    Language.DA: """hvad noget nogen nogle ikke efter bliver blevet gøre gør fejl fejlbesked kun os jeres mig dig sig af
        op ud bruger hjælp venlig mere end tak vores uden igen været lavet netbutik afvist meget jer hvem får få jeg
        det er og i at på til med for kan vi har som den en et hvordan hvorfor når hilsen må skal også eller om men hej
        så denne disse fra nu bare nye mellem fordi gik hvis lidt hvornår ind stadig udbetaling oprette afregning betalingen fejler modtager virksomhed kunne kunden fejlen""",
    Language.SV: """och inte vad något någon några jag är att hur varför från eller också göra gör fel oss er ni mitt vår
        vårt våra utan när tack vänlig vänligen hälsning hälsningar fungerar måste kunden den här där efter får bara
        blir kan inget ingen hjälp felmeddelande det i på till med av för vi har som en ett om men hej så från nu
        mellan eftersom gick lite dessa denna upp ut""",
    Language.FI: """ja on ei että olemme emme mutta kun miten miksi voitteko saada meillä teidän kiitos terveisin virhe
        maksu toimi toimii ole myös sekä tai jos niin nyt tämä kanssa mitä onko eikä saamme meidän voiko olen hei en""",
}


def _telling() -> Mapping[str, Language]:
    """Words that exactly one of the languages has."""
    owners: dict[str, list[Language]] = {}
    for language, words in _COMMON.items():
        for word in words.split():
            owners.setdefault(word, []).append(language)
    return {word: found[0] for word, found in owners.items() if len(set(found)) == 1}


_TELLING = _telling()
_SMALL_WORDS = frozenset(word for words in _COMMON.values() for word in words.split())


def language_of(text: str) -> Language | None:
    """The language of the prose in `text`; None when it has too few words or is in none of the five."""
    words = prose(text)
    if not words:
        return None
    told = _told(words)
    if clear := _clear(told):
        return clear
    scores = _scores(" ".join(words)[:MAX_PROSE], told)
    best = max(scores, key=lambda name: scores[name])
    needed = _SURE if len(words) >= _FEW_WORDS else _SURE_OF_FEW
    kin = _KIN if best in _KIN else (best,)
    return _MODEL.get(best) if sum(scores[name] for name in kin) >= needed else None


def _told(words: list[str]) -> dict[Language, int]:
    """How many telling words each language has."""
    told = dict.fromkeys(Language, 0)
    for word in words:
        if owner := _TELLING.get(word.lower()):
            told[owner] += 1
    return told


def _clear(told: Mapping[Language, int]) -> Language | None:
    """The language when its own words alone decide; spares long mails the model."""
    best = max(told, key=lambda language: told[language])
    others = sum(told.values()) - told[best]
    return best if told[best] >= _CLEAR and told[best] >= _CLEAR * others else None


def _scores(text: str, told: Mapping[Language, int]) -> dict[str, float]:
    """Probability of each language, Norwegian's two written forms as one."""
    odds: dict[str, float] = {}
    for name, probability in _ranked(text):
        one = "no" if name == "nn" else name
        language = _MODEL.get(one)
        boost = math.exp(_WEIGHT * min(_MOST_TELLING, told[language])) if language else 1.0
        odds[one] = odds.get(one, 0.0) + float(probability) * boost * _PRIOR.get(one, 1.0)
    total = sum(odds.values()) or 1.0
    return {name: value / total for name, value in odds.items()}


def _ranked(text: str) -> Sequence[tuple[str, float]]:
    """What the model says; where it cannot be loaded (it is unpacked into a file) every language is as likely."""
    try:
        return language_model.ranked(text)
    except OSError:
        return [(name, 1 / len(_MODEL)) for name in _MODEL]


# ── prose ───────────────────────────────────────────────────────────────────────────────────────────

_CODE_LINE = re.compile(
    r"\s*(?:[{}\[\]<>|$#;@+*/\\]|curl\b|(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s+\S*/|HTTP/|-{1,2}[\w-]+[ =]|\d{2,4}[-:./]\d\d"
    r"|[A-Za-z]+(?:-[A-Za-z]+)+:|at \w+[.(]|[\w.]+(?:Exception|Error)\b|(?:INFO|WARN|ERROR|DEBUG|TRACE)\b"
    r"|(?:From|To|Cc|Date|Sent|Subject|Host|Accept|Authorization):)"
)
_CODE_SIGN = re.compile(r'["=(<&;{}]')  # without one there is no code inside
_CODE_INSIDE = re.compile(r'":|[;{}]\s*$|=>|\w\(|</|&\w+=')
_POINTS = ".,:;!?()[]'\"“”„’*_-–…«»"  # around words
_INNER = str.maketrans("", "", "'’-")  # within words
_MARK = re.compile(r"\s*(?:(?:re|sv|vs|vl|vb|fw|fwd|aw|ang)\s?:\s*)+", re.IGNORECASE)
# English words of the trade that stand in every language's mail and say nothing about it.
_TRADE = frozenset(
    [
        *(
            "access",
            "api",
            "app",
            "callback",
            "capture",
            "checkout",
            "client",
            "code",
            "curl",
            "endpoint",
            "epayment",
            "error",
        ),
        *("header", "headers", "http", "https", "ios", "android", "id", "json", "key", "login", "log", "merchant"),
        *("mobilepay", "order", "payment", "php", "plugin", "post", "get", "recurring", "refund", "request"),
        *("response", "sdk", "secret", "server", "status", "subscription", "timeout", "token", "url", "userinfo"),
        *("vipps", "webhook", "webhooks", "woocommerce", "wordpress", "shopify", "magento", "unauthorized", "bad"),
    ]
)


def prose(text: str) -> list[str]:
    """The words of the sentences in `text`: no code, logs, headers, addresses, ids or words of the trade.

    When nothing else is left the words of the trade count after all: `Payment timeout` is English.
    """
    words: list[str] = []
    for line in text[:MAX_CHARS].split("\n"):
        if _CODE_LINE.match(line):
            continue
        found = _words(line)
        if not found or (_has_code(line) and _small_words(found) < _FEW_WORDS):
            continue
        words += found
        if len(words) >= ENOUGH:
            break
    plain = [word for word in words if word.lower() not in _TRADE]
    return plain if len(plain) >= _FEW_WORDS else words


def _has_code(line: str) -> bool:
    return bool(_CODE_SIGN.search(line) and _CODE_INSIDE.search(line))


def _small_words(words: list[str]) -> int:
    return sum(word.lower() in _SMALL_WORDS for word in words)


def _words(line: str) -> list[str]:
    mark = _MARK.match(line) if ":" in line else None
    tokens = line[mark.end() if mark else 0 :][:2_000].split()
    shouted = line.isupper()
    return [
        word for token in tokens if (word := token if token.isalpha() and token.islower() else _word(token, shouted))
    ]


def _word(token: str, shouted: bool) -> str:
    """The word in a token; "" for an id, an address, a camelCase name or an abbreviation in capitals."""
    word = token.strip(_POINTS)
    if not word.isalpha() and not word.translate(_INNER).isalpha():
        return ""
    return word if shouted or len(word) == 1 or word[1:].islower() else ""
