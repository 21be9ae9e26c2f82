"""Corrected mails become examples without people and numbers, in a file that training reads as it reads the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import mail
from triage.classifier.examples import Example, load
from triage.domain import Action, Address, DecidedBy, Finding, Inspection, Kind, Language, Verdict, Where
from triage.store.recorded import Recorded
from triage.threads import Belonging
from triage.tuning.examples import append, editable, edited, path_for, proposal
from triage.yamlfile import Problems

VERDICT = Verdict(Kind.NEW, Action.REVIEW, DecidedBy.FALLBACK, Language.EN)
FOUND = Inspection((Finding("contact_name", "Ola Prøve", Where.SIGNATURE),))


def kept(**parts: object) -> Recorded:
    return Recorded(mail(**parts), FOUND, Belonging(), VERDICT)


def test_people_addresses_telephones_and_long_numbers_are_taken_out():
    found = kept(
        subject="Oppgjør for 987654",
        new="Hei, jeg heter Kari. Ring +47 22 22 22 22 eller skriv til kari@shop-as.example. Se shop-as.example/9876543.\nOla",
        sender="kari@shop-as.example",
    )
    example = proposal(found, "settlement")
    for gone in ("987654", "22 22", "kari@", "shop-as", "Ola"):
        assert gone not in f"{example.subject}\n{example.text}"
    assert "Oppgjør for 123456" in example.subject
    assert (example.topic, example.language) == ("settlement", Language.NO)


def test_names_of_all_who_wrote_or_read_are_taken_out_whatever_their_case():
    found = kept(new="KARI og Nordmann hilser.", to=[Address("a@b.example", "Kari Nordmann")])
    assert proposal(found, "general").text == "**** og **** hilser."


def test_a_mail_without_a_language_takes_that_of_its_answer():
    assert proposal(kept(language=None), "general").language is Language.EN


def examples(tmp_path: Path) -> Path:
    (tmp_path / "examples").mkdir(exist_ok=True)
    return tmp_path


def test_examples_are_written_one_behind_the_other_and_read_as_they_were(tmp_path: Path):
    rules = examples(tmp_path)
    first = Example(
        "settlement", "", Language.NO, 'Hvor er "pengene": i dag?', "  Hei\n\n\tlinje - to: tre # fire\n> fem"
    )
    second = Example("settlement", "", Language.SV, "", "Var är pengarna?")
    for each in (first, second):
        path = append(rules, each)
    assert path == path_for(rules, "settlement") == rules / "examples" / "settlement.corrections.yaml"
    read = load([rules / "examples"], ["settlement"])
    assert [(each.language, each.subject, each.text) for each in read] == [
        (first.language, first.subject, first.text.strip()),
        (second.language, second.subject, second.text),
    ]


def test_the_same_mail_twice_is_refused_and_the_file_stays_as_it_was(tmp_path: Path):
    rules = examples(tmp_path)
    one = Example("settlement", "", Language.NO, "", "Hvor er pengene?")
    before = append(rules, one).read_text(encoding="utf-8")
    with pytest.raises(Problems, match="stands already"):
        append(rules, one)
    assert path_for(rules, "settlement").read_text(encoding="utf-8") == before


@given(st.text(max_size=300), st.text(max_size=60))
def test_whatever_was_written_can_be_stored_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, subject: str
):
    rules = examples(tmp_path_factory.mktemp("rules"))
    try:
        append(rules, Example("settlement", "", Language.NO, subject.replace("\n", " "), f"ord {text}"))
    except Problems:
        assert not path_for(rules, "settlement").exists()
    else:
        (found,) = load([rules / "examples"], ["settlement"])
        assert found.text.startswith("ord")


def test_an_example_can_be_edited_and_keeps_its_topic():
    one = Example("settlement", "", Language.NO, "Penger", "Hvor er pengene?")
    changed = editable(one).replace("Language: no", "Language: sv").replace("Hvor er pengene", "Var är pengarna")
    assert edited(changed, one) == Example("settlement", "", Language.SV, "Penger", "Var är pengarna?")


@pytest.mark.parametrize(
    "text", ["", "Language: no\n\nhei", "Language: xx\nSubject: a\n\nhei", "Language: no\nSubject: a\n\n  "]
)
def test_an_edit_that_lost_its_first_lines_is_refused(text: str):
    with pytest.raises(ValueError, match=r"first lines|is not a valid"):
        edited(text, Example("settlement", "", Language.NO, "Penger", "Hvor?"))
