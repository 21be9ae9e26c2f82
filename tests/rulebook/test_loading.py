"""A rulebook is read whole or refused whole, with every problem at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from rulebook.small_rulebook import Edit

from triage.domain import Language, TopicKind
from triage.rulebook.loading import load
from triage.yamlfile import Problems

SHIPPED = Path(__file__).parents[2] / "rules"


def refused(folder: Path) -> list[str]:
    with pytest.raises(Problems) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def test_topics_contacts_and_places_are_those_of_the_files(folder: Path) -> None:
    book = load(folder)
    topic = book.topic("settlement")
    assert (topic.kind, topic.contact, topic.title[Language.NO]) == (TopicKind.POINTER, "settlement", "b")
    assert book.contact("settlement", "vipps").value == "https://old.example/settlements"
    assert book.contact("settlement", "vippsmobilepay").value == "settlements@new.example"
    assert str(book.places["settlement/settlement-words"]) == "rules/settlement.yaml:7:5"


def test_the_digest_changes_with_any_file_of_rules_and_with_nothing_else(folder: Path, edit: Edit) -> None:
    before = load(folder).digest
    (folder / "profiles.yaml").write_text("profiles: []")
    assert load(folder).digest == before
    assert load(edit("settlement.yaml", "weight: 2", "weight: 1")).digest != before


def test_every_problem_of_every_file_is_told_at_once(edit: Edit) -> None:
    edit("settlement.yaml", "none_of", "nune_of")
    edit("contacts.yaml", "key: settlement", "key: settlements")
    assert refused(edit("flags.yaml", "phone_request", "phone_requst")) == [
        "rules/flags.yaml:3:11: 'flag': 'phone_requst' is not known here; did you mean 'phone_request'?",
        "rules/settlement.yaml:9:5: unknown key 'nune_of'; did you mean 'none_of'?",
    ]


def test_an_unknown_contact_is_refused(edit: Edit) -> None:
    assert refused(edit("settlement.yaml", "contact: settlement\n", "contact: setlement\n")) == [
        "rules/settlement.yaml:3:10: unknown contact 'setlement'; did you mean 'settlement'?"
    ]


def test_a_pointer_topic_without_a_contact_is_refused(edit: Edit) -> None:
    assert refused(edit("settlement.yaml", "contact: settlement\n", "")) == [
        "rules/settlement.yaml:2:7: a topic of kind 'pointer' needs a 'contact'; name one of contacts.yaml"
    ]


def test_a_missing_language_is_refused(edit: Edit) -> None:
    broken = edit(
        "settlement.yaml", "title: {en: a, no: b, da: c, sv: d, fi: e}", "title: {en: a, no: b, da: c, sv: d}"
    )
    assert refused(broken) == ["rules/settlement.yaml:4:8: 'fi' is missing here; add it"]


def test_an_unknown_topic_is_refused_in_a_file_and_as_a_file(edit: Edit) -> None:
    edit("settlement.yaml", "topic: settlement", "topic: setlement")
    (edit("structure.yaml", "topic: technical", "topic: tecnical") / "setlements.yaml").write_text(
        "topic: setlements\n"
    )
    assert refused(edit("routing.yaml", "technical,", "technical, technical,")) == [
        "rules/routing.yaml:1:21: topic 'technical' is listed twice; keep one of them",
        "rules/setlements.yaml:1:1: unknown topic 'setlements': list it under 'topics' in rules/routing.yaml,"
        " or rename the file; did you mean 'settlement'?",
        "rules/settlement.yaml:1:8: unknown topic 'setlement': the topic of this file is its name, 'settlement'",
        "rules/structure.yaml:1:8: unknown topic 'tecnical'; did you mean 'technical'?",
    ]


def test_a_listed_topic_without_a_file_is_refused(edit: Edit) -> None:
    assert refused(edit("routing.yaml", "settlement]", "settlement, plugin]")) == [
        "rules/plugin.yaml:1:1: this file does not exist; create it or correct the path"
    ]


def test_values_are_read_as_they_stand(edit: Edit) -> None:
    book = load(edit("settlement.yaml", "[oppgjør, utbetaling*, settlement]", "[no, 012345, 1:30]"))
    assert book.rules[0].condition.any_of == ("no", "012345", "1:30")


def test_words_that_are_no_words_are_refused_where_they_stand(edit: Edit) -> None:
    assert refused(edit("settlement.yaml", "[oppgjør, utbetaling*, settlement]", "['opp(gjør)?', so*, '!']")) == [
        "rules/settlement.yaml:8:14: 'opp(gjør)?' looks like a regular expression; write plain words, and '*' only at the"
        " end of a word",
        "rules/settlement.yaml:8:28: 'so*': '*' stands at the end of a stem of at least 3 letters",
        "rules/settlement.yaml:8:33: '!' holds no word; write a word or a phrase",
    ]


def test_a_rule_without_words_is_refused(edit: Edit) -> None:
    assert refused(edit("settlement.yaml", "    any_of: [oppgjør, utbetaling*, settlement]\n", "")) == [
        "rules/settlement.yaml:7:5: this names no words to look for; add 'any_of', 'all_of' or 'near'"
    ]


def test_a_contact_must_be_an_address(edit: Edit) -> None:
    (problem,) = refused(edit("contacts.yaml", "settlements@new.example", "ask the front desk"))
    assert problem.startswith("rules/contacts.yaml:5:")


def test_the_shipped_contacts_are_those_of_the_documents() -> None:
    book = load(SHIPPED)
    rows = {
        "general": "https://www.vipps.no/kontakt-oss/bedrift/",
        "application": "https://www.vipps.no/kontakt-oss/bedrift/",
        "via_partner": "https://www.vipps.no/produkter-og-tjenester/bedrift/ta-betalt-paa-nett/ta-betalt-paa-nett/#kom-i-gang-med-vipps-pa-nett-category-3",
        "partner": "partnerbestilling@vipps.no",
        "plugin": "https://github.com/vippsas/vipps-plugins",
        "settlement": "https://github.com/vippsas/vipps-developers/tree/master/settlements",
        "suggestion": "https://www.vipps.no/kontakt-oss/bedrift/",
        "bankid": "https://servicedesk.bankidnorge.no/jira/servicedesk/customer/user/login?destination=portals",
    }
    assert {key: book.contact(key, "vipps").value for key in rows} == rows
    for topic, key in {
        "become_partner": "https://vipps.no/developer/bli-partner/",
        "portal_access": "https://portal.vipps.no",
    }.items():
        assert book.contact(book.topic(topic).contact or "", "vipps").value == key
    assert book.contact("partner", "vippsmobilepay").value == "partner@vippsmobilepay.com"
    assert book.contact("inbox", "vippsmobilepay").value == "developer@vippsmobilepay.com"


def test_every_shipped_pointer_topic_has_a_contact_in_both_eras() -> None:
    book = load(SHIPPED)
    for topic in book.topics:
        if topic.contact:
            assert book.contact(topic.contact, "vipps").value
            assert book.contact(topic.contact, "vippsmobilepay").value
        assert topic.contact or topic.kind is not TopicKind.POINTER
