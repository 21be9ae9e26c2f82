"""Small values for tests, with only what a test cares about given."""

from __future__ import annotations

import hashlib
from typing import Any

from triage.domain import Address, InboundMail, Inspection, Language, Reading


def mail(*, sender: str = "kari@shop.example", subject: str = "Hjelp", new: str = "Hei", **parts: Any) -> InboundMail:
    """An inbound mail; `to` and `cc` may be plain addresses."""
    for name in ("to", "cc", "reply_to"):
        parts[name] = tuple(Address(each) if isinstance(each, str) else each for each in parts.get(name, ()))
    key = hashlib.sha256(repr((sender, subject, new, sorted(parts.items(), key=str))).encode()).hexdigest()
    values = {"key": key, "message_id": f"{key[:8]}@shop.example", "language": Language.NO} | parts
    return InboundMail(sender=Address(sender), subject=subject, new=new, **values)


def reading(found: InboundMail | None = None, **parts: Any) -> Reading:
    """What the desk understood from a mail: nothing, unless given."""
    return Reading(**({"mail": found or mail(), "inspection": Inspection()} | parts))
