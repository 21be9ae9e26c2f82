"""All that must be masked in a text: keys, tokens, passwords, identity and card numbers, customers' particulars."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from triage.fields import identity_numbers, keys
from triage.fields.parts import Part
from triage.fields.spans import Span, apart
from triage.fields.terms import Terms

_PERSON = re.compile(r"\\?[\"'\]]{1,2}\s{0,8}(?:=>|:)\s{0,8}\\?\"?(?P<value>[^\"\\\n,}]{3,120})")


@dataclass(frozen=True, slots=True)
class Kept:
    """Values of fields, which stay as they are."""

    values: frozenset[str] = frozenset()
    numbers: str = ""

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        given = frozenset(values)
        return cls(given, " | ".join(value.replace(" ", "").replace("-", "") for value in sorted(given)))

    def holds(self, text: str) -> bool:
        """Whether a text is a kept value, or its digits stand in one."""
        digits = re.sub(r"\D", "", text)
        return text in self.values or (len(digits) >= 6 and digits in self.numbers)


def spans(part: Part, terms: Terms, kept: Kept) -> list[Span]:
    """What must be masked in a text, in order, never overlapping."""
    found = [span for span in keys.find(part, terms) if part.text[span.start : span.end] not in kept.values]
    if part.has_digits:
        numbers = identity_numbers.find(part, terms)
        found += [span for span in numbers if not kept.holds(part.text[span.start : span.end])]
    return apart(found)


def people(part: Part, terms: Terms, kept: Kept) -> list[Span]:
    """Particulars of customers in pasted JSON; the sender's own stay (DOMAIN section 4)."""
    found = []
    for _, end in part.labels[terms.person_keys]:
        match = _PERSON.match(part.text, end)
        if match and match["value"].strip() and "*" not in match["value"] and not kept.holds(match["value"]):
            found.append(Span(match.start("value"), match.end("value"), "personal_data", 2))
    return apart(found)
