"""The guard's checks of wording, for machines that set no header: absence, receipts of other desks, challenges.

A subject and the first words must agree, and nothing may look like a person's question: a person's mail that is
silenced is lost work, a machine that slips through meets the desk's rate limits.
"""

from __future__ import annotations

import re
from typing import Final

from triage.mail import guard_words as words
from triage.mail.guard_clues import Clues, pattern

_AUTOREPLY_SUBJECT = re.compile(
    rf"^\W{{0,3}}(?:{words.AUTOREPLY_SUBJECTS})\s?(?:[:\])]|$|re:|from |fra |från |to your |von )"
)
_ABSENCE_SUBJECT = pattern(words.ABSENCE_SUBJECTS)
_ABSENCE = pattern(words.ABSENCES)
_RETURN = pattern(words.RETURNS)
_ACKNOWLEDGED_SUBJECT = re.compile(rf"^[^:]{{0,40}}?(?<!\w)(?:{words.ACKNOWLEDGED_SUBJECTS})")
_ACKNOWLEDGEMENT = pattern(words.ACKNOWLEDGEMENTS)
_THANKS = pattern(words.THANKS)
_TICKET_NUMBER = pattern(words.TICKET_NUMBERS)
_PROMISE = pattern(words.PROMISES)
_CHALLENGE_SUBJECT = pattern(words.CHALLENGE_SUBJECTS)
_CHALLENGE = pattern(words.CHALLENGES)
_HELPDESK = re.compile(rf"(?:{words.HELPDESK_HEADERS})$")
_AUTOMATED = pattern(words.AUTOMATED)
_UNREAD = pattern(words.UNREAD)
_PASSED_ON = re.compile(r"(?:fwd?|vb|vl|wg|videresendt|vidarebefordrat)\s?:")
_REPLY_OR_NONE = re.compile(r"(?:re|sv|vs|aw|svar|antw|r)\s?(?:\[\d+\])?\s?:|$")
_BUSINESS = re.compile(words.BUSINESS)
_TALK: Final = 250  # characters from the top within which a machine states its business
_SHORT: Final = 900  # characters an answering machine says at most


def out_of_office(clues: Clues) -> str:
    """An answering machine's subject; or an absence stated at the top, and a subject or a second phrase that agrees."""
    subject = _AUTOREPLY_SUBJECT.match(clues.subject)
    if subject:
        return subject[0]
    agrees = _ABSENCE_SUBJECT.search(clues.subject)
    alone = _REPLY_OR_NONE.match(clues.subject) and len(clues.opening) <= _SHORT
    stated = _ABSENCE.search(clues.opening[:_TALK]) if agrees or alone else None
    if not stated or _PASSED_ON.match(clues.subject) or _BUSINESS.search(clues.opening):
        return ""
    return stated[0] if agrees or _RETURN.search(clues.opening, stated.end()) else ""


def acknowledgement(clues: Clues) -> str:
    """Another desk's receipt: its headers, its ticket number or its subject, beside the wording."""
    if _PASSED_ON.match(clues.subject):
        return ""
    top = clues.opening[:_TALK]
    helpdesk = next((name for name in clues.headers if _HELPDESK.match(name)), "")
    agrees = _ACKNOWLEDGED_SUBJECT.match(clues.subject)
    stated = _ACKNOWLEDGEMENT.search(top)
    thanked = stated or (_THANKS.search(top) if helpdesk or agrees else None)
    if thanked is None or "?" in clues.opening[: thanked.start()]:
        return ""
    if helpdesk:
        return f"{helpdesk} … {thanked[0]}"
    agrees = agrees or _TICKET_NUMBER.search(f"{clues.subject} {clues.opening}")
    return thanked[0] if agrees and _PROMISE.search(clues.opening) else ""


def automated(clues: Clues) -> str:
    """A program that says it is one and reads no answers."""
    stated = _AUTOMATED.search(clues.opening[:_TALK])
    return stated[0] if stated and _UNREAD.search(clues.opening) and not _PASSED_ON.match(clues.subject) else ""


def challenge(clues: Clues) -> str:
    return clues.first(*words.CHALLENGE_HEADERS) or clues.says(_CHALLENGE_SUBJECT, _CHALLENGE)
