"""A ledger full of made-up mail for the tests of reports: the same seed gives the same rows, many or few."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from triage.store import schema as s

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # a Monday
WEEKS = 12
TOPICS = {"technical": 50, "settlement": 15, "general": 12, "plugin": 10, "application": 8, "checklist": 5}
PROFILES = {
    "api": ("msn", "environment", "order_id", "request", "response"),
    "login": ("msn", "environment", "request", "response"),
    "callback": ("msn", "environment", "order_id", "request"),
    "app": ("environment", "app_platform", "app_version"),
    "question": (),
}
LANGUAGES = ("no", "no", "no", "en", "en", "da", "sv", "fi", None)
PRODUCTS = ("epayment", "recurring", "login", "checkout", None)
RULES = {topic: tuple(f"{topic}/rule-{number}" for number in range(1, 5)) for topic in TOPICS}
FLAG = "flags/phone-request"
HINTS = ("token-header", "wrong-environment", "capture-twice")
SILENCES = (("automatic", "out_of_office"), ("automatic", "auto_submitted"), ("spam", "spam"))


@dataclass
class Seeded:
    """The rows of each table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in _ORDER})

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        self.rows[table].append(values)
        return values


_ORDER = ("ticket", "mail", "verdict", "finding", "required", "outbox", "correction")


def write(db: sa.Connection, seeded: Seeded) -> None:
    """Put rows into a database."""
    for name in _ORDER:
        table, rows = s.metadata.tables[name], seeded.rows[name]
        for begin in range(0, len(rows), 5_000):
            db.execute(sa.insert(table), rows[begin : begin + 5_000])


def made_up(mails: int, seed: int) -> Seeded:
    """About so many mails over WEEKS weeks from START, and all that belongs to them."""
    dice, made = random.Random(seed), Seeded()
    while len(made.rows["mail"]) < mails:
        at = START + timedelta(seconds=dice.random() * WEEKS * 7 * 86_400)
        if dice.random() < 0.15:
            kind, silence = dice.choice(SILENCES)
            _mail(made, dice, at, kind, silence=silence)
        else:
            _ticket(made, dice, at)
    return made


def _ticket(made: Seeded, dice: random.Random, at: datetime) -> None:
    (topic,) = dice.choices(list(TOPICS), list(TOPICS.values()))
    profile = dice.choice(list(PROFILES)) if topic == "technical" else None
    lacking = [name for name in PROFILES.get(profile or "", ()) if dice.random() < 0.35]
    unsure = dice.random() < 0.1
    ticket = made.add(
        "ticket",
        number=10_000 + len(made.rows["ticket"]),
        state="review" if unsure else "waiting_for_info" if lacking else "ready" if profile else "redirected",
        topic=None if unsure else topic,
        profile=profile,
        language="no",
        owner="kari@shop.example",
        subject="Hjelp",
        asked=1 if lacking else 0,
        told_separate=False,
        flags=[],
        opened_at=at,
        changed_at=at,
        completed_at=None if lacking or not profile else at,
        merged_into=None,
    )
    action = "review" if unsure else "request_info" if lacking else "acknowledge" if profile else "redirect"
    given = {"topic": None if unsure else topic, "profile": profile, "action": action}
    mail = _mail(made, dice, at, "new", ticket=ticket["number"], evidence_topic=topic, **given)
    for name in PROFILES.get(profile or "", ()):
        made.add("required", mail=mail["id"], field=name, missing=name in lacking)
        _findings(made, dice, mail, name, name in lacking)
    if dice.random() < 0.04:
        other = dice.choice([each for each in TOPICS if each != topic])
        _correction(made, mail, given["topic"], other, lacking)
    _later(made, dice, ticket, at, lacking)


def _findings(made: Seeded, dice: random.Random, mail: dict[str, Any], name: str, lacking: bool) -> None:
    if lacking:
        notes = ["placeholder"] if dice.random() < 0.1 else []
    elif name == "environment":
        notes = dice.choice((["inferred"], [""], ["inferred", ""]))
    else:
        notes = [""]
    for note in notes:
        _finding(made, mail, name, "SAMPLE", note)


def _finding(made: Seeded, mail: dict[str, Any], name: str, value: str, note: str) -> None:
    made.add(
        "finding",
        mail=mail["id"],
        ticket=mail["ticket"],
        field=name,
        value=value,
        place="body",
        confidence=1.0,
        note=note,
    )


def _correction(made: Seeded, mail: dict[str, Any], before: str | None, after: str, lacking: list[str]) -> None:
    """Staff said something of the topic, or of the fields, some of them twice: the last word counts."""
    sort = mail["id"] % 3
    words: list[tuple[str | None, list[str] | None]] = [(after, None)]
    if sort == 1:
        words = [("newsletter", None), (after, None)]
    if sort == 2:
        words = [(None, lacking[1:]), (after, lacking[:1])]
    for topic, missing in words:
        made.add(
            "correction",
            ticket=mail["ticket"],
            mail=mail["id"],
            topic_before=before,
            topic=topic,
            missing_before=lacking,
            missing=missing,
            why="",
            who="staff",
            at=mail["handled_at"],
            example="none",
        )


