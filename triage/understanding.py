"""bytes → Reading: everything the desk can tell from a mail alone. Pure; the same for a live mail, `explain` and an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from triage.classifier.model import Classifier
from triage.domain import InboundMail, OperatorError, Reading
from triage.fields.inspecting import Inspector
from triage.mail.guard import Ours, reason_for_silence
from triage.mail.reader import parse
from triage.rulebook.book import Rulebook


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail that no stage may guess about: which stage failed, and the error."""

    stage: str
    error: str


class MachineFails(OperatorError):  # noqa: N818 - the operator's word for it
    """A disk is full, or files cannot be opened: every mail would fail, so none is set aside for it."""

    exit_code = 8


@dataclass(frozen=True, slots=True)
class Understanding:
    """The rules, the model and the finders, as loaded at one moment."""

    rulebook: Rulebook
    classifier: Classifier
    inspector: Inspector
    ours: Ours

    def read(self, raws: Sequence[bytes]) -> list[Reading | Unreadable]:
        """One reading for each mail, in order. The model is asked once for all of them. Raises MachineFails."""
        readings = [self._without_opinion(raw) for raw in raws]
        asked = [item for item in readings if isinstance(item, Reading) and item.silence is None]
        try:
            opinions = iter(self.classifier.guess([text_for_model(item.mail) for item in asked]))
        except Exception:  # noqa: BLE001 - whichever mail it was, each is asked about alone
            return [self._with_opinion(item) for item in readings]
        return [
            replace(item, opinion=next(opinions)) if isinstance(item, Reading) and item.silence is None else item
            for item in readings
        ]

    def _with_opinion(self, item: Reading | Unreadable) -> Reading | Unreadable:
        if not isinstance(item, Reading) or item.silence is not None:
            return item
        try:
            return replace(item, opinion=self.classifier.guess([text_for_model(item.mail)])[0])
        except Exception as error:  # noqa: BLE001 - one odd mail must not stop the others
            return Unreadable("route", f"{type(error).__name__}: {error}")

    def _without_opinion(self, raw: bytes) -> Reading | Unreadable:
        stage = "parse"
        try:
            mail = parse(raw)
            stage = "inspect"
            inspection = self.inspector.inspect(mail)
            mail = inspection.masked or mail  # whatever is seen from here on may be stored and shown
            stage = "guard"
            silence = reason_for_silence(mail, self.ours)
            stage = "route"
            evidence = () if silence else self.rulebook.evidence(mail)
        except OSError as error:  # no mail is to blame for a full disk
            raise MachineFails(f"this machine fails while mail is read: {error}") from error
        except Exception as error:  # noqa: BLE001 - one odd mail must not stop the others; it is set aside with its bytes
            return Unreadable(stage, f"{type(error).__name__}: {error}")
        return Reading(mail, silence, evidence, None, replace(inspection, masked=None))


def text_for_model(mail: InboundMail) -> str:
    """The subject and the sender's own words: what the model was trained on."""
    return f"{mail.subject}\n{mail.new}"
