"""The parts of a mail in which a sender may have given something, ready to be searched.

Texts are made comparable character by character (quotes of word processors, odd spaces, Nordic letters),
so an offset in any form of a part is an offset in the sender's own text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from triage.domain import InboundMail, Where
from triage.fields.vocabulary import Labels, Places, Vocabulary
from triage.mail.repetition import without_repeats
from triage.rulebook.conditions import LONGEST_PART
from triage.rulebook.words import Seen, WordIndex

MOST_CHARACTERS = 300_000  # of one part; what stands behind is masked, but not searched for fields
_DIGIT = re.compile(r"\d")
MOST_PROSE = LONGEST_PART  # characters of one part in which words are looked for; nobody writes more by hand

_CLOSING = 300  # characters

_PLAIN = {
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛´′", "'"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", " "),
    "\u2011": "-",
    "\u0130": "I",  # the only letter whose lower case is longer than itself
}
_BARE = tuple(zip("øöåäæéè", "ooaaaee", strict=True))
_REPLY = re.compile(
    r"[ \t]*(?:re|sv|vs|aw|ang|svar|vast)[ \t]?:", re.IGNORECASE
)  # an old subject says less than a new text
_FORWARDED = re.compile(
    r"(?im)^[ \t]{0,4}(?:-{2,12}[ \t]?(?:forwarded message|original message|videresendt (?:melding|besked|meddelelse)|"
    r"opprinnelig melding|oprindelig meddelelse|vidarebefordrat (?:meddelande|brev)|ursprungligt meddelande|"
    r"v.litetty viesti|alkuper.inen viesti)|begin forwarded message)"
)


@dataclass(frozen=True, eq=False)
class Part:
    """One searchable part. Its other forms are made when they are first asked for.

    `seen` holds where the word lists of rules/fields.yaml occur in what people wrote (attachments are logs, and of
    these only what they do not repeat is searched).
    """

    where: Where
    text: str
    vocabulary: Vocabulary
    seen: Mapping[str, list[Seen]] = field(default_factory=dict)

    @classmethod
    def of(cls, where: Where, text: str, vocabulary: Vocabulary, index: WordIndex[str]) -> Self:
        if where is Where.ATTACHMENT:
            return cls(where, plain(without_repeats(text)[:MOST_CHARACTERS]), vocabulary)
        return cls(where, plain(text[:MOST_CHARACTERS]), vocabulary, index.scan(text[:MOST_PROSE]))

    @cached_property
    def folded(self) -> str:
        """In lower case without Nordic letters."""
        return _lower(self.text)

    @cached_property
    def spaced(self) -> str:
        """Folded, with spaces for the signs that join the words of a label."""
        return self.folded.replace("-", " ").replace("_", " ").replace(".", " ")

    @cached_property
    def labels(self) -> Mapping[Labels, Places]:
        """Where the labels of each set of the vocabulary stand."""
        return self.vocabulary.places(self.spaced)

    @cached_property
    def has_digits(self) -> bool:
        return bool(_DIGIT.search(self.text))

    def line(self, start: int) -> tuple[int, int]:
        """Bounds of the line around an offset, at most 400 characters to each side."""
        begin = self.text.rfind("\n", max(0, start - 400), start)
        end = self.text.find("\n", start, start + 400)
        return (begin + 1 if begin >= 0 else max(0, start - 400)), (
            end if end >= 0 else min(len(self.text), start + 400)
        )


def fold(text: str) -> str:
    """Lower case without Nordic letters, character by character (DOMAIN section 9)."""
    return _lower(plain(text))


def plain(text: str) -> str:
    """With the quotes, hyphens and spaces of a keyboard, character by character."""
    if not text.isascii():
        for odd, sign in _PLAIN.items():
            text = text.replace(odd, sign)
    return text


def _lower(text: str) -> str:
    lower = text.lower()
    if not lower.isascii():
        for letter, bare in _BARE:
            lower = lower.replace(letter, bare)
    return lower


def parts_of(mail: InboundMail, vocabulary: Vocabulary, index: WordIndex[str]) -> tuple[Part, ...]:
    """What the sender gave in this mail, nearest to the sender's own words first; quoted history is left out."""
    own, passed_on = _split_forwarded(mail)
    texts = [(Where.BODY, own), (Where.FORWARDED, passed_on)]
    texts.insert(1 if _REPLY.match(mail.subject) else 0, (Where.SUBJECT, mail.subject))
    texts += [(Where.SIGNATURE, mail.signature)]
    texts += [(Where.ATTACHMENT, attachment.text or "") for attachment in mail.attachments]
    return tuple(Part.of(where, text, vocabulary, index) for where, text in texts if text.strip())


def closing(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Where a sender signs: the signature, or the end of a text in which none was recognised."""
    signed = tuple(part for part in parts if part.where is Where.SIGNATURE)
    if signed:
        return signed
    bodies = (part for part in parts if part.where is Where.BODY and part.has_digits)  # numbers are sought there
    return tuple(replace(part, text=part.text[-_CLOSING:], seen={}) for part in bodies)


def _split_forwarded(mail: InboundMail) -> tuple[str, str]:
    mark = _FORWARDED.search(mail.new) if mail.forwarded else None
    return (mail.new[: mark.start()], mail.new[mark.start() :]) if mark else (mail.new, "")
