"""What a call answered: status lines and codes, the twelve shapes of error bodies, and failures on the way.

The letters (a) to (l) are those of DOMAIN section 2, "Error bodies". Any one of them is a response.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from triage.domain import Finding
from triage.fields.labels import matches, places
from triage.fields.parts import MOST_PROSE, Part
from triage.fields.terms import Terms
from triage.fields.vocabulary import Labels

_MOST = 60
_LONGEST_KEY = 24  # characters of `"status": "`, with what stands before the word
_PRONOUN = 4  # letters of the words that may stand between a verb and a status: `I`, `ni`, `dere`
_CODES = "200|201|202|204|302|400|401|402|403|404|405|406|408|409|410|412|413|414|415|422|423|424|428|429|431|500|501|502|503|504"
_STATUSES = frozenset(_CODES.split("|"))
_STATUS = re.compile(
    r"(?P<code>[2-5](?<![\w.,+/#-].)\d\d)(?P<plural>'?(?:s|er|ere|or|ene)(?!\w))?(?![\w%]|[.,:]\d|-\d)"
)
_LINE = re.compile(rf"http/\d(?:\.\d)?[\"']?[ \t]{{1,3}}(?P<code>{_CODES})(?!\d)")
_REASON = re.compile(
    r"[ \t]?[-:(\"']{0,2}[ \t]?(?:ok\b|client error|server error|created|accepted|no content|found|bad request|unauthori[sz]ed|payment required|forbidden|not found|method not|conflict|"
    r"unprocessable|locked|too many|payload too|request entity|request too|content too|request header|uri too|request-uri|unsupported media|not acceptable|request time|precondition|failed dependency|not implemented|internal server|bad gateway|service unavailable|gateway time|[\[{]{1,2}\s?\")",
    re.IGNORECASE,
)
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_AFTER_CALL = re.compile(rf"(?:{'|'.join(_METHODS)})[ :]{{1,3}}\S{{1,400}}[ \t\"'|>=-]{{1,8}}$")
_AFTER_ARROW = re.compile(r"(?:->|=>|→)[ \t]{0,3}\Z")
_AS_VALUE = re.compile(r"(?P<key>[a-z]+)[\"'\\]{1,3}[ ]?(?:=>|:)[ ]?[\"'\\]{0,2}\Z")
_DASH = re.compile(r"[ \t]?[-–:][ \t]")
_AFTER = re.compile(r"[ \t\"'`*_)-]{0,4}(?P<word>[^\W\d_]*|[^\s\w])")
_KEY = r"(?:[\"'\\\]]{1,3}\s{0,10}(?:=>|:)|[ \t]{0,3}=>|[ \t]{0,2}[:=])\s{0,10}"
_VALUE = r"(?:string\(\d{1,4}\) )?[\"'\\]{0,2}(?P<value>[\w.#:/-]{0,60})"
_BODY_KEYS = Labels.of(
    (
        "errorgroup", "errorcode", "errormessage", "errorinfo", "transactioninfo", "responseinfo", "responsecode", "statuscode",
        "error description", "invalidparams", "extradetails", "errorid", "errortext", "traceid", "transactionsummary",
        "transactionloghistory", "redirecturl", "expires in", "errorsummary", "httpstatuscode", "correlation id",
    )
)  # fmt: skip
_BEHIND_KEY = re.compile(rf"{_KEY}{_VALUE}")
_PROBLEM = re.compile(
    rf"[\"'\[](?:type|title|detail|instance|status)[\"'\]\\]{{1,3}}\s{{0,10}}(?:=>|:)\s{{0,10}}{_VALUE}"
)
_OAUTH = re.compile(r"[\"'\[\\]error[\"'\]\\]{1,3}\s{0,10}(?:=>|:)\s{0,10}[\"'\\{]{1,2}(?P<value>[\w.-]{0,40})")
_SIGNS = tuple(
    (hint, re.compile(rf"(?P<value>{pattern})"), "")
    for hint, pattern in (
        ("aadsts", r"aadsts\d{4,8}"),
        ("#invalid-", r"#invalid-[a-z-]{3,40}"),
        ("merchant.not.allowed", r"merchant\.not\.allowed[a-z.]{0,60}"),
        ("curl", r"curl error \d{1,3}|curl: \(\d{1,3}\)|curle_[a-z_]{3,40}"),
        ("vipps", r"vipps ?error ?\d{1,4}"),
        ("invalid_", r"invalid_(?:client|grant|request|scope|token|redirect_uri)"),
        ("access_denied", r"access_denied"),
        ("unauthorized_client", r"unauthorized_client"),
        ("unsupported_grant_type", r"unsupported_grant_type"),
        ("handshake", r"(?:tls|ssl)[ _]handshake|handshake[ _]fail\w{0,4}|handshake"),
        ("ssl", r"ssl_error\w{0,40}|ssl routines"),
        ("cors", r"blocked by cors policy|cors[ -](?:error|policy|feil|fejl|fel|virhe)"),
        ("access-control-allow-origin", r"access-control-allow-origin"),
        ("econn", r"econn(?:refused|reset|aborted)"),
        ("etimedout", r"etimedout"),
        ("enotfound", r"enotfound"),
        ("could not resolve host", r"could not resolve host"),
        ("connection ", r"connection (?:timed out|refused|reset)"),
        ("<title>50", r"<title>50[0-9]"),
        ("urn:uuid:", r"urn:uuid:[0-9a-f-]{36}"),
        ("invalid msn:", r"invalid msn:"),
        ("requested order not found", r"requested order not found"),
    )
)
_CODE_WORDS = Labels.of(
    (
        "error code", "errorcode", "error id", "errorid", "err code", "code", "feilkode", "feilkoden", "kode",
        "fejlkode", "fejlkoden", "felkod", "felkoden", "kod", "koodi", "koodilla", "virhekoodi", "virhekoodin",
        "virhekoodilla", "virhekoodia",
    )
)  # fmt: skip
_CODE = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_CODE_WORDS.every))})[: ]{{1,2}}(?P<value>\d{{1,5}})(?![\w.,-]?\d)")
_QUOTED = re.compile(r"(?P<mark>[\"'](?<!\w.))(?P<value>[^\"\n{}]{6,200}?)(?P=mark)(?!\w)")
_ERROR_NAMES = Labels.of(
    (
        "unauthorised", "unauthorized", "forbidden", "bad request", "not found", "conflict", "internal server error",
        "bad gateway", "gateway timeout", "gateway time out", "service unavailable", "too many requests", "invalid msn",
        "method not allowed",
    )
)  # fmt: skip
_NAMED = re.compile(
    r"(?<![\w/])(?P<value>unauthori[sz]ed|forbidden|bad request|not found|conflict|internal server error|bad gateway|gateway time-?out|"
    r"service unavailable|too many requests|invalid msn|method not allowed)(?!\w)"
)
LABELS = (_BODY_KEYS, _CODE_WORDS, _ERROR_NAMES)
_GROUPS = (
    *("merchant ", "payment ", "payments ", "customer ", "user ", "authentication ", "invalid request "),
    *("invalidrequest ", "error ", "feil ", "fejl ", "virhe "),
)
_BEHIND_GROUP = "|".join(rf"(?<=(?<![\w.]){name})" for name in _GROUPS)
_GROUP = re.compile(rf" (?=\d\d\d?(?![\w%]|[.,:/-]\d))(?:{_BEHIND_GROUP})\d+")
_ERRORS = ("error", "feil", "fejl", "virhe")
_MESSAGE = re.compile(
    r"(?<!\w)(?:invalid|not (?:allowed|found|available|active|valid|registered)|too (?:high|low|long|short|many)|failed|denied|is required|must be)(?!\w)"
)
_COLON = re.compile(r"[^\W\d_]:[ ]$")
_ENDED = re.compile(r"[ \t]{0,3}(?:[.!?](?!\d)|\r?\n|\Z)")
_BRACKETED = re.compile(r"[ \t]?\((?:http )?$")
_OF_MANY = re.compile(r"[ \t]{1,2}(?:of|av|af|out of|/)[ \t]{1,2}\d")
_TELLING = frozenset({"401", "403", "404", "405", "409", "422", "423", "424", "429", "502", "503", "504"})
_PLAIN_COPULA = frozenset({"is", "was", "are", "er", "var", "ble", "blev", "blir", "bliver", "ar", "on", "oli"})
_REPORT = re.compile(rf"code(?:{_KEY})[\"']?(?P<value>1000[12])(?!\d)")
_HINTED = (*_SIGNS, ("error", _OAUTH, "error"), ("1000", _REPORT, "code"))
_BLOCK = re.compile(
    r"[a-z]{0,12}(?:[ \t]{1,3}body)?[ \t*_]{0,4}[:=]?[*_]{0,3}\s{0,12}(?:`{1,3}(?:json)?\s{0,4})?[\"']?(?:[\[{]|Array\s{0,4}\(|array\(|<)"
)


_PROBLEM_KEYS = ("type", "title", "detail", "instance", "status")
_WORDS = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"[.!?][ \t]|\n")
_SHORTEST_STEM = 4
_LONGEST_ENDING = 4


def find(parts: Sequence[Part], terms: Terms) -> list[list[Finding]]:
    """The answers seen in each part."""
    return [list(_in_part(part, terms)) for part in parts]


def failures_first(by_part: Iterable[Iterable[Finding]]) -> list[Finding]:
    """Every answer of a mail in the order in which they count."""
    return sorted(
        chain.from_iterable(by_part),
        key=lambda finding: finding.value in ("HTTP 200", "HTTP 201", "HTTP 202", "HTTP 204"),
    )


def _in_part(part: Part, terms: Terms) -> Iterator[Finding]:
    for match in islice(_LINE.finditer(part.folded) if "http/" in part.folded else (), _MOST):
        yield Finding("response", f"HTTP {match['code']}", part.where, 1.0, "status", match.start("code"))
    if part.has_digits:
        yield from _statuses(part, terms)
    for start, end in places(part, _BODY_KEYS, _MOST):
        if value := _BEHIND_KEY.match(part.folded, end):
            yield _body(part, value, part.folded[start:end])
    signs = [(pattern, name) for hint, pattern, name in _HINTED if hint in part.folded]
    for pattern, name in signs:
        for match in islice(pattern.finditer(part.folded), _MOST):
            yield _body(part, match, name)
    if sum(map(part.folded.__contains__, _PROBLEM_KEYS)) >= 2 and len(set(islice(_problem_keys(part), _MOST))) >= 2:
        yield Finding("response", "problem details", part.where, 0.9, "body")
    if part.labels[terms.response_words]:
        yield from _block(part, terms)
    yield from _messages(part, part.folded[:MOST_PROSE], terms)


def _problem_keys(part: Part) -> Iterator[str]:
    return (match.group()[1:4] for match in _PROBLEM.finditer(part.folded))


def _messages(part: Part, prose: str, terms: Terms) -> Iterator[Finding]:
    """An error code or a quoted message in a sentence: `fails with code 61`, `we get "Merchant not allowed"`."""
    if part.labels[_CODE_WORDS]:
        yield from (_body(part, match, "errorcode") for match in islice(matches(part, _CODE_WORDS, _CODE), _MOST))
    if '"' in prose or "'" in prose:
        quoted = islice(_QUOTED.finditer(prose), _MOST)
        yield from (_body(part, match, "message") for match in quoted if _is_message(match, prose, terms))
    if part.labels[_ERROR_NAMES]:
        named = islice(matches(part, _ERROR_NAMES, _NAMED), _MOST)
        yield from (_body(part, match, "message") for match in named if _is_told(match, prose, terms))
    if part.has_digits:
        yield from islice(_groups(part, prose, terms), _MOST)


def _is_message(match: re.Match[str], prose: str, terms: Terms) -> bool:
    """Whether what stands in quotes is an answer's message, and not what an app or a shop shows."""
    before = _WORDS.findall(prose, max(0, match.start() - 24), match.start())[-2:]
    told = not terms.status_before.isdisjoint(before) or _MESSAGE.search(match["value"])
    return bool(told) and not match["value"].startswith(terms.of_the_app)


