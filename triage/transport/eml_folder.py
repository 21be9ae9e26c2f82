"""Mail out into a folder: every reply becomes an .eml file that any mail program opens."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from pathlib import Path

from triage.transport.mailbox import Examination
from triage.transport.smtp import Answer, Delivery, Fate, RelayLost, RelayRefused
from triage.wholefile import write_whole

_ODD = re.compile(r"[^A-Za-z0-9._=+-]+")


class FolderSender:
    """The Sender that writes files; the name comes from the Message-ID, so that a resend replaces its own file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: bytes, sender: str, recipients: Sequence[str]) -> Delivery:
        """Write the mail beside its place and rename it: nobody ever sees half a file."""
        try:
            target = self._folder / file_name(message)
            write_whole(target, message)
        except OSError as error:
            lost = RelayLost(f"cannot write to {self._folder}: {error.strerror}")
            lost.in_hand = False  # a full disk or a missing right would stop any mail
            raise lost from error
        return Delivery(tuple(Answer(address, Fate.ACCEPTED, 250, f"written to {target}") for address in recipients))

    def examine(self, sender: str) -> Examination:
        """Whether files can be made there."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder):
                pass
        except OSError as error:
            raise RelayRefused(f"cannot write to {self._folder}: {error.strerror}; correct 'outgoing.folder'") from None
        return Examination((f"replies are written to {self._folder}",))

    def close(self) -> None:
        """Nothing is held open."""


def file_name(message: bytes) -> str:
    """A safe file name from the part of the Message-ID before the @."""
    found = BytesHeaderParser().parsebytes(message).get("Message-ID", "")
    name = _ODD.sub("-", str(found).strip(" <>").partition("@")[0]).strip(".-")[:120]
    return f"{name or 'reply'}.eml"
