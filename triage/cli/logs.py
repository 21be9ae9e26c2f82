"""The log: text for people or JSON for machines, and in neither a secret or somebody's address.

Everything a record says, its exception included, is masked as mail is (triage/fields); of an address that is not ours
the first letter and the domain stay. The one handler is made here, so nothing is logged past it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from triage.config import DeskIdentity, Settings
from triage.domain import Where
from triage.fields import terms
from triage.fields.masking import mask_text
from triage.fields.secrets import Kept

Form = Literal["text", "json"]

_LONGEST = 20_000  # characters of one record
_ADDRESS = re.compile(r"(?<![\w.+!#$%&*/=?^`{|}~-])([\w.+!#$%&*/=?^`{|}~-]{1,64})@([\w-][\w.-]{0,250})")
_OUR_ID = re.compile(r"vsd[-.\d]", re.IGNORECASE)  # the Message-IDs of our replies look like addresses
_TALKATIVE = ("alembic", "imapclient", "oauthlib")  # libraries whose lower levels tell of everything


def set_up(settings: Settings, level: int, form: Form | None = None, stream: TextIO | None = None) -> None:
    """Log to standard error from now on. `form` overrides the config's. Raises Problems when rules/ is broken."""
    mask = Mask.of(settings.desk, settings.rules)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(mask) if (form or settings.logs.format) == "json" else TextLines(mask))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # else a record that cannot be written is shown as it is
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class Mask:
    """Takes out of a text what must not stand in a log. Never raises."""

    def __init__(self, words: terms.Terms, ours: DeskIdentity) -> None:
        self._words = words
        self._ours = ours

    @classmethod
    def of(cls, ours: DeskIdentity, rules: Path) -> Mask:
        """Raises Problems when rules/fields.yaml is broken."""
        return cls(terms.load(rules / "fields.yaml"), ours)

    def __call__(self, text: str) -> str:
        short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} [{len(text) - _LONGEST} characters left out]"
        try:
            masked, _ = mask_text(Where.BODY, short, self._words, Kept())
        except Exception as error:  # noqa: BLE001 - a line too few is better than a secret, and than a desk that stops
            return f"[a record that could not be masked: {type(error).__name__}]"
        return _ADDRESS.sub(self._shortened, masked)

    def _shortened(self, address: re.Match[str]) -> str:
        local, domain = address.groups()
        if self._ours.is_ours(address.group()) or _OUR_ID.match(local):
            return address.group()
        return f"{local[0]}***@{domain}"


class TextLines(logging.Formatter):
    """A line a record, its exception below."""

    def __init__(self, mask: Mask) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        return self._mask(super().format(_untouched(record)))


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, thread, message, exception."""

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": self._mask(record.getMessage()),
        }
        if record.exc_info:
            said["exception"] = self._mask(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def _untouched(record: logging.LogRecord) -> logging.LogRecord:
    """A copy: Formatter.format writes the unmasked exception into the record, where other handlers would find it."""
    return logging.makeLogRecord(record.__dict__)
