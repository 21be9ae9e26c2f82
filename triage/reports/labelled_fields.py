"""Technical mails on which people marked every field: read from YAML, sent through the same parser as live mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path

from triage.domain import Language
from triage.fields.evaluating import LabelledMail
from triage.mail.reader import parse
from triage.yamlfile import Field, Model, read_list


class TextFile(Model):
    """A text attachment."""

    name: str
    text: str


class Labels(Model):
    """One labelled mail. Field values stand as a person would give them; `true` for a request or response that is there."""

    id: str
    language: Language
    subject: str = ""
    text: str
    attachments: tuple[TextFile, ...] = ()
    profile: str
    fields: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def load(paths: Iterable[Path]) -> Iterator[tuple[Labels, LabelledMail]]:
    """The mails of YAML lists, or of folders of them, by file name. Raises Problems."""
    for path in paths:
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            for document in read_list(file, Labels):
                yield document.value, _labelled(document.value)


def _labelled(labels: Labels) -> LabelledMail:
    return LabelledMail(
        name=labels.id,
        mail=parse(_raw(labels)),
        profile=labels.profile,
        fields=labels.fields,
        missing=labels.missing,
    )


def _raw(labels: Labels) -> bytes:
    message = EmailMessage()
    message["From"] = "Sender <sender@shop.example>"
    message["To"] = "desk@desk.example"
    message["Subject"] = " ".join(labels.subject.split())
    message["Message-ID"] = f"<{labels.id}@shop.example>"
    message.set_content(labels.text)
    for file in labels.attachments:
        message.add_attachment(file.text, filename=file.name)
    return message.as_bytes()
