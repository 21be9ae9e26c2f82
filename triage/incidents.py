"""Incidents: when many people report the same trouble at once, staff hear of it once, and nobody is asked for details.

Two technical mails are alike when the same call fails in the same way, when the same API answers 5xx, or when both tell
of everything failing at once. Writers are counted, not mails: one customer who writes five times is no incident. Mails
count when they come, not from a backlog.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.alerts import Alerts
from triage.config import Incidents
from triage.domain import Action, Finding, Flag, Kind, Reading, TicketNumber, TicketState, Tray, Verdict
from triage.replies.letter import AlertLetter
from triage.store import likeness
from triage.store.ledger import Ledger

OUTAGE = "servers that fail, or everything at once"
_API = re.compile(r"[A-Z]+ (/[\w-]+)")  # the call's method and the name of the API in its path
_NAME = "incident:"
_SERVER_FAULT = re.compile(r"HTTP 5\d\d\b")
_FAULT = re.compile(r"HTTP 4\d\d\b")
_FINE = re.compile(r"HTTP [123]\d\d\b")
_OWN_TO_ONE = re.compile(
    r"(?<=/)(?!v\d{1,2}(?:/|$))(?=[^/?#\s]*\d)[^/?#\s]+"
)  # part of a path that holds a number, versions apart
_MOST_TOLD = 50


def complaint_of(reading: Reading, verdict: Verdict) -> str:
    """What a technical mail complains of, in words that mails about the same thing share; "" when it is not clear enough."""
    if verdict.kind is not Kind.NEW or verdict.profile is None:
        return ""
    request, response = _value(verdict.fields, "request"), _value(verdict.fields, "response")
    api = _API.match(request)
    if api and _SERVER_FAULT.match(response):
        return f"{api[1]} HTTP 5xx"
    if _SERVER_FAULT.match(response) or any(item.flag is Flag.INCIDENT for item in reading.evidence):
        return OUTAGE
    if not response or _FINE.match(response) or (_FAULT.match(response) and not request):
        return ""
    call = _OWN_TO_ONE.sub("*", request.partition("?")[0][:200])
    return f"{call} {response[:80]}".strip()


def digest(complaint: str) -> str | None:
    """The complaint as the ledger keeps it: it may hold words of the sender."""
    return hashlib.sha256(complaint.encode()).hexdigest()[:32] if complaint else None


@dataclass(frozen=True, slots=True)
class IncidentWatch:
    """Counts writers of the same trouble. An incident is over when nobody wrote of it for the length of the window."""

    limit: Incidents
    alerts: Alerts

    def weighed(self, reading: Reading, verdict: Verdict, ledger: Ledger) -> tuple[Verdict, str]:
        """The verdict as it is when the mail is part of an incident, and its complaint ("": none that counts)."""
        sent, complaint = reading.mail.date, complaint_of(reading, verdict)
        if (
            sent is not None and abs(ledger.now - sent) > self._window
        ):  # it lay somewhere for long and says nothing of now
            return verdict, ""
        belongs = self._belongs(complaint, reading.mail.sender.email, ledger)
        return (_in_incident(verdict, complaint) if belongs else verdict), complaint

    def _belongs(self, complaint: str, sender: str, ledger: Ledger) -> bool:
        found = digest(complaint)
        if found is None:
            return False
        if self.alerts.stands(ledger, _NAME + found):
            return True
        before = likeness.since(ledger.db, found, self._begin(ledger))
        return len(before.senders | {sender}) >= self.limit.mails

    def tell(self, complaint: str, ledger: Ledger) -> None:
        """After the mail was recorded: tell staff, once an incident, with all its tickets so far."""
        found = digest(complaint) or ""
        alike = likeness.since(ledger.db, found, self._begin(ledger))
        said = f"{len(alike.senders)} people in {self.limit.minutes} minutes: {complaint}."
        self.alerts.raise_alert(ledger, _NAME + found, said, self._letter(alike.tickets))

    def recover(self, ledger: Ledger) -> None:
        """Tell staff of incidents that nobody writes of any more."""
        for alert in self.alerts.standing(ledger, _NAME):
            if not likeness.since(ledger.db, alert.name.removeprefix(_NAME), self._begin(ledger)).senders:
                during = likeness.since(ledger.db, alert.name.removeprefix(_NAME), alert.since - self._window)
                self.alerts.clear_alert(ledger, alert.name, alert.said, self._letter(during.tickets))

    @property
    def _window(self) -> timedelta:
        return timedelta(minutes=self.limit.minutes)

    def _begin(self, ledger: Ledger) -> datetime:
        return ledger.now - self._window

    def _letter(self, tickets: tuple[TicketNumber, ...]) -> AlertLetter:
        details = tuple(map(str, tickets[:_MOST_TOLD]))
        return AlertLetter("incident", count=len(tickets), minutes=self.limit.minutes, details=details)


def _in_incident(verdict: Verdict, complaint: str) -> Verdict:
    """The same mail as part of an incident: people have it, and the sender is asked for nothing."""
    return replace(
        verdict,
        action=Action.REVIEW,
        template="review",
        state=TicketState.REVIEW,
        tray=Tray.REVIEW,
        flags=tuple(dict.fromkeys((*verdict.flags, Flag.INCIDENT))),
        in_incident=True,
        reasons=(*verdict.reasons, f"part of an incident: {complaint}"),
    )


def _value(findings: tuple[Finding, ...], field: str) -> str:
    return next((found.value for found in findings if found.field == field), "")
