"""The key of a mail: the same mail delivered twice has one key, whatever the servers on its way wrote on top."""

from __future__ import annotations

import hashlib

from triage.mail.mime import Part

__all__ = ["key"]

# What the sender's program wrote. Received, Return-Path, Delivered-To, DKIM, ARC, X-... are added on the way.
_CONTENT = frozenset(
    [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "subject",
        "date",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
    ]
)
_CHUNK = 1024 * 1024


def key(root: Part, message_id: str) -> str:
    """SHA-256 (hex) over Message-ID, the sender's headers and the body; line endings do not count."""
    content = sorted(header for header in root.headers if header[0] in _CONTENT)
    lines = (message_id, *(f"{name}:{' '.join(value.split())}" for name, value in content), "", "")
    digest = hashlib.sha256("\n".join(lines).encode())
    raw, end = root.raw, root.end
    while end > root.start and raw[end - 1] in b"\r\n":
        end -= 1
    for start in range(root.start, end, _CHUNK):
        digest.update(raw[start : min(end, start + _CHUNK)].replace(b"\r", b""))
    return digest.hexdigest()
