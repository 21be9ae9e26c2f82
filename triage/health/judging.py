"""Is the desk well? Pure: signs in, verdict out.

The desk is red when a mailbox cannot be read, mail stays behind in it, letters do not leave, the database is lost, mail
in trouble waits, sending was stopped, or edited rules cannot be used. What a person must mend is red at once, everything else after one missed window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triage.health.pulse import Beat, Beats
from triage.store.signs import Signs

EDITING: Final = timedelta(minutes=10)  # for which edited rules may be broken before it is an alarm


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong. `name` identifies it, also after a restart; `said` is one line for staff."""

    name: str
    said: str
    since: datetime | None
    told: bool = True  # False: another desk has it in hand, and would tell


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take. `window` is `poll.seconds`; `host` tells the desks of several machines apart."""

    window: float
    letters: timedelta  # a letter that waits for longer is too old, whatever the mail server says
    host: str


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement. `well` names what is known to be right; a thing in neither is not known about yet."""

    at: datetime
    reasons: tuple[Reason, ...]
    well: frozenset[str]

    @property
    def red(self) -> bool:
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is known at one moment; `signs` is None while the database is lost."""

    health: Health
    beats: Beats
    signs: Signs | None


Found = Iterator[tuple[str, Reason | None]]  # a name, and what is wrong with it


def judge(at: datetime, beats: Beats, signs: Signs | str, patience: Patience) -> Health:
    """Judge the process and the ledger; `signs` are the words of the failure when the ledger could not be read."""
    found = [*_process(at, beats, patience)]
    if isinstance(signs, str):
        found.append((f"database {patience.host}", Reason(f"database {patience.host}", signs, None)))
    else:
        found += [(f"database {patience.host}", None), *_ledger(at, signs, patience)]
    wrong = tuple(reason for _, reason in found if reason)
    return Health(at, wrong, frozenset(name for name, reason in found if reason is None))


def _process(at: datetime, beats: Beats, patience: Patience) -> Found:
    for beat in beats.mailboxes:
        yield from _mailbox(beat, patience)
    if beats.ran:
        name = f"run {patience.host}"
        yield name, Reason(name, f"the run failed: {beats.run.said}", beats.run.since) if beats.run else None
    name, relay = f"relay {patience.host}", beats.relay
    if relay is None and beats.relay_tried:
        yield name, None
    elif relay and (relay.lasting or at - relay.since > timedelta(seconds=2 * patience.window)):
        yield name, Reason(name, f"letters do not leave: {relay.said}", relay.since)
    yield from _edits(at, beats, patience)


def _edits(at: datetime, beats: Beats, patience: Patience) -> Found:
    """Whoever edits several files saves them one after the other: that is no alarm."""
    name, edits = f"rules {patience.host}", beats.edits
    if edits and at - edits.since > EDITING:
        yield name, Reason(name, edits.said, edits.since)
    elif edits is None and beats.edits_watched:
        yield name, None


def _mailbox(beat: Beat, patience: Patience) -> Found:
    """A mailbox that another desk tends is that desk's to judge, unless we failed with it just now."""
    if not beat.tended and beat.failure is None:
        return
    name, behind = f"mailbox {beat.mailbox}", f"behind {beat.mailbox}"
    late = beat.quiet > 2 * patience.window  # one window to look in, one missed
    if beat.failure and (late or beat.failure.lasting):
        said = f"the mailbox cannot be read: {beat.failure.said}"
        yield name, Reason(name, said, beat.failure.since, told=beat.tended)
    elif late:
        yield name, Reason(name, f"{beat.mailbox}: nothing was read for {beat.quiet:.0f} s", beat.looked_at)
    elif beat.failure is None and beat.looked_at:
        yield name, None
    if not beat.tended:
        return
    if beat.behind_since:
        said = f"{beat.mailbox}: {beat.left} mails rest in the inbox though the desk looked"
        yield behind, Reason(behind, said, beat.behind_since)
    elif beat.left is not None:
        yield behind, None


def _ledger(at: datetime, signs: Signs, patience: Patience) -> Found:
    yield "outbox", _outbox(at, signs, patience)
    aside = Reason("trouble", f"{_mails(signs.trouble)} could not be handled: triage trouble list", signs.trouble_since)
    yield "trouble", aside if signs.trouble else None
    stopped = next((each for each in signs.standing if each.name.partition(":")[0] == "breaker"), None)
    yield "breaker", Reason("breaker", stopped.said, stopped.since) if stopped else None


def _outbox(at: datetime, signs: Signs, patience: Patience) -> Reason | None:
    if signs.due_since and at - signs.due_since > timedelta(seconds=2 * patience.window):
        return Reason("outbox", "letters that could leave are not sent", signs.due_since)
    if signs.waiting_since and at - signs.waiting_since > patience.letters:
        minutes = (at - signs.waiting_since) // timedelta(minutes=1)
        return Reason("outbox", f"the oldest letter has waited for {minutes} minutes to leave", signs.waiting_since)
    return None


def _mails(count: int) -> str:
    return "one mail" if count == 1 else f"{count} mails"
