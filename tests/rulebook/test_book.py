"""The rulebook reads what the sender wrote and says why, with the words and the place of the rule."""

from __future__ import annotations

from pathlib import Path

from rulebook.small_rulebook import Edit, mail

from triage.domain import Evidence, Flag, InboundMail, Where
from triage.rulebook.loading import load


def evidence(folder: Path, letter: InboundMail) -> list[Evidence]:
    return list(load(folder).evidence(letter))


def test_evidence_names_rule_place_part_and_words(folder: Path) -> None:
    (found,) = evidence(folder, mail("Hvor er UTBETALINGEN vår?"))
    assert found == Evidence(
        "rule", "settlement/settlement-words", "settlement", Where.BODY, "UTBETALINGEN", 2, "rules/settlement.yaml:7"
    )


def test_words_in_the_subject_weigh_more(folder: Path) -> None:
    (found,) = evidence(folder, mail("Hvor er den?", subject="Utbetaling"))
    assert (found.where, found.weight) == (Where.SUBJECT, 3)


def test_words_in_a_long_mail_weigh_less_but_not_in_its_subject(folder: Path) -> None:
    long = "utbetaling " + "og litt til " * 10
    assert [item.weight for item in evidence(folder, mail(long))] == [1]
    assert [item.weight for item in evidence(folder, mail(long, subject="utbetaling"))] == [3]


def test_quoted_history_and_signature_never_count(folder: Path) -> None:
    assert evidence(folder, mail("Takk!", quoted="POST:/pay oppgjør ring meg", signature="Oppgjør AS, GET /x")) == []


def test_a_text_attachment_counts_for_structure_only(folder: Path) -> None:
    (found,) = evidence(folder, mail("Se vedlegg.", attached="oppgjør\nPOST /ecomm/v2/payments"))
    assert (found.rule, found.where) == ("technical/api-call", Where.ATTACHMENT)


def test_a_flag_rule_argues_for_no_topic(folder: Path) -> None:
    book = load(folder)
    found = book.evidence(mail("Ring meg om oppgjør"))
    assert {item.flag for item in found} == {None, Flag.PHONE_REQUEST}
    assert [standing.topic for standing in book.standings(found)] == ["settlement"]


def test_an_empty_mail_gives_no_evidence(folder: Path) -> None:
    assert evidence(folder, mail()) == []


def test_a_rule_may_speak_for_a_profile(edit: Edit) -> None:
    folder = edit("settlement.yaml", "    weight: 2", "    profile: question\n    weight: 2")
    assert [item.profile for item in evidence(folder, mail("oppgjør"))] == ["question"]
