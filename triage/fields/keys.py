"""Keys, tokens and passwords in a text (DOMAIN section 4).

Nothing is judged by entropy alone: a value is secret because of its label or its shape (JWT, PEM, `Basic`,
credentials in an address). Samples of the documentation, variables nobody filled in and truncated values
are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from triage.fields.parts import Part, fold
from triage.fields.spans import Span
from triage.fields.terms import Terms

_Finder = Callable[[Part, Terms], Iterator[Span]]
_NUMBERS = frozenset({"card_number", "national_id"})  # kinds that triage/fields/identity_numbers.py finds
_KEY = r"[A-Za-z0-9+/=_.~!#%^-]"
_LINK = re.compile(
    r"[^\W\d_]{0,5}[\"'`\\*_\])]{0,4}(?:[ ](?:for|til|to|pa|on|i|in|av|of|fra)[ ][^\W\d_]{1,20})?(?:[ ]?\([^()\n]{1,24}\))?[ \t]{0,8}"
    r"(?:(?P<sign>=>\s{0,40}(?:string\(\d{1,6}\)[ \t]?)?|:=|[:=|>]{1,2}|(?:,|:\s{0,40}\{)\s{0,40}(?:\\?\"type\\?\"\s{0,8}:\s{0,8}\\?\"\w{1,20}\\?\",\s{0,40})?\\?\"(?:value|initialvalue|currentvalue|defaultvalue)\\?\"\s{0,8}:)"
    r"|(?P<word>[ \t](?:is|was|er|var|ar|on|oli)(?=[ \t:]))[ \t:]?|(?P<space>[ \t]{1,12}|(?=\r?\n)))"
    r"(?P<gap>[ \t]{0,24}(?:\r?\n[ \t>]{0,40})?)[\"'`\\(\[*]{0,3}"
)
_VALUE = re.compile(rf"{_KEY}{{8,4096}}")
_PASSWORD = re.compile(r"[^\s\"'`<>{}|,;]{4,128}")
_CUT = re.compile(
    r"[ \t]?(?:\.{2,3}|…|<(?:snip|trunc|cut|redacted)|\[(?:snip|trunc|cut|\.\.\.|redacted)|\*{3,}|x{4,})", re.IGNORECASE
)
_NOT_MEANT = re.compile(
    r"(?:your|replace|insert|my-|my_|din-|dit-|example|placeholder|process\.env|os\.environ|getenv|config[.(]|env[.(]|x{4,}|\*|\.{3}|-{4,}|={4,}|_{4,}|redacted|masked|hidden|secret$|null$|string$|none$|https?:)|[^*]{0,60}\*{3}",
    re.IGNORECASE,
)
# Searched from the first sign or from a hint, because a search from a look behind would stop at every character.
_BEARER = re.compile(r"(?i)(?<!\w)bearer[ \t:]{1,3}[\"']?(?P<value>[A-Za-z0-9._~+/=-]{16,8192})")
_JWT = re.compile(
    r"(?<![\w-])(?P<value>eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{4,8192}(?:\.[A-Za-z0-9_-]{0,8192}){0,3})"
)
_BASIC = re.compile(r"(?i)(?<!\w)basic[ \t]{1,3}[\"']?(?P<value>[A-Za-z0-9+/_-]{8,2048}={0,2})")
_USER = re.compile(r"-(?<!\S-)(?:u|-user|-proxy-user)[ =]{1,3}[\"']?(?P<value>[^\s\"':]{1,200}:[^\s\"']{1,400})")
_ADDRESS = re.compile(r"://(?P<value>[^\s/@:\"'<>]{1,120}:[^\s/@\"'<>]{1,200})@")
_TOKEN = re.compile(r"(?i)(?:(?<=[?&;])|(?<=%3f)|(?<=%26))token(?:=|%3d)(?P<value>[\w.~%-]{16,8192})")
_HEX = re.compile(r"[0-9a-f](?<![\w-].)[0-9a-f]{31}(?![\w-])")
_FAR_KINDS = frozenset({"client_secret", "subscription_key", "api_key"})
_FAR = re.compile(rf"[^\n]{{0,40}}?(?<![\w+/=-])(?P<value>{_KEY}{{16,4096}})")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-")
_VALUE_FIRST = re.compile(
    r"\"value\"\s{0,8}:\s{0,8}\"(?P<value>[^\"\n]{8,4096})\"\s{0,8},\s{0,40}(?:\"\w{1,20}\"\s{0,8}:\s{0,8}[\w\"]{1,20},\s{0,40}){0,2}"
    r"\"(?:key|name)\"\s{0,8}:\s{0,8}\"(?P<name>[^\"\n]{1,60})\""
)
_MOST_LINES = 60
_BREAK = r"[ \t]{0,3}\r?\n[ \t>]{0,8}"
_FOLD = r"[ \t](?=\S{0,400}\d)(?=\S{0,400}[a-z])(?=\S{0,400}[A-Z])"  # in a subject a broken line has become a blank
_MORE = re.compile(rf"\.?(?:{_BREAK}|{_FOLD})[A-Za-z0-9_.=-]{{20,400}}(?=[\"']?\s|[\"']?\Z)")
_PEM = "-----begin "


def find(part: Part, terms: Terms) -> Iterator[Span]:
    """Every key, token and password of a text; several finders may see the same one."""
    yield from _labelled(part, terms)
    for sign, finder in _SOUGHT:
        if sign in part.folded:
            yield from finder(part, terms)
    if any(map(part.folded.__contains__, terms.key_words)):
        yield from _bare_keys(part, terms)


def _labelled(part: Part, terms: Terms) -> Iterator[Span]:
    for kind, labels in terms.secret_labels.items():
        if kind in _NUMBERS:
            continue
        pattern = _PASSWORD if kind == "password" else _VALUE
        for _, end in part.labels[labels]:
            link = _LINK.match(part.folded, end)
            value = pattern.match(part.text, link.end()) if link else None
            if link and value and _is_secret(part, terms, link, value, kind):
                yield Span(value.start(), _end(value), kind)
            elif kind in _FAR_KINDS and (far := _FAR.match(part.text, end)) and _is_key(far["value"], terms):
                yield Span(far.start("value"), far.end("value"), kind)


def _is_key(text: str, terms: Terms) -> bool:
    """Digits and both cases, or 32 hexadecimal digits: a key even some words behind its label. A UUID is an id."""
    if fold(text) in terms.no_secret or _UUID.match(text) or _NOT_MEANT.match(text):
        return False
    mixed = text != text.lower() and text != text.upper() and any(sign.isdigit() for sign in text)
    return mixed or bool(_HEX.fullmatch(text))


def _exported(part: Part, terms: Terms) -> Iterator[Span]:
    """Postman and the like with the value in front of its name."""
    for match in _VALUE_FIRST.finditer(part.text):
        name = fold(match["name"]).replace("-", " ").replace("_", " ")
        for kind, labels in terms.secret_labels.items():
            if name in labels and not _NOT_MEANT.match(match["value"]):
                yield Span(match.start("value"), match.end("value"), kind)
                break


def _end(value: re.Match[str]) -> int:
    """The end of a value without the punctuation of the sentence around it."""
    return value.start() + len(value.group().rstrip(".,;:!)"))


def _is_secret(part: Part, terms: Terms, link: re.Match[str], value: re.Match[str], kind: str) -> bool:
    text = value.group().rstrip(".,;:!)")
    if len(text) < 4 or _NOT_MEANT.match(text) or _is_cut(part, value) or fold(text) in terms.no_secret:
        return False
    signed = bool(link["sign"]) and "\n" not in link["gap"]
    if kind == "password":
        return signed or (bool(link["word"]) and not text.isalpha()) or (_is_strong(text) and len(text) >= 8)
    if kind == "access_token":
        return _is_strong(text) and len(text) >= 16
    return (signed and (kind != "webhook_secret" or len(text) >= 12 or not text.isalpha())) or _is_strong(text)


def _is_strong(text: str) -> bool:
    """Letters and digits mixed, or both cases inside: no word of a sentence."""
    digits, letters = any(sign.isdigit() for sign in text), any(sign.isalpha() for sign in text)
    cases = text[1:] != text[1:].lower() and text[1:] != text[1:].upper()
    return len(text) >= 8 and ((digits and letters) or cases or text.endswith("=") or text.isdigit())


def _is_cut(part: Part, value: re.Match[str]) -> bool:
    return len(value.group()) <= 60 and bool(
        _CUT.match(part.text, value.end()) or value.group().endswith(("...", ".."))
    )


def _tokens(sign: str, pattern: re.Pattern[str]) -> _Finder:
    """Finds tokens by a pattern that begins with a sign."""

    def find(part: Part, _terms: Terms) -> Iterator[Span]:
        for match in _at(sign, part, pattern):
            start, text = match.start("value"), match["value"]
            if not _NOT_MEANT.match(text) and not _cut_token(part, match) and _is_strong(text):
                yield Span(start, _wrapped_end(part, start + len(text.rstrip("."))), "access_token")

    return find


def _at(sign: str, part: Part, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Matches of a pattern that begins with a folded word."""
    start = part.folded.find(sign)
    while start >= 0:
        match = pattern.match(part.text, start)
        if match:
            yield match
        start = part.folded.find(sign, match.end() if match else start + 1)


