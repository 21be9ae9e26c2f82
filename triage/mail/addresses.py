"""Which addresses mail can be sent to. What stands in a header is written by strangers and by careless programs."""

from __future__ import annotations

import re

__all__ = ["deliverable", "on_the_wire"]

_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}")  # RFC 5321 section 4.5.3.1.1; no quoted form
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"  # RFC 1035; the underscore of old Windows domains is met
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}", re.IGNORECASE)
_LONGEST_DOMAIN = 253
_LONGEST = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 octets, with its angle brackets


def deliverable(email: str) -> bool:
    """Whether mail can be sent to an address: local part and domain well formed, the domain a name in the DNS."""
    return on_the_wire(email) is not None


def on_the_wire(email: str) -> str | None:
    """The address as a mail server is told it, an international domain in its ASCII form; None when it is none."""
    local, _, domain = email.rpartition("@")
    name = _ascii(domain)
    if name is None or not _LOCAL.fullmatch(local) or not local.isprintable():
        return None
    address = f"{local}@{name}"
    return address if len(address.encode()) <= _LONGEST else None


def _ascii(domain: str) -> str | None:
    """A domain in ASCII (RFC 3490); checked afterwards, for the conversion turns some letters into punctuation."""
    if len(domain) > _LONGEST_DOMAIN:
        return None
    try:
        name = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    sound = len(name) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(name)
    return name if sound and not name.rpartition(".")[2].isdigit() else None
