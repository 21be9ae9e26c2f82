"""Evidence adds up to standings; only a clear leader is strong."""

from __future__ import annotations

from triage.domain import Evidence, Flag, TopicKind, Where
from triage.rulebook.schema import Thresholds
from triage.rulebook.standing import Standing, standings

KINDS = {
    "technical": TopicKind.TECHNICAL,
    "settlement": TopicKind.POINTER,
    "plugin": TopicKind.POINTER,
    "key_leak": TopicKind.URGENT,
}
LIMITS = Thresholds(strong=3, margin=1, subject_factor=2, long_mail_words=100, long_mail_factor=0.5)


def of(**weights: float) -> tuple[Standing, ...]:
    found = [Evidence("rule", f"{topic}/x", topic, Where.BODY, "", weight) for topic, weight in weights.items()]
    return standings(found, KINDS, LIMITS)


def test_weights_of_one_topic_are_added_and_the_heaviest_comes_first() -> None:
    found = [Evidence("rule", f"plugin/{n}", "plugin", Where.BODY, "", 2) for n in range(2)]
    found.append(Evidence("rule", "settlement/x", "settlement", Where.BODY, "", 3))
    assert standings(found, KINDS, LIMITS)[0] == Standing("plugin", 4, strong=True)


def test_below_the_threshold_nothing_is_strong() -> None:
    assert of(settlement=2.9) == (Standing("settlement", 2.9, strong=False),)


def test_two_doors_that_look_equally_right_are_no_decision() -> None:
    assert not any(standing.strong for standing in of(settlement=4, plugin=3.5))
    assert [standing.strong for standing in of(settlement=4, plugin=3)] == [True, False]


def test_technical_and_urgent_need_no_lead_and_technical_takes_none_away() -> None:
    assert {standing.topic: standing.strong for standing in of(settlement=5, technical=3, key_leak=3)} == {
        "settlement": True,
        "technical": True,
        "key_leak": True,
    }


def test_flags_and_unknown_topics_do_not_count() -> None:
    flag = Evidence("rule", "flags/x", "", Where.BODY, "", 9, flag=Flag.ESCALATION)
    assert standings([flag, Evidence("rule", "x/y", "x", Where.BODY, "", 9)], KINDS, LIMITS) == ()
