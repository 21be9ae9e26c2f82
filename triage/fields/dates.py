"""When the problem happened: timestamps, dates and relative words such as `i går` (DOMAIN section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from triage.domain import Finding, InboundMail
from triage.fields.checksums import is_date
from triage.fields.labels import matches
from triage.fields.parts import MOST_PROSE, Part
from triage.fields.terms import Terms
from triage.fields.vocabulary import Labels

_MOST = 40
_MOST_AHEAD = 9  # months; a date without a year that lies further ahead was last year's
_ISO = re.compile(r"(?P<y>20(?<!\d20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?<![\w.-]\d{4}-\d\d-\d\d)(?!\d|-\w)")
_DAY_FIRST = re.compile(r"(?<![\w./-])(?P<d>\d{1,2})(?P<j>[./-])(?P<m>\d{1,2})(?P=j)(?P<y>20\d\d|\d\d)(?![\w/-]|\.\d)")
_SHORT = re.compile(
    r"(?<!\w)(?:den|dato|siden|sidan|since|fra|fran|on|av|pvm|(?:man|tirs|ons|tors|fre|lor|son)da[gy]|(?:man|tis|ons|tors|fre|lor|son)dagen)[: ]{1,2}(?:den )?(?P<d>\d{1,2})(?:\.(?=\d{1,2}\.)|/)(?P<m>\d{1,2})(?![\d/])\.?(?!\d)"
)
_MONTH_NAMES = (
    "january jan januar januari tammikuu tammikuuta",
    "february feb februar februari helmikuu helmikuuta",
    "march mar mars marts maaliskuu maaliskuuta",
    "april apr huhtikuu huhtikuuta",
    "may mai maj toukokuu toukokuuta",
    "june jun juni kesakuu kesakuuta",
    "july jul juli heinakuu heinakuuta",
    "august aug augusti elokuu elokuuta",
    "september sep sept syyskuu syyskuuta",
    "october oct oktober okt lokakuu lokakuuta",
    "november nov marraskuu marraskuuta",
    "december dec desember des joulukuu joulukuuta",
)
_NUMBERS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_NAME = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_NAMED = re.compile(
    rf"(?<![\w.])(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)?[ -](?:of )?(?P<name>{_NAME})(?!\w)\.?(?:[ ,-]{{1,2}}(?P<y>20\d\d)(?!\d))?"
)
_NAME_FIRST = re.compile(
    rf"(?<!\w)(?P<name>{_NAME})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>20\d\d)|(?=[.,;]|\s*$|\sat\b))(?![\w:])"
)
_BEFORE_CLOCK = re.compile(r"(?<![\w./])(?P<d>\d{1,2})[./](?P<m>\d{1,2})\.?(?=,?[ ]{1,2}(?:kl|klo)(?!\w))")
_LOG = re.compile(rf"(?P<d>\d(?<!\w\d)\d?)/(?P<name>{_NAME})/(?P<y>20\d\d)(?=[:, ])")
_MONTHS = Labels.of(_NUMBERS)
_GENITIVE = re.compile(
    r"(?<!\w)(?P<name>(?:tammi|helmi|maalis|huhti|touko|kesa|heina|elo|syys|loka|marras|joulu)kuu)n (?P<d>\d{1,2})\.(?: paiva\w{0,6})?(?:,? (?P<y>20\d\d))?"
)
_DAY_BEFORE = re.compile(r"\d{1,2}(?:\.|st|nd|rd|th)?[ -](?:of )?\Z")
_LONGEST_DAY = 8  # characters of `21st of `
_JOINT = re.compile(
    r"[./-](?=\d)(?:(?<=(?<![\w./])\d.)|(?<=(?<![\w./])(?<!\d{4}-)\d\d.))"
)  # behind the day of a date written by hand; a log's own dates begin with the year
_DAYS_AGO = {
    **dict.fromkeys(("today", "this morning", "i dag", "idag", "i morges", "i morse", "tanaan", "tana aamuna"), 0),
    **dict.fromkeys(("just now", "right now", "akkurat na"), 0),
    **dict.fromkeys(("yesterday", "last night", "i gar", "igar", "i aftes", "eilen"), 1),
    **dict.fromkeys(("i forgars", "forgars", "toissapaivana", "day before yesterday"), 2),
}
_NAMED_DAYS = Labels.of(_DAYS_AGO)
_RELATIVE = re.compile(rf"(?<!\w)(?:{'|'.join(_DAYS_AGO)})(?!\w)")
LABELS = (_MONTHS, _NAMED_DAYS)
_SENT = re.compile(r"[ \t>*]{0,4}(?:sent|sendt|skickat|lahetetty|(?P<dated>date|dato|datum|pvm|paivays))[ \t*]{0,3}:")
_FROM = re.compile(r"(?m)^[ \t>*]{0,4}(?:from|fra|fran|lahettaja)[ \t*]{0,3}:")
_UPCOMING = re.compile(r"(?<!\w)(?:next|neste|naste|seuraava\w{0,4}) [^\d.!?\n]{0,30}$")


def find(parts: Sequence[Part], mail: InboundMail, terms: Terms) -> list[Finding]:
    """Dates of the problem as yyyy-mm-dd; without a year the mail's own year counts.

    `yesterday` and the like are a `relative_date`, reckoned from the mail's Date header; rules/profiles.yaml lets
    it stand for a date.
    """
    return [finding for part in parts for finding in _in_part(part, mail, terms)]


def _in_part(part: Part, mail: InboundMail, terms: Terms) -> Iterator[Finding]:
    if part.has_digits:
        yield from _dates(part, mail)
    if part.labels[_NAMED_DAYS]:
        yield from _relative(part, mail, terms)


def _dates(part: Part, mail: InboundMail) -> Iterator[Finding]:
    known: set[str] = set()
    for match in _matches(part):
        date = _iso(match, mail)
        if date and date not in known and not _is_far_ahead(date, mail) and not _is_other_date(part, match):
            known.add(date)
            yield Finding("date", date, part.where, 1.0, "", match.start())


def _relative(part: Part, mail: InboundMail, terms: Terms) -> Iterator[Finding]:
    for match in islice(matches(part, _NAMED_DAYS, _RELATIVE), _MOST):
        if terms.failed(part, match.start()):
            days = timedelta(days=_DAYS_AGO[match.group()])
            date = (mail.date - days).date().isoformat() if mail.date else match.group()
            yield Finding("relative_date", date, part.where, 0.8, "inferred", match.start())


def _matches(part: Part) -> Iterator[re.Match[str]]:
    """What looks like a date, form by form."""
    text = part.folded
    prose = text[:MOST_PROSE]
    yield from islice(_ISO.finditer(text), _MOST)
    days, names = _days(prose), part.labels[_MONTHS]
    if days:
        yield from _some(_DAY_FIRST.match(text, start) for start in days)
    if names:
        yield from _some(_NAMED.match(text, start) for start in _days_before(text, names))
        yield from islice(matches(part, _MONTHS, _NAME_FIRST), _MOST)
    if days:
        yield from islice(_SHORT.finditer(prose), _MOST)
        yield from _some(_BEFORE_CLOCK.match(text, start) for start in days)
    yield from islice(_GENITIVE.finditer(prose) if "kuun " in prose else (), _MOST)
    yield from islice(_LOG.finditer(text) if "/20" in text else (), _MOST)


def _some(matches: Iterable[re.Match[str] | None]) -> Iterator[re.Match[str]]:
    return islice((match for match in matches if match), _MOST)


def _days(prose: str) -> list[int]:
    """Where the day of a date in digits may begin."""
    joints = (joint.start() for joint in _JOINT.finditer(prose))
    return [at - 1 - prose[at - 2 : at - 1].isdigit() for at in joints]


def _days_before(text: str, names: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Where the number in front of a month's name begins."""
    found = (_DAY_BEFORE.search(text, max(0, start - _LONGEST_DAY), start) for start, _ in names if start < MOST_PROSE)
    return (day.start() for day in found if day)


