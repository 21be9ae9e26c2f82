"""Finds the closing block of a piece of new text: sign-off with particulars, `-- ` block, device line, legal notice.

A bare "Mvh, Kari" stays with the text: a signature is the block that carries the sender's particulars. Nothing that
looks like payload, a question or a sentence is ever taken for a signature.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from triage.mail import quote_words as words

DEEPEST: Final = 25  # lines from the end within which a signature may begin
MOST: Final = 12  # filled lines it may have below its sign-off

_DELIMITER = re.compile(r"^\s{0,3}(?:--|—|––|_{2,80}|-{3,80}|\*{3,80}|—{2,40}|={5,80})\s*$")
_FORMULAS = "|".join(sorted(words.SIGN_OFFS.split("|"), key=len, reverse=True))  # the longest that fits counts
# For small letters: an alternative is then dropped by its first one, which IGNORECASE would have to look up each time.
_SIGN_OFF = re.compile(rf"^\W{{0,3}}(?:{_FORMULAS})(?!\w)(.{{0,90}})$")
_DEVICE = re.compile(rf"^[\W_]{{0,4}}(?:{words.DEVICE_STARTS})")
_DEVICE_NAME = re.compile(rf"(?<!\w)(?:{words.DEVICES})(?!\w)", re.IGNORECASE)
_LINK = re.compile(r"<[^<>]*>|\(?https?://\S+")
_VALUE = re.compile(r"[:={}?\"]|\b\d{3}\b.*$")
_NOTICES: Final = tuple(words.NOTICES.split("|"))
_SECRETS: Final = tuple(words.SECRETS.split("|"))
_THIS_MAIL = re.compile(words.THIS_MAIL)
_CONTACT_WORDS: Final = frozenset(words.CONTACT_WORDS.split("|"))
_QUALIFIERS: Final = frozenset(words.CONTACT_QUALIFIERS.split("|"))
_DECORATION = re.compile(r"^\s*\[[^\[\]{}\"]*\]\s*$")  # "[Logo]", "[cid:image001.png]"
_LABEL = re.compile(r"^\s*[\w][\w .-]{0,30}:\s*\S|:\s*$")
_CONTACT = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.|www\.|https?://|\+?\(?\d[\d ()./-]{5,20}\d")
_PARTICULAR = re.compile(r"\d{4}|@|www\.|https?://|\|")
_PAYLOAD = re.compile(
    r"^\s*(?:[{}\]`$#]|\[\s*(?:[{\"\]]|$)|</?(?!https?:|mailto:|tel:|www)\w|[<>] |curl |(?:GET|POST|PUT|PATCH|DELETE) |HTTP/)|\":\s?[\"{\[\d]|```|=>|\);"
)
_POSTSCRIPT = re.compile(r"^\W{0,2}p\.?\s?s\b", re.IGNORECASE)
_WORD = r"[^\W\d_][\w.'’-]{0,30}(?![\w.'’-])"  # whole words: a long one without a blank is not tried in every cut
_NAME = re.compile(rf"^[\W_]{{0,4}}{_WORD}(?:[\s,/&|()-]{{1,3}}{_WORD}){{0,5}}[\s,/&|()-]{{0,3}}[.\W]{{0,3}}$")


def lines_of(lines: Sequence[str]) -> list[int]:
    """The lines that are signature, in order."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    notices = _above_notices(lines, end)
    start = _from_sign_off(lines, _from_delimiter(lines, notices, closed=notices < end))
    if start == notices:
        start = _from_particulars(lines, notices)
    return [*_devices_within(lines, start), *range(start, end)]


def _devices_within(lines: Sequence[str], stop: int) -> list[int]:
    """Device lines above `stop` that stand alone: a sender may write on below "Sent from my phone"."""
    above = lines[:stop]
    marks = {index for index, line in enumerate(above) if _is_device(line)}
    return sorted(index for index in marks if _stands_alone(above, marks, index))


def _stands_alone(lines: Sequence[str], marks: Collection[int], at: int) -> bool:
    def parts(index: int) -> bool:
        return not 0 <= index < len(lines) or index in marks or not lines[index].strip()

    return parts(at - 1) and parts(at + 1) and bool(_DEVICE_NAME.search(lines[at]))


def _is_device(line: str) -> bool:
    """Whether a line is what a phone or an app adds; a line that shows a value or ends a sentence about one is not."""
    if len(line) > 140 or not _DEVICE.match(line.lower()) or _VALUE.search(_LINK.sub("", line)):
        return False
    return bool(_DEVICE_NAME.search(line)) or len(line.split()) <= 6


