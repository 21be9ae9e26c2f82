from __future__ import annotations

from tests.reports.books import NOW, Books
from tests.reports.test_missing import rows
from triage.reports import making, rules
from triage.reports.rules import Standing
from triage.store.figures.counting import Scope
from triage.store.figures.routing import Firing, TopicCount

NOTHING = Standing({}, {})


def firing(
    *pairs: str, mails: int = 1, topic: str = "settlement", by: str = "rule", corrected: str | None = None
) -> Firing:
    """Mails in which `topic/rule` fired; a rule of flags argues for no topic."""
    fired = frozenset((pair, "" if pair.startswith("flags/") else pair.partition("/")[0]) for pair in pairs)
    return Firing(fired, by, topic, topic == "-", corrected, mails)


def cost(*firings: Firing, standing: Standing = NOTHING, languages: tuple[TopicCount, ...] = ()):
    return rules.cost(firings, languages, standing, Scope(), NOW)


def suggestions(report) -> list[tuple[str, str]]:
    return [(row["about"], row["suggestion"]) for row in rows(report, "suggestions")]


def test_a_rule_is_counted_where_it_fired_where_it_decided_and_where_staff_disagreed():
    (count,) = rules.count_rules(
        [
            firing("settlement/payout", mails=5),
            firing("settlement/payout", mails=2, corrected="plugin"),
            firing("settlement/payout", mails=3, topic="technical"),
            firing("settlement/payout", mails=4, by="classifier"),
            firing("settlement/payout", mails=1, topic="-", by="fallback"),
        ]
    )
    assert (count.fired, count.decided, count.overridden, count.elsewhere) == (15, 7, 2, 5)


def test_a_planted_wrong_rule_is_named_first_with_its_place_and_where_its_mail_belongs():
    standing = Standing(
        {"settlement/wrong": "rules/settlement.yaml:12", "settlement/payout": "rules/settlement.yaml:5"}, {}
    )
    report = cost(
        firing("settlement/payout", mails=300),
        firing("settlement/payout", mails=2, corrected="general"),
        firing("settlement/wrong", mails=10),
        firing("settlement/wrong", mails=5, corrected="plugin"),
        firing("settlement/wrong", mails=1, corrected="general"),
        standing=standing,
    )
    (first,) = rows(report, "suggestions")
    assert first["about"] == "settlement/wrong"
    assert first["place"] == "rules/settlement.yaml:12"
    assert first["suggestion"].startswith(
        "staff moved 6 of the 16 mails it decided away from settlement, 5 of them to plugin"
    )


def test_a_few_corrections_say_much_where_other_rules_have_none():
    others = [firing(f"general/rule-{number}", mails=100, topic="general") for number in range(5)]
    wrong = [firing("settlement/wrong", mails=115), firing("settlement/wrong", mails=5, corrected="plugin")]
    assert [about for about, _ in suggestions(cost(*others, *wrong))] == ["settlement/wrong"]


def test_rules_that_are_corrected_as_often_as_all_others_are_not_blamed():
    def usual(rule: str) -> list[Firing]:
        return [firing(rule, mails=95), firing(rule, mails=5, corrected="plugin")]

    assert suggestions(cost(*(each for number in range(5) for each in usual(f"settlement/rule-{number}")))) == []


def test_a_rule_whose_words_stand_in_every_mail_is_called_too_common():
    report = cost(
        firing("general/hello", mails=30, topic="technical"), firing("general/hello", mails=5, topic="general")
    )
    assert suggestions(report) == [
        (
            "general/hello",
            "fired in 35 mails, of which 30 were not about general; its words are too common to argue for it",
        )
    ]


def test_rules_that_always_fire_together_are_told_and_flags_are_not():
    report = cost(
        firing("settlement/one", "settlement/two", "flags/phone", mails=19),
        firing("settlement/two", "flags/phone", mails=20),
        firing("settlement/one", mails=1),
    )
    assert [(row["one"], row["other"], row["together"]) for row in rows(report, "overlaps")] == [
        ("settlement/one", "settlement/two", 19)
    ]


def test_rules_of_two_topics_that_fire_together_do_not_tell_them_apart():
    report = cost(firing("plugin/shop", "settlement/money", mails=12))
    assert any("their words do not tell the topics apart" in sentence for _, sentence in suggestions(report))


def test_rules_that_never_fired_are_listed_and_suggested_only_after_many_mails():
    standing = Standing({"settlement/payout": "rules/settlement.yaml:5", "other/rare": "rules/other.yaml:9"}, {})
    few, many = (cost(firing("settlement/payout", mails=mails), standing=standing) for mails in (499, 500))
    assert [(row["rule"], row["place"]) for row in rows(few, "dead")] == [("other/rare", "rules/other.yaml:9")]
    assert suggestions(few) == []
    assert [about for about, _ in suggestions(many)] == ["1 rules"]


def test_a_topic_that_mail_comes_for_but_few_examples_teach_is_thin():
    def count(topic: str, language: str, mails: int) -> TopicCount:
        return TopicCount((language,), topic, (mails, 0, 0, 0, 0, 0), 0)

    languages = (count("plugin", "fi", 12), count("plugin", "no", 50), count("general", "fi", 9), count("-", "fi", 40))
    report = cost(standing=Standing({}, {("plugin", "fi"): 3, ("plugin", "no"): 60}), languages=languages)
    assert [(row["topic"], row["language"], row["examples"], row["mails"]) for row in rows(report, "thin")] == [
        ("plugin", "fi", 3, 12)
    ]


def test_the_ledger_gives_the_same_rules_as_the_routing_report(books: Books):
    known = Standing({"general/rule-1": "rules/general.yaml:3", "general/never": "rules/general.yaml:9"}, {})
    report = making.rules_cost(books.store, Scope(), known)
    routing = making.make("routing", books.store, Scope())
    assert {(row["rule"], row["fired"], row["decided"]) for row in rows(report, "rules")} == {
        (row["rule"], row["fired"], row["decided"]) for row in rows(routing, "rules")
    }
    assert [row["rule"] for row in rows(report, "dead")] == ["general/never"]
    assert {("general/rule-1", "general/rule-2")} <= {(row["one"], row["other"]) for row in rows(report, "overlaps")}
    places = {row["rule"]: row["place"] for row in rows(report, "rules")}
    assert (places["general/rule-1"], places["general/rule-2"]) == ("rules/general.yaml:3", "no longer there")