def _is_told(match: re.Match[str], prose: str, terms: Terms) -> bool:
    """Whether a named error was answered: `we get Forbidden`, `the status is Conflict`."""
    said = _SENTENCE.split(prose[max(0, match.start() - 24) : match.start()])[-1]
    words = _WORDS.findall(said)
    told = words[-2 if words[-1:] and words[-1] in _PLAIN_COPULA else -1 :]
    return any(word in terms.status_before or word in terms.status_words for word in told)


def _groups(part: Part, prose: str, terms: Terms) -> Iterator[Finding]:
    """Error groups with their codes: `Merchant 34`, `feil 402`."""
    for code in _GROUP.finditer(prose):
        name = next(name for name in _GROUPS if prose.endswith(name, 0, code.start() + 1))
        start = code.start() + 1 - len(name)
        told = name.startswith(_ERRORS) or terms.failed(part, start)
        if told and not _counts(part, code.end(), terms):
            yield Finding("response", f"error {part.text[start : code.end()]}", part.where, 1.0, "body", start)


def _counts(part: Part, end: int, terms: Terms) -> bool:
    after = _AFTER.match(part.folded, end)
    return bool(after and after["word"] in terms.units)


def _body(part: Part, match: re.Match[str], name: str) -> Finding:
    value = part.text[match.start("value") : match.end("value")].rstrip(".,:")
    return Finding("response", f"{name} {value}".strip(), part.where, 1.0, "body", match.start())


