"""Ids with which a call is found in the logs: transactionId, and contextId or traceId (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.labels import hits
from triage.fields.parts import Part
from triage.fields.terms import Terms

_TRANSACTION = re.compile(r"(?:\d{10,20}|(?=[A-Za-z-]{0,30}\d)[A-Za-z0-9-]{8,36})(?![\w@])")
_NAMED = re.compile(r"(?=[A-Za-z:-]{0,40}\d)[A-Za-z0-9](?:[A-Za-z0-9]|[:-](?=[A-Za-z0-9])){7,63}(?![\w@/-]|\.\w)")
_CUT_OFF = re.compile(
    r"[\"']?[ \t]?(?:…|\.{2,3}|[(\[<]{1,2}[ \t]?(?:…|\.{2,3}|trunc|cut |shorten|forkort|avkort|kutt|afkort|katkais))"
)
_CONTEXT = re.compile(
    r"(?:urn:uuid:)?(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|"
    r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|[0-9a-f]{16,32}|[0-9a-z]{8,14}:[0-9a-z]{8})(?![\w-])",
    re.IGNORECASE,
)


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Transaction ids and context or trace ids of a mail."""
    return [finding for part in parts for finding in (*_transactions(part, terms), *_contexts(part, terms))]


def _transactions(part: Part, terms: Terms) -> Iterator[Finding]:
    for hit in hits(part, terms.labels["transaction_id"], _TRANSACTION):
        note = "placeholder" if terms.is_placeholder(hit.value) else ""
        yield Finding("transaction_id", hit.value, part.where, 0.0 if note else 1.0, note, hit.start)


def _contexts(part: Part, terms: Terms) -> Iterator[Finding]:
    azure = "aadsts" in part.folded
    for hit in (*hits(part, terms.labels["context_id"], _CONTEXT), *hits(part, terms.labels["trace_id"], _NAMED)):
        if "_" in hit.label or (azure and "aadsts" in part.folded[max(0, hit.start - 400) : hit.start]):
            continue  # trace ids of Azure AD find nothing in our logs
        if _CUT_OFF.match(part.folded, hit.start + len(hit.value)):
            continue
        value = hit.value.lower().removeprefix("urn:uuid:")
        note = "placeholder" if terms.is_placeholder(value) else ""
        yield Finding("context_id", value, part.where, 0.0 if note else 1.0, note, hit.start)