def _is_far_ahead(date: str, mail: InboundMail) -> bool:
    """What lies more than a month ahead of the mail is not when the problem was; Date headers err by less."""
    return mail.date is not None and (datetime.fromisoformat(date).date() - mail.date.date()).days > 31


def _is_other_date(part: Part, match: re.Match[str]) -> bool:
    """The date of a mail that was passed on, or a date alone as a value of JSON (`"due": "2024-05-01"`)."""
    begin, _ = part.line(match.start())
    if _UPCOMING.search(part.folded, max(begin, match.start() - 48), match.start()):
        return True  # `before the next release (21 May)`
    head = _SENT.match(part.folded, begin)
    sent = bool(head) and (
        head is None or not head["dated"] or bool(_FROM.search(part.folded, max(0, begin - 200), begin))
    )
    return sent or (
        part.text[match.start() - 1 : match.start()] == '"' and part.text[match.end() : match.end() + 1] == '"'
    )


def _year_of(month: int, mail: InboundMail) -> int | None:
    """The year of a date without one: the mail's own, or the one before for `28 December` in January."""
    if mail.date is None:
        return None
    return mail.date.year - (month - mail.date.month > _MOST_AHEAD)


def _iso(match: re.Match[str], mail: InboundMail) -> str | None:
    given = match.groupdict()
    day, name, year = int(given["d"]), given.get("name"), given.get("y")
    month = _NUMBERS[name] if name else int(given["m"])
    full = (2000 + int(year) if len(year) == 2 else int(year)) if year else _year_of(month, mail)
    if month > 12 and day <= 12 and name is None and given.get("j") == "/":
        day, month = month, day
    if not is_date(day, month, full):
        return None
    return f"{full:04d}-{month:02d}-{day:02d}" if full else f"--{month:02d}-{day:02d}"