def _statuses(part: Part, terms: Terms) -> Iterator[Finding]:
    codes = (match for match in _STATUS.finditer(part.text) if match["code"] in _STATUSES)
    statuses = (match for match in codes if _is_status(part, match, terms))
    for match in islice(statuses, _MOST):
        yield Finding("response", f"HTTP {match['code']}", part.where, 0.9, "status", match.start())


def _is_status(part: Part, match: re.Match[str], terms: Terms) -> bool:
    """A code is a status next to its name, after a word like `HTTP`, or after `we get` and before no noun."""
    if _is_value(part, match, terms) or _follows_call(part, match.start()) or _REASON.match(part.text, match.end()):
        return True
    if _heads_line(part, match) or _in_brackets(part, match):
        return True
    if _OF_MANY.match(part.text, match.end()):
        return False
    sentence = _SENTENCE.split(part.folded[max(0, match.start() - 24) : match.start()])[-1]
    before = _WORDS.findall(sentence)
    after = _AFTER.match(part.folded, match.end())
    word = after["word"] if after else ""
    if match["plural"] and match["code"] >= "400":
        return True
    if word in terms.units or "\n" in part.text[max(0, match.start() - 3) : match.start()]:
        return False
    if before and before[-1] in _PLAIN_COPULA and match["code"] in _TELLING and (not word or not word[0].isalpha()):
        return True
    named = any(_names_status(name, terms) for name in before[-2:])
    follows = word in terms.status_after or not word or not word[0].isalpha() or match["code"] >= "400"
    return named or (follows and _introduced(before, word, terms)) or _names_status(word, terms)


