"""The desk when something fails: a cut line, a relay or a database that is away, a mail that breaks it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from servers.process import free_port
from servers.smtp_sink import SmtpSink

from tests.office import Office, main_route
from triage import desk as desks
from triage.desk import Desk, run_once
from triage.domain import Tray
from triage.store import outbox, schema, trouble
from triage.store.database import engine_for, migrate
from triage.store.leases import Alone
from triage.store.store import Store, StoreLost
from triage.transport.accounts import MaildirAccount, SmtpRoute
from triage.transport.mailbox import Arrival, Bounds, Examination, MailboxLost
from triage.transport.maildir import MaildirMailbox
from triage.transport.smtp import Answer, Delivery, Fate, RelayLost, SmtpSender
from triage.transport.suspects import Suspects

SETTLEMENT = "Hei, pengene for forrige uke er ikke på konto ennå. Når kommer utbetalingen?"
TECHNICAL = "POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400 siden mandag."


class CutOff:
    """A mailbox whose line breaks when mail is to be filed: the moment after the commit."""

    def __init__(self, mailbox: MaildirMailbox) -> None:
        self._mailbox = mailbox
        self.name = mailbox.name
        self.waiting = mailbox.waiting
        self.begun = True

    def file(self, uids: object, tray: Tray) -> None:
        raise MailboxLost("the line is cut")


def test_a_cut_between_commit_and_filing_repeats_nothing_but_the_filing(office: Office):
    office.receive(SETTLEMENT)
    (mailbox,) = office.desk.mailboxes
    with pytest.raises(MailboxLost):
        desks.empty(CutOff(mailbox), office.desk)  # type: ignore[arg-type]
    assert (office.waiting(), len(office.rows(schema.ticket))) == (1, 1)
    tally = run_once(office.desk)
    assert (tally["repeat"], tally["sent"], office.waiting()) == (1, 0, 0)
    assert (len(office.rows(schema.ticket)), len(office.replies())) == (1, 1)


def test_a_relay_that_is_away_keeps_no_mail_from_being_read(office: Office):
    for number in range(3):
        office.receive(f"{SETTLEMENT} {'abc'[number]}", sender=f"kari{number}@shop.example")
    away = replace(office.desk, routes=main_route(SmtpSender(SmtpRoute("127.0.0.1", free_port(), "none", timeout=2))))
    with pytest.raises(RelayLost):
        run_once(away)
    assert (office.waiting(), office.tray(Tray.ANSWERED)) == (0, 3)
    with office.desk.store.connection() as db:
        assert outbox.waiting(db) == 3
    assert run_once(office.desk)["sent"] == 3


class Unreadable(MaildirMailbox):
    """A mailbox whose server is away."""

    def waiting(self, bounds: Bounds) -> Iterator[Sequence[Arrival]]:
        raise MailboxLost("first: nothing answers")


def test_a_mailbox_that_cannot_be_read_keeps_neither_other_mail_unread_nor_replies_from_leaving(office: Office):
    office.receive(SETTLEMENT)
    (readable,) = office.desk.mailboxes
    first = Unreadable(MaildirAccount("first", office.folder / "mail", {}))
    with pytest.raises(MailboxLost, match="first"):
        run_once(replace(office.desk, mailboxes=(first, readable)))
    assert len(office.replies()) == 1


def test_a_reply_on_which_the_relay_hangs_up_waits_and_the_others_leave(office: Office, smtp_sink: SmtpSink):
    for name in ("poison", "kari", "per"):
        office.receive(f"{SETTLEMENT} {name}", sender=f"{name}@shop.example")
    smtp_sink.script.recipients["poison@shop.example"] = "421 4.3.0 I am closing the link"
    sender = SmtpSender(SmtpRoute("127.0.0.1", smtp_sink.port, "none", timeout=20))
    desk = replace(office.desk, routes=main_route(sender))
    with pytest.raises(RelayLost, match="421"):
        run_once(desk)
    assert run_once(desk)["sent"] == 2
    sender.close()
    found = {row.address.partition("@")[0]: (row.state, row.tries) for row in office.rows(schema.outbox)}
    assert found == {"poison": ("queued", 1), "kari": ("sent", 1), "per": ("sent", 1)}


def test_a_relay_that_cannot_be_reached_costs_no_reply_a_try(office: Office):
    office.receive(SETTLEMENT)
    away = replace(office.desk, routes=main_route(SmtpSender(SmtpRoute("127.0.0.1", free_port(), "none", timeout=2))))
    for _ in range(3):
        with pytest.raises(RelayLost):
            run_once(away)
    assert [(row.state, row.tries) for row in office.rows(schema.outbox)] == [("queued", 0)]


class Other(Alone):
    """Another desk at the same database."""

    holder = "other"


@dataclass
class Slow:
    """A relay that takes thirty seconds a mail; in the midst of it another desk looks at the same outbox."""

    desk: Desk
    now: datetime
    sent: list[bytes] = field(default_factory=list)

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Delivery:
        self.sent.append(message)
        self.now += timedelta(seconds=30)
        if len(self.sent) == 25:
            desks.deliver(replace(self.desk, routes=main_route(self), presence=Other()))
        return Delivery(tuple(Answer(address, Fate.ACCEPTED, 250, "") for address in recipients))

    def examine(self, sender: str) -> Examination:
        return Examination(())

    def close(self) -> None:
        pass


def test_a_slow_relay_gets_no_reply_twice_when_two_desks_share_the_outbox(office: Office):
    for number in range(40):
        office.receive(f"{SETTLEMENT} {number * 'a '}", sender=f"kari@shop{number}.example")
    slow = Slow(office.desk, datetime.now(UTC))
    office.desk.store.clock = lambda: slow.now
    run_once(replace(office.desk, routes=main_route(slow)))
    assert (len(slow.sent), len(set(slow.sent))) == (40, 40)


def test_a_recipient_that_is_refused_is_noted_and_the_others_get_the_reply(office: Office, smtp_sink: SmtpSink):
    smtp_sink.script.recipients["ola@shop.example"] = "550 5.1.1 No such user"
    office.receive(SETTLEMENT, Cc="ola@shop.example")
    sender = SmtpSender(SmtpRoute("127.0.0.1", smtp_sink.port, "none", timeout=20))
    assert run_once(replace(office.desk, routes=main_route(sender)))["sent"] == 1
    sender.close()
    (row,) = office.rows(schema.outbox)
    assert (row.state, "550 5.1.1 No such user" in row.said) == ("sent", True)
    assert [received.recipients for received in smtp_sink.received] == [("kari@shop.example",)]


def test_a_mail_that_no_stage_can_handle_is_set_aside_and_the_others_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    office.receive(SETTLEMENT)
    office.receive("gift", subject="poison")
    office.receive(SETTLEMENT + " igjen", sender="per@shop.example")
    poison = desks.judge

    def judge(reading, place, rules):
        if reading.mail.subject == "poison":
            raise RuntimeError("indigestible")
        return poison(reading, place, rules)

    monkeypatch.setattr(desks, "judge", judge)
    tally = run_once(office.desk)
    assert (tally["trouble"], tally["redirect"], office.tray(Tray.TROUBLE)) == (1, 2, 1)
    (set_aside,) = _trouble(office)
    assert (set_aside.stage, set_aside.error) == ("record", "RuntimeError: indigestible")
    assert b"Subject: poison" in set_aside.raw
    monkeypatch.undo()
    assert desks.retry(set_aside, office.desk) != "trouble"
    assert _trouble(office) == []
    assert len(office.rows(schema.mail)) == 3


@pytest.mark.postgres
def test_a_mail_that_another_desk_handled_meanwhile_is_a_repeat(
    office: Office, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    engine = engine_for(postgres_url)
    migrate(engine, first_ticket=10_000)
    office.desk = replace(office.desk, store=Store(engine))
    office.receive(SETTLEMENT)
    decide = desks.judge

    def judge(*given):
        monkeypatch.undo()  # the other desk comes to this mail after we found it unseen
        (arrivals,) = office.desk.mailboxes[0].waiting(office.desk.bounds)
        desks.handle_batch("local", arrivals, office.desk)
        return decide(*given)

    monkeypatch.setattr(desks, "judge", judge)
    tally = run_once(office.desk)
    assert (tally["repeat"], tally["sent"], _trouble(office)) == (1, 1, [])
    assert (len(office.rows(schema.ticket)), office.tray(Tray.ANSWERED)) == (1, 1)
    engine.dispose()


@pytest.mark.postgres
def test_ids_and_addresses_of_any_length_are_answered_and_threaded_in_postgresql_too(office: Office, postgres_url: str):
    engine = engine_for(postgres_url)
    migrate(engine, first_ticket=10_000)
    office.desk = replace(office.desk, store=Store(engine))
    chance = random.Random(1)  # letters that no index can press together
    long = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(1_000))
    office.receive(TECHNICAL, Message_ID=f"<{long}@shop.example>", Cc=f"{long}@shop.example, ola@shop.example")
    assert run_once(office.desk)["sent"] == 1
    office.receive("Her er MSN: 654321", References=f"<{long}@shop.example>")
    assert run_once(office.desk)["attach"] == 1
    assert {row.email for row in office.rows(schema.recipient)} == {"kari@shop.example", "ola@shop.example"}
    engine.dispose()


def test_a_mail_that_is_too_large_is_set_aside_unread(office: Office):
    office.receive("x" * 20_000)
    small = replace(office.desk, limits=office.desk.limits.model_copy(update={"mail_bytes": 10_000}))
    assert run_once(small)["trouble"] == 1
    assert "limits.mail_bytes" in _trouble(office)[0].error


def test_a_lost_database_leaves_the_mail_where_it_is(office: Office):
    office.receive(SETTLEMENT)
    broken = engine_for("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreLost):
        run_once(replace(office.desk, store=Store(broken)))
    assert office.waiting() == 1


def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mail with the subject "poison" fails when it is decided."""
    decide = desks.judge

    def judge(reading, *given):
        if reading.mail.subject == "poison":
            raise RuntimeError("indigestible")
        return decide(reading, *given)

    monkeypatch.setattr(desks, "judge", judge)


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize("batch", [2, 50])
def test_a_poison_mail_at_any_position_keeps_no_other_from_its_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch, position: int, batch: int
):
    """F19, F34, F36: a surprise is contained to its mail, wherever it stands in the inbox and in the batch."""
    poisoned(monkeypatch)
    for number in range(5):
        subject = "poison" if number == position else "Oppgjør"
        office.receive(f"{SETTLEMENT} {chr(97 + number)}", subject=subject, sender=f"kari@shop{number}.example")
    limits = office.desk.limits.model_copy(update={"batch_mails": batch})
    tally = run_once(replace(office.desk, limits=limits))
    assert (tally["redirect"], tally["trouble"], tally["sent"], office.waiting()) == (4, 1, 4, 0)
    (aside,) = _trouble(office)
    assert b"Subject: poison" in aside.raw  # F27, F31: nothing leaves the inbox without a record


