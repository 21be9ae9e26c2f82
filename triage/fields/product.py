"""Which product or API a mail is about: path prefixes first, then names in the sender's words (DOMAIN section 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.domain import Finding
from triage.fields.parts import Part
from triage.fields.terms import Terms


def find(parts: Sequence[Part], terms: Terms) -> list[Finding]:
    """Products by path, then by name; the access token's path counts only when no other API is called."""
    by_path = [finding for part in parts for finding in _paths(part, terms)]
    by_name = [finding for part in parts if part.seen for finding in _names(part)]
    return sorted(by_path, key=lambda finding: finding.value == "access_token") + by_name


def _paths(part: Part, terms: Terms) -> Iterator[Finding]:
    for prefix, product in terms.product_paths.items():
        if prefix in part.folded:
            yield Finding("product", product, part.where, 1.0, "path", part.folded.find(prefix))


def _names(part: Part) -> Iterator[Finding]:
    others = part.seen.get("not a product", [])
    for name, places in part.seen.items():
        if name.startswith("product/"):
            meant = (seen.start for seen in places if not any(no.start <= seen.start < no.end for no in others))
            if (start := next(meant, None)) is not None:
                yield Finding("product", name.removeprefix("product/"), part.where, 0.7, "name", start)
