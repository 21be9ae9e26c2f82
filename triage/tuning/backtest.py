"""Edited rules and another model against the recorded mail: what would have been decided otherwise. Changes nothing.

After is what a draft of the rules, or another model, would decide. Before is what the rules and model in service decide:
what was decided when the mail came, where they decided it, else judged again, so that earlier edits are not laid at the
draft's door. Without a draft, before is what was decided then. Follow-ups are judged with their ticket as it stood when they
came, so that one change is not counted again in every later mail of the thread.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from triage import mind as minds
from triage.classifier import storing
from triage.config import Settings
from triage.domain import TicketNumber, Verdict
from triage.mind import Mind
from triage.store import corrections, recorded
from triage.store.recorded import Recorded, Row
from triage.store.store import Store
from triage.tuning.judging import decide_again

_FEW: Final = 400  # mails for which starting other processes takes longer than it saves
_PAGE: Final = 200  # mails judged at a time
_MOST_PROCESSES: Final = 8

Progress = Callable[[int, int], None]  # mails judged, mails in all


@dataclass(frozen=True, slots=True)
class Decision:
    """What the sender or the staff notice of a verdict."""

    topic: str | None
    profile: str | None
    action: str
    template: str | None
    language: str
    missing: tuple[str, ...]
    tray: str

    @classmethod
    def of(cls, verdict: Verdict) -> Decision:
        return cls(
            topic=verdict.topic,
            profile=verdict.profile,
            action=verdict.action.value,
            template=verdict.template,
            language=verdict.language.value,
            missing=verdict.missing,
            tray=verdict.tray.value,
        )

    @property
    def door(self) -> str:
        """Where the mail goes, in words: `settlement, redirect`."""
        return f"{self.topic or 'no topic'}, {self.action}"


@dataclass(frozen=True, slots=True)
class Judged:
    """One recorded mail, decided before and after."""

    mail: int
    ticket: TicketNumber | None
    at: datetime
    subject: str
    before: Decision
    after: Decision

    @property
    def moves(self) -> bool:
        """Another topic, action or tray."""
        return self.before.door != self.after.door or self.before.tray != self.after.tray

    @property
    def asked_otherwise(self) -> bool:
        return set(self.before.missing) != set(self.after.missing)

    @property
    def answered_otherwise(self) -> bool:
        """Another letter, or one in another language."""
        letters = [(each.template, each.template and each.language) for each in (self.before, self.after)]
        return letters[0] != letters[1]

    @property
    def changes(self) -> bool:
        return self.moves or self.asked_otherwise or self.answered_otherwise


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `mails` that staff corrected: how many verdicts are what staff said, before and after."""

    mails: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have been otherwise. `forgotten` mails are left out: their words are gone."""

    mails: int
    forgotten: int
    unreadable: int
    changed: tuple[Judged, ...]
    agreement: Agreement

    @property
    def moves(self) -> Counter[tuple[str, str]]:
        """From where to where, and how many mails."""
        return Counter((each.before.door, each.after.door) for each in self.changed if each.moves)

    @property
    def asked(self) -> Counter[tuple[str, str]]:
        """Which field is asked for (`more`) or no longer (`less`), and of how many senders."""
        more = ((name, "more") for each in self.changed for name in set(each.after.missing) - set(each.before.missing))
        less = ((name, "less") for each in self.changed for name in set(each.before.missing) - set(each.after.missing))
        return Counter([*more, *less])

    @property
    def letters(self) -> Counter[tuple[str, str]]:
        """From which letter to which, with its language, and how many mails."""
        return Counter((_letter(each.before), _letter(each.after)) for each in self.changed if each.answered_otherwise)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is tried: `settings.rules` may be a draft folder, `model` a stored model that is not in service.

    `service` is what it is compared with; None: with what was decided when the mail came.
    """

    settings: Settings
    model: Path
    service: Settings | None = None

    def minds(self) -> Minds:
        """Raises Problems for broken rules, ModelFileError for a model that cannot be read."""
        model = storing.load(self.model)
        tried = minds.with_model(self.settings, model)
        if self.service is None:
            return Minds(tried, None)
        path = minds.model_path(self.service)
        serving = model if path == self.model else storing.load(path)
        return Minds(tried, minds.with_model(self.service, serving))


@dataclass(frozen=True, slots=True)
class Minds:
    """What is tried, and what is in service."""

    tried: Mind
    service: Mind | None


