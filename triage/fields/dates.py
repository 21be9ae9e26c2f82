"""When the problem happened: timestamps, dates and relative words such as `i går` (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from triage.domain import Finding, InboundMail
from triage.fields.checksums import is_date
from triage.fields.parts import MOST_PROSE, Part

_MOST = 40
_ISO = re.compile(r"(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?<![\w.-]\d{4}-\d\d-\d\d)(?!\d|-\w)")
_DAY_FIRST = re.compile(r"(?<![\w./-])(?P<d>\d{1,2})(?P<j>[./-])(?P<m>\d{1,2})(?P=j)(?P<y>20\d\d|\d\d)(?![\w/-]|\.\d)")
_SHORT = re.compile(r"(?<![\w./:-])(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?!\d)")
_MONTHS = {
    "jan": 1, "tammi": 1, "feb": 2, "helmi": 2, "mar": 3, "maalis": 3, "apr": 4, "huhti": 4, "may": 5, "mai": 5, "maj": 5, "touko": 5,
    "jun": 6, "kesa": 6, "jul": 7, "heina": 7, "aug": 8, "elo": 8, "sep": 9, "syys": 9, "oct": 10, "okt": 10, "loka": 10,
    "nov": 11, "marras": 11, "dec": 12, "des": 12, "joulu": 12,
}  # fmt: skip
_NAMED = re.compile(
    rf"(?<![\w.])(?:(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)?[ -](?:of )?)(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,8}}\.?(?:[ ,-]{{1,2}}(?P<y>20\d\d))?(?!\w)"
    rf"|(?<![\w.])(?P<name2>{'|'.join(_MONTHS)})[a-z]{{0,8}}\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y2>20\d\d))?(?![\w:])"
)
_RELATIVE = re.compile(
    r"(?<!\w)(?:(?P<today>today|this morning|i dag|idag|i morges|i morse|i dag tidlig|tanaan|tana aamuna|just now|right now|akkurat na)|"
    r"(?P<yesterday>yesterday|last night|i gar|igar|i gar kveld|i aftes|eilen)|(?P<before>i forgars|forgars|toissapaivana|day before yesterday))(?!\w)"
)
_SENT = re.compile(r"[ \t>*]{0,4}(?:sent|date|dato|sendt|skickat|datum|lahetetty|pvm|paivays)[ \t*]{0,3}:")


def find(parts: Sequence[Part], mail: InboundMail) -> list[Finding]:
    """Dates of the problem as yyyy-mm-dd; without a year the mail's own year counts, `note` says so."""
    found = [finding for part in parts for finding in _in_part(part, mail)]
    return sorted(found, key=lambda finding: finding.note == "relative")


def _in_part(part: Part, mail: InboundMail) -> Iterator[Finding]:
    prose = part.folded[:MOST_PROSE]
    for pattern, text in ((_ISO, part.folded), (_DAY_FIRST, prose), (_NAMED, prose), (_SHORT, prose)):
        for match, _ in zip(pattern.finditer(text), range(_MOST), strict=False):
            date = _iso(match, mail)
            if date and not _SENT.match(part.folded, part.line(match.start())[0]):
                yield Finding("date", date, part.where, 1.0, "", match.start())
    for match, _ in zip(_RELATIVE.finditer(prose), range(_MOST), strict=False):
        days = 0 if match["today"] else 1 if match["yesterday"] else 2
        date = (mail.date - timedelta(days=days)).date().isoformat() if mail.date else match.group()
        yield Finding("date", date, part.where, 0.8, "relative", match.start())


def _iso(match: re.Match[str], mail: InboundMail) -> str | None:
    given = {name: value for name, value in match.groupdict().items() if value}
    day = int(given.get("d") or given.get("d2") or 0)
    name = given.get("name") or given.get("name2")
    month = _MONTHS[name] if name else int(given["m"])
    year = given.get("y") or given.get("y2")
    full = (2000 + int(year) if len(year) == 2 else int(year)) if year else (mail.date.year if mail.date else None)
    if month > 12 and day <= 12 and name is None and given.get("j") == "/":
        day, month = month, day
    if not is_date(day, month, full):
        return None
    return f"{full:04d}-{month:02d}-{day:02d}" if full else f"--{month:02d}-{day:02d}"
