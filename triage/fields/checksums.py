"""Check digits and dates of organization numbers, national identity numbers and cards (DOMAIN sections 2 and 4)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence

_NORWAY = (3, 2, 7, 6, 5, 4, 3, 2)
_DENMARK = (2, 7, 6, 5, 4, 3, 2, 1)
_FINLAND = (7, 9, 10, 5, 8, 4, 2)
_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_norwegian_organization(digits: str) -> bool:
    """Nine digits beginning with 8 or 9, the last a mod-11 check digit."""
    if len(digits) != 9 or digits[0] not in "89":
        return False
    check = (11 - _weighed(digits, _NORWAY) % 11) % 11
    return check == int(digits[8])


def is_cvr(digits: str) -> bool:
    """Danish company number: eight digits, weighed sum divisible by 11."""
    return len(digits) == 8 and digits[0] != "0" and _weighed(digits, _DENMARK) % 11 == 0


def is_y_tunnus(digits: str) -> bool:
    """Finnish company number, eight digits without the hyphen."""
    if len(digits) != 8:
        return False
    rest = _weighed(digits[:7], _FINLAND) % 11
    return rest != 1 and int(digits[7]) == (11 - rest if rest else 0)


def is_swedish_organization(digits: str) -> bool:
    """Ten digits, Luhn; a third digit below 2 makes it a person's number (DOMAIN section 2)."""
    return len(digits) == 10 and digits[2] >= "2" and luhn(digits)


def luhn(digits: str) -> bool:
    """The check of payment cards and Swedish numbers."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_date(day: int, month: int, year: int | None = None) -> bool:
    """Whether day and month (and year) exist; a leap day counts when no year is given."""
    return 1 <= month <= 12 and 1 <= day <= monthrange(year or 2000, month)[1]


def has_birth_date(digits: str) -> bool:
    """Whether DDMMYY opens a number: D-numbers add 40 to the day, synthetic ones 40, 65 or 80 to the month."""
    day, month = int(digits[:2]), int(digits[2:4])
    return any(is_date(day - more, month - extra) for more in (0, 40, 60) for extra in (0, 40, 65, 80))


def is_fodselsnummer(digits: str) -> bool:
    """Eleven digits that open with a birth date and end with two mod-11 check digits."""
    if len(digits) != 11 or not has_birth_date(digits):
        return False
    first = (11 - _weighed(digits, _FIRST) % 11) % 11
    second = (11 - _weighed(digits, _SECOND) % 11) % 11
    return first == int(digits[9]) and second == int(digits[10])


def is_personnummer(digits: str) -> bool:
    """Ten digits YYMMDDNNNC (coordination numbers add 60 to the day) with a Luhn check digit."""
    month, day = int(digits[2:4]), int(digits[4:6])
    return len(digits) == 10 and (is_date(day, month) or is_date(day - 60, month)) and luhn(digits)


def is_hetu(birth: str, number: str, check: str) -> bool:
    """Finnish personal identity code: DDMMYY, three digits, and a check character over all nine."""
    return has_birth_date(birth) and _HETU[int(birth + number) % 31] == check.upper()