def backtest(store: Store, wanted: Wanted, since: datetime | None, progress: Progress) -> Backtest:
    """Judge every recorded mail again. Raises Problems, ModelFileError, StoreLost."""
    with store.connection() as db:
        kept, handled = recorded.counts(db, since)
        said = corrections.latest(db, since)
    judged: list[Judged] = []
    seen = 0
    for rows, found in _judged(_pages(store, since), wanted, kept):
        seen += len(rows)
        judged += found
        progress(seen, kept)
    return Backtest(
        mails=len(judged),
        forgotten=handled - kept,
        unreadable=seen - len(judged),
        changed=tuple(each for each in judged if each.changes),
        agreement=_agreement(judged, said),
    )


def judge_rows(rows: Sequence[Row], tried: Minds) -> list[Judged]:
    """Recorded mails decided again; those that cannot be unpacked are left out."""
    readable = [(row, kept) for row in rows if (kept := _unpacked(row)) is not None]
    before, after = _before(readable, tried.service), _decided(readable, tried.tried)
    return [
        Judged(row.mail, row.ticket, row.at, kept.mail.subject, before[row.mail], after[row.mail])
        for row, kept in readable
    ]


def _before(mails: Sequence[tuple[Row, Recorded]], service: Mind | None) -> dict[int, Decision]:
    """What was decided then; what is in service decides anew where something else was."""
    then = {row.mail: Decision.of(kept.verdict) for row, kept in mails}
    if service is None:
        return then
    now = (service.rules.digest, service.understanding.classifier.digest)
    return then | _decided([each for each in mails if (each[0].rules_digest, each[0].model_digest) != now], service)


def _decided(mails: Sequence[tuple[Row, Recorded]], mind: Mind) -> dict[int, Decision]:
    verdicts = decide_again([kept for _, kept in mails], [row.at.date() for row, _ in mails], mind)
    return {row.mail: Decision.of(verdict) for (row, _), verdict in zip(mails, verdicts, strict=True)}


def _unpacked(row: Row) -> Recorded | None:
    try:
        return recorded.unpack(row.content)
    except ValueError:
        return None


def _pages(store: Store, since: datetime | None) -> Iterator[Sequence[Row]]:
    last = 0
    while True:
        with store.connection() as db:
            rows = recorded.page(db, last, since, _PAGE)
        if not rows:
            return
        last = rows[-1].mail
        yield rows


def _judged(
    pages: Iterator[Sequence[Row]], wanted: Wanted, mails: int
) -> Iterator[tuple[Sequence[Row], Sequence[Judged]]]:
    """Page by page, here or in as many processes as there are processors."""
    processes = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
    tried = wanted.minds()  # here in any case: what is wrong with it is said once, by this process
    if mails <= _FEW or processes == 1:
        yield from ((rows, judge_rows(rows, tried)) for rows in pages)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _start, (wanted,)) as pool:
        waiting: deque[tuple[Sequence[Row], Future[list[Judged]]]] = deque()
        for rows in pages:
            waiting.append((rows, pool.submit(_judge_page, rows)))
            if len(waiting) > 3 * processes:
                yield _taken(waiting)
        while waiting:
            yield _taken(waiting)


def _taken(waiting: deque[tuple[Sequence[Row], Future[list[Judged]]]]) -> tuple[Sequence[Row], Sequence[Judged]]:
    rows, future = waiting.popleft()
    return rows, future.result()


_loaded: list[Minds] = []  # in a process of the pool: loaded once, for many pages


def _start(wanted: Wanted) -> None:
    _loaded.append(wanted.minds())


def _judge_page(rows: Sequence[Row]) -> list[Judged]:
    return judge_rows(rows, _loaded[0])


def _agreement(judged: Sequence[Judged], said: Mapping[int, corrections.Correction]) -> Agreement:
    corrected = [(each, said[each.mail]) for each in judged if each.mail in said]
    return Agreement(
        mails=len(corrected),
        before=sum(_agrees(each.before, correction) for each, correction in corrected),
        after=sum(_agrees(each.after, correction) for each, correction in corrected),
    )


def _agrees(decision: Decision, correction: corrections.Correction) -> bool:
    topic = correction.topic is None or decision.topic == correction.topic
    return topic and (correction.missing is None or set(decision.missing) == set(correction.missing))


def _letter(decision: Decision) -> str:
    return f"{decision.template} ({decision.language})" if decision.template else "no reply"
