"""Decides whether a mail may be answered at all: a reason for silence, or none. The only place that decides it.

The checks stand in one table and the first that speaks wins. The codes are stable: reports count them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from triage.domain import InboundMail, Kind, Silence
from triage.mail import guard_headers, guard_wording
from triage.mail.guard_clues import Clues, Ours

__all__ = ["Ours", "is_machine_address", "reason_for_silence"]

_CHECKS: Final[tuple[tuple[str, Callable[[Clues], str]], ...]] = (
    ("own_mail", guard_headers.own_mail),
    ("loop", guard_headers.loop),
    ("feedback_report", guard_headers.feedback),
    ("read_receipt", guard_headers.receipt),
    ("bounce", guard_headers.bounce),
    ("spam", guard_headers.spam),
    ("calendar", guard_headers.calendar),
    ("auto_submitted", guard_headers.auto_submitted),
    ("autoreply_header", guard_headers.autoreply_header),
    ("notification", guard_headers.notification),
    ("mailing_list", guard_headers.mailing_list),
    ("precedence", guard_headers.precedence),
    ("suppressed", guard_headers.suppressed),
    ("challenge", guard_wording.challenge),
    ("out_of_office", guard_wording.out_of_office),
    ("acknowledgement", guard_wording.acknowledgement),
    ("automated", guard_wording.automated),
    ("null_return_path", guard_headers.null_return_path),
    ("no_reply_sender", guard_headers.no_reply),
    ("no_sender", guard_headers.no_sender),
)


def reason_for_silence(mail: InboundMail, ours: Ours) -> Silence | None:
    """Why `mail` gets no answer, or None when a person waits for one. Never raises."""
    clues = Clues(mail, ours)
    for code, check in _CHECKS:
        seen = check(clues)
        if seen:
            return Silence(code, " ".join(seen.split())[:200], Kind.SPAM if code == "spam" else Kind.AUTOMATIC)
    return None


def is_machine_address(email: str) -> bool:
    """Whether nobody reads what is sent to an address: no recipient of a reply, whoever put it into Cc."""
    return guard_headers.is_machine(email)
