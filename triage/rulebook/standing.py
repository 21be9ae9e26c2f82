"""Adding up: what all the evidence together says of each topic. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from triage.domain import Evidence, TopicKind
from triage.rulebook.schema import Thresholds

__all__ = ["Standing", "standings"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The summed weight of one topic's evidence; `strong` means it may decide without the classifier."""

    topic: str
    weight: float
    strong: bool


def standings(
    evidence: Iterable[Evidence], kinds: Mapping[str, TopicKind], thresholds: Thresholds
) -> tuple[Standing, ...]:
    """Every topic that has evidence, heaviest first (ties by name).

    Strong is a topic that reaches `strong` and, unless it is technical or urgent, leads every other topic
    that a non-technical reply could go to by `margin`: two doors that look equally right are no decision.
    Evidence that sets a flag argues for no topic.
    """
    sums: dict[str, float] = {}
    for item in evidence:
        if item.flag is None and item.topic in kinds:
            sums[item.topic] = sums.get(item.topic, 0.0) + item.weight
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Standing(topic, weight, _strong(topic, sums, kinds, thresholds)) for topic, weight in ranked)


def _strong(topic: str, sums: Mapping[str, float], kinds: Mapping[str, TopicKind], thresholds: Thresholds) -> bool:
    if sums[topic] < thresholds.strong:
        return False
    if kinds[topic] in (TopicKind.TECHNICAL, TopicKind.URGENT):
        return True
    rivals = [weight for other, weight in sums.items() if other != topic and kinds[other] is not TopicKind.TECHNICAL]
    return sums[topic] >= max(rivals, default=0.0) + thresholds.margin
