"""When the problem happened: timestamps, dates and relative words such as `i går` (DOMAIN section 2)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from triage.domain import Finding, InboundMail
from triage.fields.checksums import is_date
from triage.fields.parts import MOST_PROSE, Part
from triage.fields.terms import Terms

_MOST = 40
_LAST_WORD = re.compile(r"[^\W\d_]+\.? \Z")
_THREE = re.compile(r"\d{3}")
_LONGEST_NAME = 16  # characters of a month with its dot
_MOST_AHEAD = 9  # months; a date without a year that lies further ahead was last year's
_ISO = re.compile(r"(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)(?<![\w.-]\d{4}-\d\d-\d\d)(?!\d|-\w)")
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
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAMED = re.compile(
    rf"(?<![\w.])(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)?[ -](?:of )?(?P<name>{_NAME})(?!\w)\.?(?:[ ,-]{{1,2}}(?P<y>20\d\d)(?!\d))?"
)
_NAME_FIRST = re.compile(
    rf"(?<!\w)(?P<name>{_NAME})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>20\d\d)|(?=[.,;]|\s*$|\sat\b))(?![\w:])"
)
_BEFORE_CLOCK = re.compile(r"(?<![\w./])(?P<d>\d{1,2})[./](?P<m>\d{1,2})\.?(?=,?[ ]{1,2}(?:kl|klo)(?!\w))")
_LOG = re.compile(rf"(?<!\w)(?P<d>\d{{1,2}})/(?P<name>{_NAME})/(?P<y>20\d\d)(?=[:, ])")
_GENITIVE = re.compile(
    r"(?<!\w)(?P<name>(?:tammi|helmi|maalis|huhti|touko|kesa|heina|elo|syys|loka|marras|joulu)kuu)n (?P<d>\d{1,2})\.(?: paiva\w{0,6})?(?:,? (?P<y>20\d\d))?"
)
_RELATIVE = re.compile(
    r"(?<!\w)(?:(?P<today>today|this morning|i dag|idag|i morges|i morse|i dag tidlig|tanaan|tana aamuna|just now|right now|akkurat na)|"
    r"(?P<yesterday>yesterday|last night|i gar|igar|i gar kveld|i aftes|eilen)|(?P<before>i forgars|forgars|toissapaivana|day before yesterday))(?!\w)"
)
_RELATIVE_HINTS = (
    *("today", "this morning", "i dag", "idag", "i mor", "tanaan", "tana aa", "just now", "right now", "akkurat na"),
    *("yesterday", "last night", "i gar", "igar", "i aftes", "eilen", "forgars", "toissapaiv"),
)
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
    for match in _matches(part):
        date = _iso(match, mail)
        if date and not _is_far_ahead(date, mail) and not _is_other_date(part, match):
            yield Finding("date", date, part.where, 1.0, "", match.start())
    prose = part.folded[:MOST_PROSE]
    told = any(hint in prose for hint in _RELATIVE_HINTS)
    for match, _ in zip(_RELATIVE.finditer(prose) if told else (), range(_MOST), strict=False):
        if not terms.failed(part, match.start()):
            continue
        days = 0 if match["today"] else 1 if match["yesterday"] else 2
        date = (mail.date - timedelta(days=days)).date().isoformat() if mail.date else match.group()
        yield Finding("relative_date", date, part.where, 0.8, "inferred", match.start())


def _matches(part: Part) -> Iterator[re.Match[str]]:
    """What looks like a date, form by form."""
    text = part.folded
    days = [start for start in part.numbers if not _THREE.match(text, start)]
    handwritten = days[: bisect_left(days, MOST_PROSE)]
    years = (start for start in part.numbers if text[start + 4 : start + 5] == "-")
    for pattern, starts in ((_ISO, years), (_DAY_FIRST, handwritten), (_NAMED, handwritten)):
        yield from _some(pattern.match(text, start) for start in starts)
    prose = text[:MOST_PROSE]
    if handwritten:
        yield from _some(_NAME_FIRST.match(text, _word_before(text, start)) for start in handwritten)
        yield from _some(_SHORT.finditer(prose))
        yield from _some(_BEFORE_CLOCK.match(text, start) for start in handwritten)
    yield from _some(_GENITIVE.finditer(prose) if "kuun " in prose else ())
    yield from _some(_LOG.match(text, start) for start in days)


def _some(matches: Iterable[re.Match[str] | None]) -> Iterator[re.Match[str]]:
    return islice((match for match in matches if match), _MOST)


def _word_before(text: str, start: int) -> int:
    """Where the word before a number begins, as in `May 3`; the number itself where there is none."""
    word = _LAST_WORD.search(text, max(0, start - _LONGEST_NAME), start) if text[start - 1 : start] == " " else None
    return word.start() if word else start


def _is_far_ahead(date: str, mail: InboundMail) -> bool:
    """What lies more than a month ahead of the mail is not when the problem was; Date headers err by less."""
    return mail.date is not None and date > (mail.date + timedelta(days=31)).date().isoformat()


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
    given = {name: value for name, value in match.groupdict().items() if value}
    day, name, year = int(given["d"]), given.get("name"), given.get("y")
    month = _MONTHS[name] if name else int(given["m"])
    full = (2000 + int(year) if len(year) == 2 else int(year)) if year else _year_of(month, mail)
    if month > 12 and day <= 12 and name is None and given.get("j") == "/":
        day, month = month, day
    if not is_date(day, month, full):
        return None
    return f"{full:04d}-{month:02d}-{day:02d}" if full else f"--{month:02d}-{day:02d}"
