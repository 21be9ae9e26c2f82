"""A mail joins a ticket only when its sender takes part in it, or holds a mail that we signed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.samples import mail
from triage.domain import Language, Ticket, TicketNumber, TicketState
from triage.threads import Acquaintance, Belonging, Signer, bare_subject, belonging, numbers_in

SIGNER = Signer(b"SAMPLE key", "desk.example")
KARI, STRANGER, COLLEAGUE = "kari@shop.example", "eve@elsewhere.example", "ola@shop.example"
TEAM = "team@helpdesk.example"


class Tickets:
    """Ticket 12345, opened by Kari; 20000 was merged into it; it cites one id of hers."""

    def ticket(self, number: TicketNumber) -> Ticket | None:
        known = {12345: 12345, 20000: 12345}
        if number.value not in known:
            return None
        return Ticket(TicketNumber(known[number.value]), TicketState.READY, "technical", "api", Language.EN)

    def tickets_citing(self, message_ids: Sequence[str]) -> Sequence[TicketNumber]:
        return [TicketNumber(12345)] if "first@shop.example" in message_ids else []

    def takes_part(self, number: TicketNumber, email: str) -> bool:
        return email == KARI

    def people(self, number: TicketNumber) -> frozenset[str]:
        return frozenset({KARI, "per@gmail.example"})


PUBLIC = frozenset({"gmail.example"})


def found(public: frozenset[str] = PUBLIC, *, forged: bool = False, **parts: object) -> Belonging:
    return belonging(mail(**parts), Tickets(), SIGNER, Acquaintance(public, frozenset({TEAM})), forged=forged)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: [VSD-12345] Capture fails",
        "SV: VSD-12345",
        "vs: vsd 12345 capture",
        "Sv: Re: (VSD-12345)",
        "AW: [vsd-12345] x",
        "Fwd: Re: [VSD-20000] merged",
        "VL: saken VSD-12345.",
    ],
)
def test_a_number_in_the_subject_threads_for_a_participant(subject: str):
    assert found(sender=KARI, subject=subject).ticket.number == TicketNumber(12345)


@pytest.mark.parametrize("subject", ["AVSD-12345", "VSD-12", "VSD-12345678", "XVSD 12345", "vsdk-12345", "12345"])
def test_what_only_looks_like_a_number_does_not_thread(subject: str):
    assert found(sender=KARI, subject=subject) == Belonging()


def test_a_stranger_with_a_number_is_kept_out_and_named():
    place = found(sender=STRANGER, subject="Re: [VSD-12345] Capture fails")
    assert (place.ticket, place.claimed) == (None, TicketNumber(12345))


def test_a_number_that_never_was_is_nothing():
    assert found(sender=STRANGER, subject="Re: [VSD-99999]") == Belonging()


def test_a_number_in_the_text_is_only_mentioned():
    assert found(sender=KARI, new="same as VSD-12345 and VSD-777") == Belonging(
        mentioned=(TicketNumber(12345), TicketNumber(777))
    )


def test_a_reply_to_our_mail_threads_without_any_number():
    own = SIGNER.message_id(TicketNumber(12345), "a" * 64)
    assert found(sender=KARI, subject="noe helt annet", in_reply_to=(own,)).by == "reference"


def test_the_constant_reference_of_the_ticket_threads_when_the_id_was_rewritten():
    kept = SIGNER.ticket_id(TicketNumber(12345))
    assert found(sender=KARI, references=("rewritten@provider.example", kept)).ticket is not None


def test_an_answer_to_the_customers_own_first_mail_threads():
    assert found(sender=KARI, in_reply_to=("first@shop.example",)).ticket is not None


def test_a_colleague_of_the_same_company_joins_with_a_mail_that_we_signed():
    own = SIGNER.message_id(TicketNumber(12345), "b" * 64)
    assert found(sender=COLLEAGUE, in_reply_to=(own,)).ticket is not None


def test_a_colleague_does_not_join_with_a_typed_number_alone():
    assert found(sender=COLLEAGUE, subject="VSD-12345").claimed == TicketNumber(12345)


def test_a_common_mail_provider_makes_nobody_a_colleague():
    own = SIGNER.message_id(TicketNumber(12345), "b" * 64)
    place = found(sender="eve@gmail.example", in_reply_to=(own,))
    assert (place.ticket, place.claimed) == (None, TicketNumber(12345))


def test_where_no_common_providers_are_known_no_domain_makes_colleagues():
    own = SIGNER.message_id(TicketNumber(12345), "b" * 64)
    assert found(frozenset(), sender=COLLEAGUE, in_reply_to=(own,)).ticket is None
    assert found(frozenset(), sender=KARI, in_reply_to=(own,)).ticket is not None


def test_the_circle_of_a_ticket_is_its_people_and_their_colleagues():
    circle = found(sender=KARI, subject="VSD-12345").circle
    assert circle is not None
    heard = [KARI, COLLEAGUE, "per@gmail.example", "eve@gmail.example", STRANGER, "shop.example"]
    assert [circle.may_hear(email) for email in heard] == [True, True, True, False, False, False]


def test_a_forged_id_is_not_ours():
    forged = SIGNER.message_id(TicketNumber(12345), "c" * 64).replace("vsd-12345", "vsd-12346")
    assert SIGNER.number_in(forged) is None
    assert Signer(b"another key", "desk.example").number_in(SIGNER.ticket_id(TicketNumber(1))) is None


def test_an_id_survives_a_provider_that_changes_its_case():
    assert SIGNER.number_in(SIGNER.ticket_id(TicketNumber(12345)).upper()) == TicketNumber(12345)


def test_the_same_answer_always_has_the_same_id_and_another_answer_another():
    number = TicketNumber(12345)
    assert SIGNER.message_id(number, "d" * 64) == SIGNER.message_id(number, "d" * 64)
    assert SIGNER.message_id(number, "d" * 64) != SIGNER.message_id(number, "e" * 64)


def test_numbers_are_found_once_each_in_order():
    assert numbers_in("VSD-300 vsd 40000, VSD-300, VSD-1") == (TicketNumber(300), TicketNumber(40000))


@pytest.mark.parametrize("part", ["new", "quoted", "signature"])
def test_the_marker_threads_wherever_it_stands_when_ids_and_number_are_lost(part: str):
    text = f"takk\n> Vipps Integration\n> Ref: {SIGNER.marker(TicketNumber(12345))}\n"
    lost = {"subject": "noe annet", "in_reply_to": ("rewritten@provider.example",)}
    place = found(sender=KARI, **lost, **({"new": "takk"} | {part: text}))
    assert (place.ticket.number, place.by, place.mentioned) == (TicketNumber(12345), "marker", ())


def test_a_marker_counts_for_those_who_take_part_and_their_colleagues_alone():
    text = f"Ref: {SIGNER.marker(TicketNumber(12345)).upper()}"
    assert found(sender=COLLEAGUE, quoted=text).ticket is not None
    assert found(sender=STRANGER, quoted=text).claimed == TicketNumber(12345)


@pytest.mark.parametrize("wrong", ["VSD-12346", "AVSD-12345"])
def test_a_marker_that_was_changed_is_none(wrong: str):
    text = SIGNER.marker(TicketNumber(12345)).replace("VSD-12345", wrong)
    assert SIGNER.marked_in(text) == ()
    assert SIGNER.marked_in(SIGNER.marker(TicketNumber(12345)) + "a") == ()


def test_a_million_half_markers_are_read_in_linear_time():
    assert SIGNER.marked_in("VSD-1234567." * 90_000) == ()


def test_a_forged_mail_belongs_to_no_ticket_whatever_it_names():
    own = SIGNER.message_id(TicketNumber(12345), "b" * 64)
    place = found(sender=KARI, subject="Re: [VSD-12345]", in_reply_to=(own,), forged=True)
    assert (place.ticket, place.claimed) == (None, TicketNumber(12345))


def test_a_team_that_tickets_are_handed_over_to_joins_them_and_is_known_as_such():
    place = found(sender=TEAM, subject="Received: [VSD-12345] Capture fails")
    assert (place.ticket.number, place.partner) == (TicketNumber(12345), True)


def test_whoever_answers_a_handed_over_ticket_is_of_that_team():
    own = SIGNER.handover_id(TicketNumber(12345), "c" * 64)
    place = found(sender="jira@tracker.example", in_reply_to=(own,))
    assert (place.ticket.number, place.partner) == (TicketNumber(12345), True)


def test_an_answer_to_an_alert_is_of_our_own_people():
    assert found(sender="on-call@desk.example", in_reply_to=(SIGNER.staff_id("breaker", "now"),)).partner


def test_our_ids_are_found_in_a_bounce_and_forged_ones_are_not():
    own = SIGNER.message_id(TicketNumber(12345), "d" * 64)
    text = f"Message-ID: <{own}>\nReferences: <{own.replace('vsd-12345', 'vsd-12346')}> <x@shop.example>\n<{own}>"
    assert SIGNER.ids_in(text) == (own,)


def test_a_subject_is_bare_without_numbers_and_marks():
    assert bare_subject("Re: SV: [VSD-12345] Re: Capture fails") == "Capture fails"
    assert bare_subject("VL: VSD-12345") == ""
