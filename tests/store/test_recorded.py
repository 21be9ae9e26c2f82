"""What is kept of a mail is enough to decide it again, is masked, and stays small."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import labelled
from tests.samples import mail
from triage import mind
from triage.config import load
from triage.domain import (
    Action,
    Address,
    Attachment,
    DecidedBy,
    Finding,
    Inspection,
    Kind,
    Language,
    Reading,
    Secret,
    Ticket,
    TicketNumber,
    TicketState,
    Verdict,
    Where,
)
from triage.mail.guard import reason_for_silence
from triage.store import recorded
from triage.store.recorded import Recorded, pack, record, unpack
from triage.threads import Belonging, Circle

ROOT = Path(__file__).parent.parent.parent
DECIDED = Verdict(Kind.NEW, Action.REDIRECT, DecidedBy.RULE, Language.NO, topic="settlement", confidence=0.9)


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    """The labelled mails as the desk reads them."""
    thinking = mind.load(load(ROOT / "config.yaml")).understanding
    found = thinking.read([each.raw for each in labelled.load()])
    return [each for each in found if isinstance(each, Reading)]


def test_every_value_comes_back_as_it_was():
    ticket = Ticket(TicketNumber(10_001), TicketState.READY, "technical", "api", Language.SV, asked=1)
    found = mail(
        date=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
        to=["ola@shop.example"],
        headers=(("auto-submitted", "no"), ("list-id", "<a.b>")),
        attachments=(Attachment("log.txt", "text/plain", 9, "HTTP 400", inline=True),),
        content_types=("text/plain",),
        language=None,
    )
    inspection = Inspection(
        (Finding("msn", "654321", Where.SIGNATURE, 0.5, "failed", 7),), (Secret("key", "****abcd", Where.BODY),)
    )
    whole = Recorded(found, inspection, Belonging(ticket, "subject", None, None, (TicketNumber(3),)), DECIDED, "f")
    assert unpack(pack(whole)) == whole


def test_a_field_that_a_later_version_drops_or_adds_does_not_keep_old_mail_from_being_read():
    whole = Recorded(mail(), Inspection(), Belonging(), DECIDED)
    kept = json.loads(zlib.decompress(pack(whole)))
    kept["mail"]["gone"] = "a field of an older version"
    del kept["verdict"]["topic"]
    old = zlib.compress(json.dumps(kept).encode())
    assert unpack(old).verdict == replace(whole.verdict, topic=None)


def test_damaged_bytes_are_a_value_error_and_nothing_else():
    packed = pack(Recorded(mail(), Inspection(), Belonging(), DECIDED))
    for odd in (b"", b"junk", packed[:-5], zlib.compress(b'{"mail":1}'), zlib.compress(b"[]")):
        with pytest.raises(ValueError, match="cannot be read"):
            unpack(odd)


def test_the_guard_decides_the_same_on_what_is_kept(readings: list[Reading]):
    ours = mind.load(load(ROOT / "config.yaml")).understanding.ours
    kept = [record(each.mail, each.inspection, Belonging(), DECIDED, "").mail for each in readings]
    assert [reason_for_silence(each, ours) for each in kept] == [each.silence for each in readings]
    assert sum(each.silence is not None for each in readings) > 20


def test_huge_mails_are_kept_within_caps():
    log = Attachment("log.txt", "text/plain", 9, "x" * 90_000)
    found = mail(
        new="y" * 500_000,
        quoted="z" * 500_000,
        attachments=(log, log, log),
        headers=tuple(("x-odd", "v" * 5000) for _ in range(500)),
    )
    kept = record(found, Inspection(), Belonging(), DECIDED, "").mail
    texts = [each.text or "" for each in kept.attachments]
    assert (len(kept.new), len(kept.quoted), sum(map(len, texts)), len(kept.headers)) == (100_000, 10_000, 100_000, 100)


def test_who_may_hear_of_a_ticket_is_not_kept_with_its_mail():
    circle = Circle(frozenset({"ola@shop.example"}), frozenset({"shop.example"}))
    whole = record(mail(sender="kari@other.example"), Inspection(), Belonging(circle=circle), DECIDED, "")
    assert "ola@shop.example" not in recorded.zlib.decompress(pack(whole)).decode()


def test_a_mail_takes_a_few_thousand_bytes(readings: list[Reading]):
    sizes = sorted(len(pack(record(each.mail, each.inspection, Belonging(), DECIDED, ""))) for each in readings)
    assert sizes[len(sizes) // 2] < 1500
    assert sum(sizes) / len(sizes) < 3000


def test_the_address_and_name_of_the_sender_are_kept_since_the_guard_asks_for_them():
    whole = record(mail(sender="kari@shop.example"), Inspection(), Belonging(), DECIDED, "")
    assert unpack(pack(whole)).mail.sender == Address("kari@shop.example")
