"""Who may write into whose ticket (docs/failure-stories.md, F37 to F44)."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.stories.stage import SETTLEMENT, TECHNICAL, Stage, alike, letter
from triage.domain import TicketNumber
from triage.store import schema, upkeep


def quoting(words: str, mail: EmailMessage) -> str:
    """An answer that quotes a mail of ours, as most programs write it."""
    body = mail.get_body(("plain",))
    assert body is not None
    lines = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    return f"{words}\n\nDen fre. 20. nov. 2026 kl. 10:00 skrev Vipps Integration <integration@vipps.no>:\n{lines}\n"


def people(stage: Stage, ticket: int) -> set[str]:
    return {row.email for row in stage.rows(schema.participant) if row.ticket == ticket}


def test_f37_a_number_in_the_subject_opens_nobodys_ticket_to_a_stranger(stage: Stage):
    stage.asked(letter(TECHNICAL, subject="Capture feiler"))
    (before,) = stage.tickets()
    answer = stage.asked(letter("Hva er status?", subject="Re: [VSD-10000] Capture", sender="eve@elsewhere.example"))
    first, second = stage.tickets()
    assert first == before
    assert (second.owner, second.flags) == ("eve@elsewhere.example", ["unverified_sender"])
    assert "kari@shop.example" not in str(answer)
    assert "acme-7" not in str(answer)


def test_f38_a_forged_reference_lets_nobody_in(stage: Stage):
    real = stage.asked(letter(TECHNICAL))["Message-ID"].strip("<>")
    head, tail = real.rpartition("@")[0].rpartition(".")[0], real.rpartition("@")[2]
    before = stage.tickets()
    forged = [(name, seal) for name in ("In_Reply_To", "References") for seal in (16 * "a", "", 20 * "2")]
    for number, (name, seal) in enumerate(forged):
        words = f"{SETTLEMENT} {alike(number)}"
        sender = f"eve@elsewhere{number}.example"
        stage.arrives(letter(words, sender=sender, **{name: f"<{head}.{seal}@{tail}>"}))
    stage.works()
    assert stage.tickets()[:1] == before
    assert [ticket.owner for ticket in stage.tickets()[1:]] == [f"eve@elsewhere{number}.example" for number in range(6)]
    assert people(stage, 10_000) == {"kari@shop.example"}


def test_f38_whoever_answers_in_a_ticket_never_becomes_its_owner(stage: Stage):
    """F39: nor does a mail change what is known of anybody else."""
    answer = stage.asked(letter(TECHNICAL, Cc="ola@shop.example"))
    stage.arrives(
        letter("MSN: 654321, i produksjon.", sender="Kari <ola@shop.example>", In_Reply_To=answer["Message-ID"])
    )
    stage.works()
    (ticket,) = stage.tickets()
    assert (ticket.owner, len(stage.rows(schema.mail))) == ("kari@shop.example", 2)
    assert people(stage, ticket.number) == {"kari@shop.example", "ola@shop.example"}


def test_f40_a_new_subject_over_an_old_mail_is_an_answer_when_it_answers(stage: Stage):
    answer = stage.asked(letter(TECHNICAL, subject="Capture feiler"))
    stage.arrives(letter("Her er MSN: 654321", subject="MSN", In_Reply_To=answer["Message-ID"]))
    stage.works()
    (ticket,) = stage.tickets()
    assert (ticket.told_separate, [row.ticket for row in stage.rows(schema.mail)]) == (False, [10_000, 10_000])
    assert "new_problem" not in ticket.flags


def test_f40_a_new_subject_over_an_old_mail_is_a_new_problem_when_it_tells_one(stage: Stage):
    answer = stage.asked(letter(TECHNICAL, subject="Capture feiler"))
    other = "Nå feiler POST https://api.vipps.no/ecomm/v2/payments/bravo-9/refund med HTTP 500."
    stage.arrives(letter(other, subject="Refund feiler", In_Reply_To=answer["Message-ID"]))
    stage.works()
    (ticket,) = stage.tickets()
    assert (ticket.told_separate, ticket.state, "new_problem" in ticket.flags) == (True, "review", True)
    assert "[VSD-10000]" in stage.sent()[-1]["Subject"]


def test_f41_strangers_who_answer_the_same_mail_are_not_one_conversation(stage: Stage):
    stage.arrives(letter(Message_ID="<first@shop.example>"))
    for number in range(6):
        for reference in ("newsletter@vipps.no", "first@shop.example"):
            words = f"{SETTLEMENT} {'abcdef'[number]}"
            sender = f"kari@{reference[:1]}{number}.example"
            stage.arrives(letter(words, subject="Re: Nyheter", sender=sender, In_Reply_To=f"<{reference}>"))
    stage.works()
    tickets = stage.tickets()
    assert len(tickets) == 13
    assert all(people(stage, ticket.number) == {ticket.owner} for ticket in tickets)


@pytest.mark.parametrize("way", ["reference", "their reference", "marker", "subject"])
def test_f42_every_way_into_a_merged_ticket_leads_to_the_one_it_is_part_of(stage: Stage, way: str):
    stage.asked(letter(TECHNICAL, subject="Capture feiler"))
    merged = stage.asked(
        letter("Det samme igjen: capture gir HTTP 400.", subject="Igjen", Message_ID="<2@shop.example>")
    )
    assert "[VSD-10001]" in merged["Subject"]
    with stage.desk.store.connection() as db:
        deed = upkeep.Deed("test", stage.desk.store.clock())
        upkeep.merge(db, TicketNumber(10_001), TicketNumber(10_000), deed)
    words = "MSN: 654321"
    answer = {
        "reference": letter(words, subject="Svar", In_Reply_To=merged["Message-ID"]),
        "their reference": letter(words, subject="Svar", References="<2@shop.example>"),
        "marker": letter(quoting(words, merged), subject="Svar"),
        "subject": letter(words, subject="Re: [VSD-10001] Igjen"),
    }
    stage.arrives(answer[way])
    stage.works()
    assert len(stage.tickets()) == 2
    assert stage.rows(schema.mail)[-1].ticket == 10_000
    assert [ticket.state for ticket in stage.tickets()] == ["ready", "closed"]


def test_f43_an_answer_without_ids_and_number_finds_its_ticket_by_what_it_quotes(stage: Stage):
    answer = stage.asked(letter(TECHNICAL, subject="Capture feiler"))
    stage.arrives(letter(quoting("MSN: 654321", answer), subject="Svar", Message_ID="<rewritten@provider.example>"))
    stage.works()
    assert ([row.ticket for row in stage.rows(schema.mail)], len(stage.tickets())) == ([10_000, 10_000], 1)


def test_f44_two_answers_to_a_mail_we_never_had_stay_apart_until_staff_unite_them(stage: Stage):
    """An id that a mail merely cites leads nowhere: else an outsider could draw the next mail of a conversation to
    himself by citing an id of it first."""
    for sender in ("eve@elsewhere.example", "kari@shop.example"):
        words = f"{SETTLEMENT} {sender[:3]}"
        stage.arrives(letter(words, sender=sender, References="<unseen@shop.example>", Cc="kari@shop.example"))
    stage.works()
    assert [ticket.owner for ticket in stage.tickets()] == ["eve@elsewhere.example", "kari@shop.example"]
    assert people(stage, 10_001) == {"kari@shop.example"}