def _above_notices(lines: Sequence[str], end: int) -> int:
    """Where the device lines, legal notices and rules at the bottom begin."""
    start = end
    while start:
        if _is_device(lines[start - 1]) or _DELIMITER.match(lines[start - 1][:100]):
            start = _skip_blank(lines, start - 1)
            continue
        top = _paragraph(lines, start)
        if top == 0 or not _is_notice(lines[top:start]):
            break
        start = _skip_blank(lines, top)
    return start


def _paragraph(lines: Sequence[str], stop: int) -> int:
    """Where the paragraph that ends at `stop` begins; of one too long for a signature, some line within."""
    top = stop
    while top and stop - top <= MOST and lines[top - 1].strip():
        top -= 1
    return top


def _skip_blank(lines: Sequence[str], stop: int) -> int:
    while stop and not lines[stop - 1].strip():
        stop -= 1
    return stop


def _is_notice(paragraph: Sequence[str]) -> bool:
    text = " ".join(paragraph)[:4000].casefold()
    if len(paragraph) > MOST or "?" in text:
        return False
    said = any(map(text.__contains__, _NOTICES)) or (any(map(text.__contains__, _SECRETS)) and _THIS_MAIL.search(text))
    return bool(said) and not _payload(paragraph)


def _from_delimiter(lines: Sequence[str], end: int, *, closed: bool) -> int:
    """The first `--` or rule near the end below which everything may be a signature (`closed`: a notice ends it)."""
    for index in range(max(0, end - DEEPEST), end):
        if _DELIMITER.match(lines[index][:100]) and _may_close(lines[index + 1 : end]):
            plain = lines[index].strip() in ("--", "—", "__")
            if plain or closed or any(_PARTICULAR.search(line[:200]) for line in lines[index + 1 : end]):
                return index
    return end


def _from_sign_off(lines: Sequence[str], end: int) -> int:
    """The first sign-off near the end that is followed by the sender's particulars only."""
    for index in range(max(0, end - DEEPEST), end):
        rest = _sign_off_rest(lines[index])
        if rest is None:
            continue
        below = [line for line in lines[index + 1 : end] if line.strip()]
        if _may_close(below) and (rest or not below or _NAME.match(below[0].strip()[:100])):
            return index if _has_particulars(below) or _PARTICULAR.search(rest) else end
    return end


def _sign_off_rest(line: str) -> str | None:
    """What follows the closing formula on its line (a name or nothing), or None when the line is no sign-off."""
    if len(line) > 120:
        return None
    bare = line.strip()
    match = _SIGN_OFF.match(bare.lower())
    if match is None:
        return None
    rest = bare[match.start(1) :].strip(" \t,.!:;/|-–—")
    if rest and (not rest[0].isupper() or _is_content(rest) or not (_NAME.match(rest) or _PARTICULAR.search(rest))):
        return None
    return rest


def _has_particulars(below: Sequence[str]) -> bool:
    return len(below) >= 2 or any(_PARTICULAR.search(line[:200]) for line in below)


def _may_close(below: Sequence[str]) -> bool:
    """Whether lines can be a sender's particulars: few, short, no payload, no question, no sentence, no fields."""
    filled = [line for line in below if line.strip()]
    if len(filled) > MOST or _payload(filled):
        return False
    return not any(_is_content(line) for line in filled)


def _is_content(line: str) -> bool:
    if len(line) > 200 or line.rstrip().endswith("?") or _POSTSCRIPT.match(line):
        return True
    if _is_contact(line) or _DECORATION.match(line):
        return False
    return bool(_LABEL.search(line)) or (not _CONTACT.search(line) and _is_sentence(line))


def _is_contact(line: str) -> bool:
    """Whether a line has a label of contact: `Tlf. jobb: ...`, `M: ...`, `Org.nr: ...`."""
    label = set(re.findall(r"\w+", line[:40].partition(":")[0].casefold())) if ":" in line[:40] else set()
    return bool(label & _CONTACT_WORDS) and label <= _CONTACT_WORDS | _QUALIFIERS


def _is_sentence(line: str) -> bool:
    """Whether most words are in small letters and there are enough of them: a title or a name has capitals."""
    spoken = [word for word in line.split() if word[:1].isalpha()]
    small = sum(word[0].islower() for word in spoken)
    return small * 2 > len(spoken) and len(spoken) >= (4 if line.rstrip().endswith((".", "!")) else 7)


def _payload(lines: Sequence[str]) -> bool:
    return any(_PAYLOAD.search(line[:300]) for line in lines)


def _from_particulars(lines: Sequence[str], end: int) -> int:
    """A last paragraph that is a name and then nothing but ways to reach it."""
    top = _paragraph(lines, end) if end else 0
    block = lines[top:end]
    if top == 0 or not 3 <= len(block) <= MOST or not _NAME.match(block[0].strip()[:100]):
        return end
    rest = [line[:200] for line in block[1:]]
    return top if all(_CONTACT.search(line) for line in rest) and not any(map(_is_content, block)) else end
