"""Corrected mails become examples: without people and numbers, looked at by somebody, written where the others stand."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from triage.classifier.examples import Example
from triage.classifier.examples import load as load_examples
from triage.domain import Address, Language
from triage.store.recorded import Recorded

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(r"\+\d[\d ()-]{6,18}\d")
_DIGITS = re.compile(r"\d{5,}")
_WORD = re.compile(r"\w{3,}")
_MARK = "****"
_PLACEHOLDER_DIGITS = "1234567890" * 5
_OWN_DOMAIN = "shop.example"
_MOST = 20_000  # characters of an example; the model reads no more words than people write


def proposal(kept: Recorded, topic: str) -> Example:
    """The example that a recorded mail would make. Secrets were masked when it came; names and numbers go now."""
    language = kept.mail.language or kept.verdict.language
    subject, text = (anonymous(each, kept) for each in (kept.mail.subject, kept.mail.new[:_MOST]))
    return Example(topic, "", language, subject, text)


def anonymous(text: str, kept: Recorded) -> str:
    """Text without mail addresses, telephone numbers, names of those who wrote or read it, and long numbers."""
    text = _PHONE.sub(_MARK, _MAIL.sub(_MARK, text))
    for name in sorted(_names(kept), key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", _MARK, text, flags=re.IGNORECASE)
    if domain := kept.mail.sender.domain:
        text = text.replace(domain, _OWN_DOMAIN)
    return _DIGITS.sub(lambda found: _PLACEHOLDER_DIGITS[: len(found[0])], text)


def _names(kept: Recorded) -> set[str]:
    """The words of every name in the headers, the signature's contact, and the telephone number found."""
    mail = kept.mail
    people: list[Address] = [mail.sender, *mail.reply_to, *mail.to, *mail.cc]
    found = [each.value for each in kept.inspection.findings if each.field in ("contact_name", "contact_phone")]
    words = {word for person in people for word in _WORD.findall(person.name)}
    return words | {word for value in found for word in (value, *_WORD.findall(value)) if word.strip()}


def path_for(rules: Path, topic: str) -> Path:
    """The file of a topic's corrected mails, beside the one that was written by hand."""
    return rules / "examples" / f"{topic}.corrections.yaml"


def append(rules: Path, example: Example) -> Path:
    """Write an example behind the others of its topic; returns the file. Raises Problems when it cannot be one."""
    path = path_for(rules, example.topic)
    before = path.read_text(encoding="utf-8") if path.exists() else f"topic: {example.topic}\n\nexamples:\n"
    after = f"{before.rstrip()}\n{_entry(example)}"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / path.name).write_text(after, encoding="utf-8")
        load_examples([Path(folder)], [example.topic])
    path.write_text(after, encoding="utf-8")
    return path


def _entry(example: Example) -> str:
    """One example as YAML, in the form of the others."""
    lines = [f"  - language: {json.dumps(example.language.value)}"]
    if example.subject:
        lines.append(f"    subject: {json.dumps(example.subject, ensure_ascii=False)}")
    lines.append("    text: |2")  # the text's own first line may begin with spaces
    return "\n".join([*lines, *_block(example.text)]) + "\n"


def _block(text: str) -> Iterator[str]:
    """The lines of a literal block; signs that YAML refuses are left out."""
    for line in text.strip("\n").splitlines():
        shown = "".join(char for char in line if char == "\t" or char.isprintable() or char == "\u00a0").rstrip()
        yield f"      {shown}" if shown else ""


def editable(example: Example) -> str:
    """An example as somebody edits it: language and subject in the first lines, then the text."""
    return f"Language: {example.language.value}\nSubject: {example.subject}\n\n{example.text}\n"


def edited(text: str, example: Example) -> Example:
    """What came back from the editor. Raises ValueError when the first lines are no longer there."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    said = dict(line.partition(":")[::2] for line in head.split("\n"))
    if set(said) != {"Language", "Subject"} or not body.strip():
        raise ValueError("the first lines must be 'Language:' and 'Subject:', then an empty line, then the mail")
    return Example(example.topic, "", Language(said["Language"].strip()), said["Subject"].strip(), body.strip())
