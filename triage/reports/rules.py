"""What the rules cost and earn: how often each fired, decided and was overridden by staff, and what that suggests.

Suggestions are sentences for a person; nothing is ever changed by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from triage.domain import DecidedBy
from triage.reports.report import Report, Share, Table, number, share, text
from triage.store.figures.counting import NOBODY, Scope
from triage.store.figures.routing import Firing, TopicCount

MANY_OVERRIDDEN = 3  # mails that staff moved, from which a rule is suggested when the others are moved less often
MANY_ELSEWHERE, OFTEN_ELSEWHERE = 20, 0.5  # mails it fired in, and share of them that were about another topic
MANY_TOGETHER, OFTEN_TOGETHER = 10, 0.9  # mails of the rarer of two rules, and share of them in which both fired
MANY_MAILS = 500  # mails without a rule's firing, from which it is worth a look
FEW_EXAMPLES, SOME_MAILS = 30, 10  # examples of a topic in a language, and mails of that kind that came

RULES = (
    "Counted are new mails. Fired: the rule saw its words. Decided: rules settled the mail, and this one spoke for the "
    "topic. Overridden: of the mails it decided, staff gave so many another topic. Elsewhere: of the mails it fired in, "
    "so many were about another topic in the end (staff's topic where they corrected it, else the desk's)."
)
DEAD = (
    "Rules that fired in no new mail of this time. A rule may guard against something rare: look before you remove it."
)
OVERLAPS = (
    "Pairs of rules that fired in the same new mails: together, and as a share of the mails in which the rarer one "
    f"fired; pairs from {OFTEN_TOGETHER:.0%} and {MANY_TOGETHER} mails on. For one topic, one of them may be enough; "
    "for two, their words do not tell the topics apart."
)
THIN = (
    f"Topics and languages with fewer than {FEW_EXAMPLES} examples of which at least {SOME_MAILS} new mails came in this "
    "time: what the model knows least about."
)
SUGGESTED = "What the figures below suggest. Nothing is changed by itself: edit, 'triage check', 'triage backtest'."


@dataclass(slots=True)
class RuleCount:
    """One rule over all mails. `moved` counts the topics that staff named for mails it had decided."""

    rule: str
    topic: str = ""
    fired: int = 0
    decided: int = 0
    elsewhere: int = 0
    moved: Counter[str] = field(default_factory=Counter)

    @property
    def overridden(self) -> int:
        return self.moved.total()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules that fired together; `rarer` is how often the one that fires less did."""

    one: str
    other: str
    one_topic: str
    other_topic: str
    together: int
    rarer: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """A topic in a language: how many examples teach it, and how many new mails of it came."""

    topic: str
    language: str
    examples: int
    mails: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules and examples as they are now: each rule's place, and the examples of each topic and language."""

    places: Mapping[str, str]
    examples: Mapping[tuple[str, str], int]


def cost(
    firings: Sequence[Firing], by_language: Sequence[TopicCount], standing: Standing, scope: Scope, now: datetime
) -> Report:
    """Everything about the rules. `by_language` are the topics of new mails, grouped by language."""
    mails = sum(each.mails for each in firings)
    counts = count_rules(firings)
    dead = sorted(set(standing.places) - {each.rule for each in counts})
    overlaps, thin = find_overlaps(firings), find_thin(by_language, standing.examples)
    tables = (
        _suggestions(list(_advice(counts, dead, overlaps, thin, mails)), standing),
        _rules(counts, standing),
        _overlaps(overlaps),
        _dead(dead, standing),
        _thin(thin),
    )
    headline = (("new mails", mails), ("rules", len(standing.places)), ("rules that never fired", len(dead)))
    return Report("rules", "Rules: cost and use", tables, now, scope.since, scope.until, headline)


# ── counting ────────────────────────────────────────────────────────────────────────────────────────


def count_rules(firings: Iterable[Firing]) -> list[RuleCount]:
    """One count each rule that fired, by name."""
    counts: dict[str, RuleCount] = {}
    for firing in firings:
        for rule, topic in firing.rules:
            _count(counts.setdefault(rule, RuleCount(rule, topic)), topic, firing)
    return [counts[rule] for rule in sorted(counts)]


def _count(count: RuleCount, topic: str, firing: Firing) -> None:
    count.fired += firing.mails
    final = firing.corrected or firing.topic
    if topic and final not in (topic, NOBODY):
        count.elsewhere += firing.mails
    if firing.decided_by == DecidedBy.RULE and topic == firing.topic:
        count.decided += firing.mails
        if firing.corrected:
            count.moved[firing.corrected] += firing.mails


def find_overlaps(firings: Iterable[Firing]) -> list[Overlap]:
    """Pairs of rules for topics that nearly always fire together, the most frequent first."""
    single: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
    for firing in firings:
        arguing = sorted(pair for pair in firing.rules if pair[1])
        for each in arguing:
            single[each] += firing.mails
        for one, other in combinations(arguing, 2):
            pairs[one, other] += firing.mails
    found = (
        Overlap(one[0], other[0], one[1], other[1], together, min(single[one], single[other]))
        for (one, other), together in pairs.items()
    )
    wanted = (each for each in found if each.rarer >= MANY_TOGETHER and each.together >= OFTEN_TOGETHER * each.rarer)
    return sorted(wanted, key=lambda each: (-each.together, each.one, each.other))


