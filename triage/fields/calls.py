"""Pasted calls: curl, Postman, raw HTTP, code, log lines, HAR, header blocks and bodies (DOMAIN section 2).

A call that is only named in words ("the capture call") is none. Every pattern is anchored on a word that
stands in few places and reads a bounded stretch behind it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from triage.domain import Finding
from triage.fields.labels import places
from triage.fields.parts import MOST_PROSE, Part
from triage.fields.terms import Terms
from triage.fields.vocabulary import Labels

_MOST = 40  # calls listed from one part
_TARGET = r"(?P<target>https?://[^\s\"'`<>|)]{3,400}|\{\{[\w.-]{1,60}\}\}[^\s\"'`<>|)]{0,400}|/[A-Za-z{:][^\s\"'`<>|)]{1,400})"
_METHOD_PATH = re.compile(
    rf"(?P<method>GET|POST|PUT|PATCH|DELETE)(?:[\"'`\\]?[ \t]{{0,8}}[:,|=]{{0,2}}[ \t]{{0,8}}[\"'`\\]?){_TARGET}"
)
_LOWER_CASE = re.compile(
    r"(?P<method>get|post|put|patch|delete)[ :]{1,3}"
    r"(?P<target>(?:https?://[\w.-]{3,80})?/(?:ecomm|epayment|recurring|access-management|accesstoken|vipps-|order-management|psp|qr|checkout|report|settlement|webhooks|management)[\w.-]{0,20}/\w[^\s\"'`<>|)]{0,400})"
)
_IN_CODE = re.compile(
    rf"(?:\.|->|::)(?P<method>get|post|put|patch|delete)(?:async|jsonasync)?(?:\(|,)\s{{0,40}}(?:\$?[\w>-]{{1,40}} ?[.+] ?)?[fr$@]{{0,2}}[\"'`]{{0,3}}(?:\$?\{{[\w.()-]{{1,60}}\}})?{_TARGET}"
)
_SAID = re.compile(
    r"(?P<method>GET|POST|PUT|PATCH|DELETE)(?:[ -]?(?:request(?:en|et)?|call|kall(?:et)?|kald(?:et)?|anrop(?:et)?))?(?: (?:to|til|till|mot|mod|against|on|pa))?:? {0,3}[\"'`<(]?"
    r"(?P<target>https?://[^\s\"'`<>|)]{3,400}|/(?:ecomm|epayment|recurring|access-management|accesstoken|vipps-|order-management|psp|qr|checkout|report|settlement|webhooks|management)[\w.-]{0,20}/\w[^\s\"'`<>|)]{0,400})"
)
_METHOD_SAID = (
    r"(?<!\w)(?:http[ _-]?)?(?:method|metode|metod|verb|-method)[\"']?[ \t]{0,4}[=: ][ \t]{0,4}[\"']?"
    r"(?P<method>GET|POST|PUT|PATCH|DELETE)(?!\w)"
)
_TARGET_SAID = (
    r"(?<!\w)(?:request_?)?(?:path|ur[il]|endpoint|endepunkt|target|address|adresse|fetch\()[\"']?[ \t]{0,4}[=: ]?[ \t]{0,4}[\"'`]?"
    r"(?P<target>(?:https?:/)?/[\w{][^\s\"'`<>|)]{2,400})"
)
_SAID_METHOD = re.compile(_METHOD_SAID, re.IGNORECASE)
_SAID_TARGET = re.compile(_TARGET_SAID, re.IGNORECASE)
_PAIR = re.compile(
    rf"{_METHOD_SAID}[^{{}}]{{0,120}}?"
    r"(?<!\w)(?:request_?)?(?:path|ur[il]|endpoint|endepunkt|target|address|adresse|-uri)[\"']?[ \t]{0,4}[=: ][ \t]{0,4}[\"']?(?P<target>(?:https?:/)?/[\w{][^\s\"'`<>|)]{2,400})",
    re.IGNORECASE,
)
_PAIR_TURNED = re.compile(rf"{_TARGET_SAID}[^{{}}]{{0,40}}[^\w]{{0,20}}{_METHOD_SAID}", re.IGNORECASE)
_BETWEEN = 60  # characters between a target and the method behind it
_METHOD_HINTS = ("method", "metod", "verb")
_METHOD = re.compile(
    r"[gpd](?<=(?=get|post|put|patch|delete).)(?<![\w/].)"
)  # in small letters, not inside another word
_CURL = re.compile(r"(?:curl|wget)(?<![\w-]....)(?:\.exe)?[ \t\\^](?!error)")
_CURL_METHOD = re.compile(r"(?:-X|--request|--method)[ =\"']{0,3}([A-Za-z]{3,7})")
_CURL_URL = re.compile(r"https?://[^\s\"'`<>]{3,400}|\{\{[\w.-]{1,60}\}\}/[^\s\"'`<>]{1,400}")
_CURL_DATA = re.compile(
    r"(?:^|\s)(?:-d|--data(?:-raw|-binary|-urlencode)?|--post-data|--post-file|--json|-F|--form)[ =\"']"
)
_PHP = re.compile(r"CURLOPT_URL[\"']?\s{0,8}(?:,|=>)\s{0,8}[\"'](?P<target>https?://[^\s\"'`<>|)]{3,400})")
_HAR = re.compile(
    r"\"method\"\s{0,10}:\s{0,10}\"(?P<method>[A-Z]{3,7})\"[^{}]{0,200}?\"url\"\s{0,10}:\s{0,10}\"(?P<target>[^\"]{3,400})\""
)
_HAR_TURNED = re.compile(
    r"\"url\"\s{0,10}:\s{0,10}\"(?P<target>https?://[^\"]{3,400})\"[^{}]{0,200}?\"method\"\s{0,10}:\s{0,10}\"(?P<method>[A-Z]{3,7})\""
)
_FORM = re.compile(r"grant_type=[a-z]")  # the body of a token call
_AUTHORIZE = re.compile(r"https?://[\w.-]{3,80}(?P<target>/[\w./-]{0,80}oauth2/auth)\?[\w%]{2,40}=")
_HEADER = re.compile(
    r"(?i)\n[ \t>*|\"'`-]{0,12}(?:-H[ ]?[\"'])?(?P<name>authorization|ocp-apim-subscription-key|merchant-serial-number|vipps-system-[a-z-]{4,20}|"
    r"idempotency-key|x-request-id|client[_-]id|client[_-]secret|psp-id|x-source-address|x-timestamp|content-type|accept|host|user-agent)[\"'`*]{0,3}[ \t]{0,3}(?:[:=|]|=>)[ \t]{0,4}\S"
)
_WEAK_HEADERS = frozenset(
    {
        "client_id",
        "client-id",
        "client_secret",
        "client-secret",
        "content-type",
        "accept",
        "host",
        "user-agent",
        "x-request-id",
    }
)
_BODY_KEYS = Labels.of(
    (
        "merchantinfo", "customerinfo", "transactiontext", "paymentmethod", "userflow", "returnurl", "callbackprefix", "fallback",
        "fallbackurl", "paymentdescription", "merchantredirecturl", "productname", "merchantagreementurl", "modificationamount",
        "paymenttype", "orderlines", "chargetype", "retrydays", "sessionexpiration",
    )
)  # fmt: skip
LABELS = (_BODY_KEYS,)
_BEHIND_KEY = re.compile(r"[\"'\\\]]{1,3}\s{0,10}(?:=>|:)|[ \t]{0,3}=>")
_BLOCK = re.compile(
    r"[a-z]{0,12}(?:[ \t]{1,3}(?:body|data|payload|json))?[ \t*_]{0,4}[:=]?[*_]{0,3}\s{0,12}(?:`{1,3}(?:json)?\s{0,4})?[\"']?(?:\{|Array\s{0,4}\(|array\(|<)"
)

_ANSWER = re.compile(
    r"[\s\[{]{0,20}[\"'](?:status ?code|error|errors|error\w{1,12}|title|type|code|message|responseinfo|detail)[\"']"
)  # the first key of an answer: `on every initiate call: {"statusCode":401 ...`
_HINTED = (
    ('"method"', _HAR),
    ('"method"', _HAR_TURNED),
    ("oauth2/auth", _AUTHORIZE),
    ("curlopt_url", _PHP),
)  # patterns tried only where their hint occurs
_HEADER_HINTS = (
    *("authorization", "ocp-apim-subscription-key", "merchant-serial-number", "vipps-system-"),
    *("idempotency-key", "psp-id", "x-source-address", "x-timestamp"),
)  # headers of this trade


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Every pasted call, first those with method and path; then blocks of headers, then bodies."""
    lines = [finding for part in parts for finding in _lines(part, terms)]
    headers = [finding for part in parts for finding in _headers(part)]
    return [*lines, *headers, *(finding for part in parts for finding in _bodies(part, terms))]