def _wrapped_end(part: Part, end: int) -> int:
    """The end of a token that a mail program broke over several lines."""
    for _ in range(_MOST_LINES):
        more = _MORE.match(part.text, end)
        if more is None:
            return end
        end = more.end()
    return end


def _cut_token(part: Part, match: re.Match[str]) -> bool:
    return len(match["value"]) <= 60 and bool(
        _CUT.match(part.text, match.end("value")) or match["value"].endswith(("...", ".."))
    )


def _basic(part: Part, _terms: Terms) -> Iterator[Span]:
    for match in _at("basic", part, _BASIC):
        text = match["value"]
        mixed = text.endswith("=") or any(sign.isdigit() for sign in text) or text[1:] != text[1:].lower()
        if mixed and not _NOT_MEANT.match(text) and not _cut_token(part, match):
            yield Span(match.start("value"), match.end("value"), "basic_auth", 0)


def _credentials(pattern: re.Pattern[str]) -> _Finder:
    """Finds a name and a password joined by a colon."""

    def find(part: Part, _terms: Terms) -> Iterator[Span]:
        for match in pattern.finditer(part.text):
            if not _NOT_MEANT.match(match["value"].partition(":")[2]) and "{{" not in match["value"]:
                yield Span(match.start("value"), match.end("value"), "basic_auth", 0)

    return find


