"""A recorded mail decided again: with other rules, another model, other field finders, and its ticket as it stood then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from triage.decision import judge
from triage.domain import Inspection, Reading, Verdict
from triage.mail.guard import reason_for_silence
from triage.mind import Mind
from triage.store.recorded import Recorded
from triage.understanding import text_for_model


def readings_of(kept: Sequence[Recorded], mind: Mind) -> list[Reading]:
    """What a mind understands of recorded mails; the model is asked once for all of them."""
    readings = [_without_opinion(each, mind) for each in kept]
    asked = [each for each in readings if each.silence is None]
    opinions = iter(mind.understanding.classifier.guess([text_for_model(each.mail) for each in asked]))
    return [each if each.silence else replace(each, opinion=next(opinions)) for each in readings]


def decide_again(kept: Sequence[Recorded], days: Sequence[date], mind: Mind) -> list[Verdict]:
    """One verdict for each mail, as of the day (UTC) on which it was handled: hints have dates."""
    found = zip(kept, readings_of(kept, mind), days, strict=True)
    return [judge(reading, each.belonging, mind.policy_of(day)) for each, reading, day in found]


def _without_opinion(kept: Recorded, mind: Mind) -> Reading:
    thinking = mind.understanding
    silence = reason_for_silence(kept.mail, thinking.ours)
    evidence = () if silence else thinking.rulebook.evidence(kept.mail)
    return Reading(kept.mail, silence, evidence, None, _inspection(kept, mind))


def _inspection(kept: Recorded, mind: Mind) -> Inspection:
    """What was found then, where the finders are the same; else what they find now in the masked mail. Secrets are
    those of then: what is masked cannot be found again."""
    if kept.finders == mind.finders:
        return kept.inspection
    again = mind.understanding.inspector.inspect(kept.mail)
    return replace(again, secrets=kept.inspection.secrets, masked=None)
