"""A condition holds when its words stand where they should, and names the words that made it hold."""

from __future__ import annotations

from tests.cpu import seconds
from triage.domain import Where
from triage.rulebook.conditions import Condition, Match, Matcher, Near, Part


def matches(condition: Condition, body: str, subject: str = "") -> list[Match]:
    return list(Matcher([condition]).match(subject, body))


def test_any_of_needs_one_and_none_of_vetoes_wherever_it_stands() -> None:
    condition = Condition(any_of=("oppgjør",), none_of=("SFTP",))
    assert matches(condition, "Oppgjøret? Nei: oppgjør.")[0].text == "oppgjør"
    assert matches(condition, "Oppgjør mangler", subject="sftp") == []


def test_all_of_needs_one_word_of_each_list() -> None:
    condition = Condition(all_of=(("portal", "portalen"), ("tilgang",)))
    assert matches(condition, "tilgang til portalen")
    assert matches(condition, "inn på portalen") == []


def test_near_counts_the_words_between_in_either_order() -> None:
    condition = Condition(near=Near(within=2, first=("penger",), second=("mangler", "ikke kommet")))
    assert matches(condition, "penger som vi mangler")[0].text == "penger ... mangler"
    assert matches(condition, "mangler stadig penger")
    assert matches(condition, "ikke kommet noe penger")
    assert matches(condition, "penger som vi alle mangler") == []
    assert matches(condition, "penger og alt det andre som mangler") == []
    assert list(Matcher([condition]).match("penger", "mangler")) == []


def test_a_word_is_not_near_itself() -> None:
    condition = Condition(near=Near(within=3, first=("konto*",), second=("kontonummer",)))
    assert matches(condition, "kontonummer") == []
    assert matches(condition, "kontonummer til konto")


def test_where_limits_the_look_and_the_subject_counts_only_when_all_words_stand_there() -> None:
    only_subject = Condition(any_of=("sjekkliste",), where=Part.SUBJECT)
    assert matches(only_subject, "sjekkliste") == []
    assert matches(only_subject, "", subject="Sjekkliste")[0].where is Where.SUBJECT
    both = Condition(all_of=(("faktura",), ("gebyr",)))
    assert matches(both, "gebyr", subject="faktura")[0].where is Where.BODY
    assert matches(both, "", subject="faktura gebyr")[0].where is Where.SUBJECT


def test_the_words_are_shown_as_the_sender_wrote_them() -> None:
    assert matches(Condition(any_of=("oppgjør*",)), "hvor er OPPGJOERET mitt")[0].text == "OPPGJOERET"


def test_conditions_that_share_a_list_all_hold_and_can_be_asked_about_alone() -> None:
    trouble = ("feil", "mangler")
    matcher = Matcher([Condition(any_of=trouble), Condition(near=Near(first=("penger",), second=trouble)), Condition()])
    assert [match.number for match in matcher.match("", "penger mangler")] == [0, 1]
    assert [matcher.look("", "noe mangler").holds(number) for number in range(3)] == [True, False, False]


def test_a_condition_without_words_says_so() -> None:
    troubles = dict(Condition(none_of=("x y",)).troubles())
    assert "names no words" in troubles[()]


def test_words_beyond_the_cap_of_a_long_mail_do_not_count() -> None:
    assert matches(Condition(any_of=("oppgjør",)), "ord " * 6_000 + "oppgjør") == []


def cpu(work) -> float:
    return seconds(lambda: [work() for _ in range(20)])


def rules(count: int) -> Matcher:
    return Matcher([
        Condition(any_of=(f"ord{n}", f"stamme{n}*", f"to ord{n}", "felles"[: n % 3] or "ny"), none_of=(f"ikke{n}",))
        for n in range(count)
    ])  # fmt: skip


def test_a_thousand_rules_cost_hardly_more_than_a_hundred() -> None:
    mail = " ".join(
        f"Dette er linje {n} om ord{n} og stamme{n}r og mye annet som ingen regel kjenner." for n in range(60)
    )
    few, many = rules(100), rules(1_000)
    cpu(lambda: list(few.match("", mail)))
    # `python -m bench growth` measures the ratio; ten passes instead of one would show here as ten
    assert cpu(lambda: list(many.match("", mail))) <= 4 * cpu(lambda: list(few.match("", mail)))