def _is_value(part: Part, match: re.Match[str], terms: Terms) -> bool:
    """`"status": 500,`: most statuses of a log stand so."""
    key = _AS_VALUE.search(part.folded, max(0, match.start() - _LONGEST_KEY), match.start())
    ended = not part.folded[match.end() : match.end() + 2].strip("\"'\\,}]\r\n")
    return ended and key is not None and key["key"] in terms.status_words


def _follows_call(part: Part, start: int) -> bool:
    """`-> 500`, `POST /v1/x 500`."""
    if _AFTER_ARROW.search(part.text, max(0, start - 5), start):
        return True
    before = part.text[part.line(start)[0] : start]
    return any(method in before for method in _METHODS) and bool(_AFTER_CALL.search(before))


def _heads_line(part: Part, match: re.Match[str]) -> bool:
    """`400 - reference must be longer`, alone in front of its line."""
    if match["code"] < "400" or not _DASH.match(part.text, match.end()):
        return False
    begin, _ = part.line(match.start())
    return not part.text[begin : match.start()].strip(" \t>`*")


def _in_brackets(part: Part, match: re.Match[str]) -> bool:
    """`is not found (404)`, `in test: 404`: an error's code alone in brackets, or alone behind a colon."""
    before = part.folded[max(0, match.start() - 8) : match.start()]
    if match["code"] in _TELLING and _COLON.search(before) and _ENDED.match(part.text, match.end()):
        return True
    closed = part.text[match.end() : match.end() + 1] == ")"
    return match["code"] >= "400" and closed and bool(_BRACKETED.search(before))


def _introduced(before: list[str], word: str, terms: Terms) -> bool:
    """`we get`, `svarer`, `svarer I`; or nothing at all, as in `401 on every call`."""
    if not before:
        return word in terms.status_after
    verb = before[-2] if len(before) > 1 and len(before[-1]) <= _PRONOUN else before[-1]
    return bool({before[-1], verb, " ".join(before[-2:])} & terms.status_before)


def _names_status(word: str, terms: Terms) -> bool:
    """`error`, `feilen`, `virheen`: a word for an error or a status, in any of its endings."""
    stems = (word[:length] for length in range(max(_SHORTEST_STEM, len(word) - _LONGEST_ENDING), len(word)))
    return word in terms.status_words or any(stem in terms.status_words for stem in stems)


def _block(part: Part, terms: Terms) -> Iterator[Finding]:
    for start, end in places(part, terms.response_words):
        if _BLOCK.match(part.text, end):
            yield Finding("response", "body", part.where, 0.8, "body", start)
            return