def _lines(part: Part, terms: Terms) -> Iterator[Finding]:
    yield from _curls(part)
    if "/" not in part.text:
        return
    known: set[str] = set()  # a log repeats its calls
    for match in _matches(part):
        call = _call(part, match)
        if call not in known:
            known.add(call)
            note = "failed" if terms.failed(part, match.start()) else ""
            yield Finding("request", call, part.where, 1.0, note, match.start())


def _matches(part: Part) -> Iterator[re.Match[str]]:
    """What looks like a call, form by form."""
    named = [method.start() for method in _METHOD.finditer(part.folded)]
    if named:
        yield from _at(named, _LOWER_CASE, part.folded[:MOST_PROSE])
        yield from islice(_IN_CODE.finditer(part.folded), _MOST)
        yield from _at(named, _METHOD_PATH, part.text)
        yield from _at(named, _SAID, part.text)
    for hint, pattern in _HINTED:
        yield from islice(pattern.finditer(part.text) if hint in part.folded else (), _MOST)
    if any(hint in part.folded for hint in _METHOD_HINTS):
        yield from islice(_pairs(part.text), _MOST)


def _at(starts: Iterable[int], pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Where a pattern fits at one of these places, and not within what it fitted before."""
    end = found = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            yield match
            end, found = match.end(), found + 1
            if found == _MOST:
                return


def _pairs(text: str) -> Iterator[re.Match[str]]:
    """`method: POST ... path: /v1/x`, and turned; a target is looked at twice only where a method follows it closely."""
    methods = [method.start() for method in _SAID_METHOD.finditer(text)]
    if not methods:
        return
    yield from _PAIR.finditer(text)
    for target in _SAID_TARGET.finditer(text):
        behind = bisect_left(methods, target.start())
        near = behind < len(methods) and methods[behind] <= target.end() + _BETWEEN
        if near and (match := _PAIR_TURNED.match(text, target.start())):
            yield match


def _call(part: Part, match: re.Match[str]) -> str:
    method = match["method"].upper() if "method" in match.re.groupindex else "GET"
    return f"{method} {_path(part.text[match.start('target') : match.end('target')])}"


def _curls(part: Part) -> Iterator[Finding]:
    """A curl command up to the next one: an address makes it a call; -X or the data show the method."""
    if "curl" not in part.folded and "wget" not in part.folded:
        return
    starts = [match.start() for match in islice(_CURL.finditer(part.folded), _MOST)]
    for start, following in zip(starts, [*starts[1:], len(part.text)], strict=False):
        command = part.text[start : min(following, start + 6000)]
        if url := _CURL_URL.search(command):
            method = _CURL_METHOD.search(command)
            sends = _CURL_DATA.search(command)
            name = method.group(1).upper() if method else "POST" if sends else "GET"
            yield Finding("request", f"{name} {_path(url.group())}", part.where, 1.0, "curl", start)


def _path(target: str) -> str:
    """Path of a target without host and query string."""
    if target.startswith("http"):
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    elif target.startswith("{{"):
        target = "/" + target.partition("/")[2]
    return target.partition("?")[0].rstrip(".,;:\\")


def _headers(part: Part) -> Iterator[Finding]:
    """Two and more request headers, one of them used in this trade."""
    names, start = set(), -1
    if not any(map(part.folded.__contains__, _HEADER_HINTS)):
        return
    for match in islice(_HEADER.finditer(f"\n{part.text}"), 200):
        names.add(match["name"].lower())
        start = match.start() if start < 0 else start
    if len(names) >= 2 and names - _WEAK_HEADERS:
        yield Finding("request", "headers: " + ", ".join(sorted(names)), part.where, 0.9, "headers", start)


def _bodies(part: Part, terms: Terms) -> Iterator[Finding]:
    keys = {
        start: part.folded[start:end]
        for start, end in places(part, _BODY_KEYS, _MOST)
        if _BEHIND_KEY.match(part.text, end)
    }
    if keys:
        yield Finding("request", "body: " + ", ".join(sorted(set(keys.values()))), part.where, 0.9, "body", min(keys))
    if "grant_type=" in part.folded and (form := _FORM.search(part.folded)):
        yield Finding("request", "body: grant_type", part.where, 0.9, "body", form.start())
    for start, end in places(part, terms.request_words):
        block = _BLOCK.match(part.text, end)
        if block and not _ANSWER.match(part.folded, block.end()):
            yield Finding("request", "body", part.where, 0.8, "body", start)
            return