def find_thin(by_language: Iterable[TopicCount], examples: Mapping[tuple[str, str], int]) -> list[Lesson]:
    """Topics and languages in which mail comes but few examples stand, the most mails first."""
    came = ((each.topic, each.group[0], sum(each.actions)) for each in by_language)
    lessons = (Lesson(topic, language, examples.get((topic, language), 0), mails) for topic, language, mails in came)
    wanted = (
        each
        for each in lessons
        if NOBODY not in (each.topic, each.language) and each.examples < FEW_EXAMPLES and each.mails >= SOME_MAILS
    )
    return sorted(wanted, key=lambda each: (-each.mails, each.topic, each.language))


# ── suggestions ─────────────────────────────────────────────────────────────────────────────────────


def _advice(
    counts: Sequence[RuleCount], dead: Sequence[str], overlaps: Sequence[Overlap], thin: Sequence[Lesson], mails: int
) -> Iterator[tuple[str, str]]:
    """What it concerns, and the sentence; the most harmful first."""
    yield from _misleading(counts)
    yield from _noisy(counts)
    for each in overlaps:
        yield each.one, _overlapping(each)
    for lesson in thin:
        yield lesson.topic, _teach(lesson)
    if dead and mails >= MANY_MAILS:
        yield f"{len(dead)} rules", f"never fired in {mails:,} new mails: still needed, or are their words too narrow?"


def _misleading(counts: Iterable[RuleCount]) -> Iterator[tuple[str, str]]:
    """Rules whose mails staff move clearly more often than those of rules on the whole. Nobody corrects every wrong
    mail, so a small share says much where other rules have none."""
    counted = list(counts)
    usual = sum(each.overridden for each in counted) / (sum(each.decided for each in counted) or 1)
    for each in sorted(counted, key=lambda count: -count.overridden):
        low, _ = Share(each.overridden, each.decided).interval
        if each.overridden >= MANY_OVERRIDDEN and low > usual:
            topic, times = each.moved.most_common(1)[0]
            yield (
                each.rule,
                f"staff moved {each.overridden} of the {each.decided} mails it decided away from {each.topic}, "
                f"{times} of them to {topic}; tell the two apart with 'none_of', or lower its weight",
            )


def _noisy(counts: Iterable[RuleCount]) -> Iterator[tuple[str, str]]:
    for each in sorted(counts, key=lambda count: -count.elsewhere):
        if each.fired >= MANY_ELSEWHERE and each.elsewhere >= OFTEN_ELSEWHERE * each.fired:
            yield (
                each.rule,
                f"fired in {each.fired} mails, of which {each.elsewhere} were not about {each.topic}; "
                "its words are too common to argue for it",
            )


def _overlapping(each: Overlap) -> str:
    seen = f"fired together with {each.other} in {each.together} of {each.rarer} mails"
    if each.one_topic == each.other_topic:
        return f"{seen}; one of the two may be enough, or each should weigh less"
    return f"{seen}, which speaks for {each.other_topic}; their words do not tell the topics apart"


def _teach(lesson: Lesson) -> str:
    return (
        f"{lesson.mails} new mails came in '{lesson.language}', and {lesson.examples or 'no'} examples teach it; "
        "add some ('triage examples review' offers corrected mails)"
    )


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────


def _suggestions(advice: Sequence[tuple[str, str]], standing: Standing) -> Table:
    columns = (text("about"), text("suggestion"), text("place"))
    rows = tuple((about, sentence, standing.places.get(about)) for about, sentence in advice)
    return Table("suggestions", "Suggestions", SUGGESTED, columns, rows, "Nothing stands out.")


def _rules(counts: Iterable[RuleCount], standing: Standing) -> Table:
    columns = (
        text("rule"),
        number("fired"),
        number("decided"),
        share("overridden"),
        share("elsewhere"),
        text("place"),
    )
    ordered = sorted(counts, key=lambda each: (-each.overridden, -each.decided, -each.fired, each.rule))
    rows = tuple(
        (
            each.rule,
            each.fired,
            each.decided,
            Share(each.overridden, each.decided),
            Share(each.elsewhere, each.fired) if each.topic else None,
            standing.places.get(each.rule, "no longer there"),
        )
        for each in ordered
    )
    return Table("rules", "Rules", RULES, columns, rows, "No rule fired in this time.")


def _overlaps(overlaps: Iterable[Overlap]) -> Table:
    columns = (text("one"), text("other"), number("together"), share("share", "of the rarer"))
    rows = tuple((each.one, each.other, each.together, Share(each.together, each.rarer)) for each in overlaps)
    return Table("overlaps", "Overlaps", OVERLAPS, columns, rows, "No two rules always fire together.")


def _dead(dead: Iterable[str], standing: Standing) -> Table:
    rows = tuple((rule, standing.places[rule]) for rule in dead)
    return Table("dead", "Rules that never fired", DEAD, (text("rule"), text("place")), rows, "Every rule fired.")


def _thin(thin: Iterable[Lesson]) -> Table:
    columns = (text("topic"), text("language"), number("examples"), number("mails"))
    rows = tuple((each.topic, each.language, each.examples, each.mails) for each in thin)
    return Table(
        "thin", "Topics with few examples", THIN, columns, rows, "Every topic that mail came for has examples."
    )