def _pem(part: Part, _terms: Terms) -> Iterator[Span]:
    start = part.folded.find(_PEM)
    while start >= 0:
        head = part.folded.find("-----", start + len(_PEM), start + 80)
        if head >= 0 and "private key" in part.folded[start:head]:
            end = part.folded.find("-----end", head)
            stop = part.folded.find("-----", end + 8, end + 90) + 5 if end >= 0 else len(part.text)
            yield Span(start, max(stop, end + 8 if end >= 0 else stop), "private_key", 0)
            start = part.folded.find(_PEM, max(stop, head))
        else:
            start = part.folded.find(_PEM, start + 1)


def _bare_keys(part: Part, terms: Terms) -> Iterator[Span]:
    """32 hexadecimal digits on a line that speaks of a key, or on the next one."""
    for match in _HEX.finditer(part.text):
        begin = part.line(max(0, part.line(match.start())[0] - 1))[0]
        line = part.folded[begin : match.start()]
        if any(word in line for word in terms.key_words) and not terms.is_placeholder(match.group()):
            yield Span(match.start(), match.end(), "subscription_key")


_SOUGHT: tuple[tuple[str, _Finder], ...] = (
    ('"value"', _exported),
    ("bearer", _tokens("bearer", _BEARER)),
    ("eyj", _tokens("eyj", _JWT)),
    ("token", _tokens("token", _TOKEN)),
    ("basic", _basic),
    ("-u", _credentials(_USER)),
    ("://", _credentials(_ADDRESS)),
    (_PEM, _pem),
)  # finders, each with the sign without which it finds nothing