def _later(made: Seeded, dice: random.Random, ticket: dict[str, Any], at: datetime, lacking: list[str]) -> None:
    """What comes after a first mail: some senders give the rest, some are asked again, some just write."""
    if not lacking and dice.random() < 0.8:
        return
    if lacking and dice.random() < 0.3:
        return
    at += timedelta(hours=dice.expovariate(1 / 20))
    given = {"ticket": ticket["number"], "topic": ticket["topic"], "profile": ticket["profile"], "action": "attach"}
    mail = _mail(made, dice, at, "followup", **given)
    left = [name for name in lacking if dice.random() < 0.2]
    for name in lacking:
        made.add("required", mail=mail["id"], field=name, missing=name in left)
    if lacking and not left:
        ticket.update(state="ready", completed_at=at)
    elif left:
        ticket.update(asked=2, state="review" if dice.random() < 0.3 else ticket["state"])


def _mail(made: Seeded, dice: random.Random, at: datetime, kind: str, **given: Any) -> dict[str, Any]:
    number = len(made.rows["mail"]) + 1
    silent = kind in ("automatic", "spam")
    tray = (
        "silent"
        if silent
        else {"review": "review", "acknowledge": "ready", "attach": "ready"}.get(given["action"], "answered")
    )
    domain = f"shop{int(dice.paretovariate(0.7)) % 60}.example"
    mail = made.add(
        "mail",
        id=number,
        key=f"{number:064d}",
        message_id=f"{number}@{domain}",
        ticket=given.get("ticket"),
        first=kind != "followup",
        kind=kind,
        silence=given.get("silence"),
        sender=f"kari@{domain}",
        sender_domain=domain,
        subject="Hjelp",
        language=dice.choice(LANGUAGES),
        mailbox="integration",
        uid=str(number),
        size=1000,
        sent_at=at,
        handled_at=at,
        tray=tray,
        read={"new": "", "quoted": "", "signature": "", "attachments": []},
    )
    replied = not silent and (kind == "new" or dice.random() < 0.5)
    hints = dice.sample(HINTS, dice.choice((0, 0, 1, 2))) if kind == "new" and given.get("profile") else []
    _verdict(made, dice, mail, given, hints, replied)
    if product := dice.choice(PRODUCTS):
        _finding(made, mail, "product", product, "path")
        _finding(made, mail, "product", "webhooks", "name")
    if replied:
        _reply(made, dice, mail, given, at)
    return mail


def _verdict(
    made: Seeded, dice: random.Random, mail: dict[str, Any], given: dict[str, Any], hints: list[str], replied: bool
) -> None:
    silent = mail["silence"] is not None
    decided = dice.choice(("rule", "rule", "classifier")) if given.get("topic") else "fallback"
    made.add(
        "verdict",
        mail=mail["id"],
        action=given.get("action", "none"),
        topic=given.get("topic"),
        profile=given.get("profile"),
        decided_by="guard" if silent else "thread" if mail["kind"] == "followup" else decided,
        confidence=1.0,
        template=given.get("action") if replied else None,
        flags=[],
        pointers=[],
        hints=hints,
        reasons=[],
        evidence=list(_evidence(dice, given.get("evidence_topic"))),
        guesses=[],
        secrets=[],
        rules_digest="",
        model_digest="",
    )


def _evidence(dice: random.Random, topic: str | None) -> Iterator[dict[str, Any]]:
    if topic is None:
        return
    rules = dice.sample(RULES[topic], dice.randint(1, 3))
    if f"{topic}/rule-1" in rules and f"{topic}/rule-2" not in rules:
        rules.append(f"{topic}/rule-2")  # these two always fire together
    if dice.random() < 0.2:
        rules.append(RULES[dice.choice(list(TOPICS))][3])
    for rule in dict.fromkeys(rules):
        yield _seen(rule, rule.partition("/")[0])
        if dice.random() < 0.3:
            yield _seen(rule, rule.partition("/")[0])  # once more, in another part of the mail
    if dice.random() < 0.1:
        yield _seen(FLAG, "")
    yield _seen("classifier/word", topic) | {"source": "classifier"}


def _seen(rule: str, topic: str) -> dict[str, Any]:
    return {"source": "rule", "rule": rule, "topic": topic, "where": "body", "text": "sample", "weight": 1.0}


def _reply(made: Seeded, dice: random.Random, mail: dict[str, Any], given: dict[str, Any], at: datetime) -> None:
    state = dice.choices(("sent", "queued", "failed"), (94, 4, 2))[0]
    made.add(
        "outbox",
        kind="reply",
        route="main",
        mail=mail["id"],
        ticket=mail["ticket"],
        template=given["action"],
        language="no" if mail["language"] == "no" else "en",
        message_id=f"reply-{mail['id']}@desk.example",
        address=mail["sender"],
        domain=mail["sender_domain"],
        fingerprint="",
        recipients=[mail["sender"]],
        message=b"",
        state=state,
        tries=1,
        uncertain=False,
        queued_at=at,
        next_at=at,
        sent_at=at + timedelta(seconds=round(dice.lognormvariate(1.5, 1.6), 3)) if state == "sent" else None,
        said="",
    )