def test_a_mail_on_which_the_desk_dies_again_and_again_is_set_aside_and_the_others_are_answered(office: Office):
    """F19: even a mail that ends the process holds up no other for ever."""
    office.receive(SETTLEMENT, sender="kari@shop.example")
    office.receive("gift", subject="poison")
    office.receive(f"{SETTLEMENT} igjen", sender="per@kiosk.example")
    dead, lives = [], 0

    class Killed(BaseException):
        pass

    class Mortal(Suspects):
        @contextmanager
        def in_hand(self, mailbox, batch):
            held = super().in_hand(mailbox, batch)
            held.__enter__()
            if any(b"Subject: poison" in arrival.raw for arrival in batch) and not self.deadly(mailbox, batch):
                dead.append(held)  # never left: the file stays, as after a SIGKILL
                raise Killed
            yield
            held.__exit__(None, None, None)

    while office.waiting():
        lives += 1
        with suppress(Killed):
            run_once(replace(office.desk, suspects=Mortal(office.folder)))
    run_once(office.desk)
    (aside,) = _trouble(office)
    assert (lives, aside.stage, aside.next_at, len(office.replies())) == (4, "crash", None, 2)


def test_a_mail_in_trouble_is_tried_again_by_itself_and_answered_when_the_cause_is_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    poisoned(monkeypatch)
    office.receive(SETTLEMENT, subject="poison")
    run_once(office.desk)
    assert office.replies() == []
    now = datetime.now(UTC)
    office.at(now + timedelta(minutes=6))
    assert run_once(office.desk) == {"trouble": 1}
    monkeypatch.undo()
    office.at(now + timedelta(minutes=50))
    assert run_once(office.desk) == {}
    office.at(now + timedelta(minutes=70))
    assert run_once(office.desk) == {"redirect": 1, "sent": 1}
    assert (_trouble(office), len(office.replies())) == ([], 1)


def _trouble(office: Office) -> list[trouble.Trouble]:
    with office.desk.store.connection() as db:
        return list(trouble.all_waiting(db))
