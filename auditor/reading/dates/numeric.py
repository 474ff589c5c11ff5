"""Dates in digits: 2026-03-04, 4/3/26, 03.04.26, 31.12, 3-Apr, 20260304; and what only looks so."""

from __future__ import annotations

import re
from datetime import date

from auditor.reading.dates.arithmetic import make_day
from auditor.reading.dates.counts import full_year
from auditor.reading.dates.grammar import DIGITS, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.node import DAY, Node, Yearly, by_year, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import DAY_CUES, MONTHS, WEEKDAYS

_SLASHED = re.compile(
    r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?!\.?\d)"
    r"(?!\s?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    re.ASCII | re.IGNORECASE,
)
_NOT_DATES = frozenset({(24, 7), (7, 24)})
_FRACTIONS = frozenset({(1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (1, 5), (1, 8), (1, 10)})
_SEQUENCES = frozenset(
    "attempt part step page slide round phase touch stage day version section clause item ticket "
    "option score scored rated rating nps ratio chance split odds room unit flat chapter apt v "
    "release build gave a an email vm voicemail no number id ref order invoice po case art ip "
    "size model # only about roughly another grew fell costs cost worth firmware get gets".split()
)
"""Words before a pair of numbers that make it a count, a score or an id."""
_COUNTED = frozenset(
    "of stars star likely confidence interest score rating done complete completed users people "
    "reps sites answered seats licences licenses customers calls attempts split full per inch "
    "times x percent k m million points kg gb tb hours days weeks months years".split()
)
"""Words after a pair of numbers that make it a quantity."""
_SHORT_WEEKDAYS = frozenset("mo di mi do fr sa so".split())
"""German abbreviations: before "11.3." they show that it is a date."""
_STRICT_CUES = (DAY_CUES | WEEKDAYS.keys()) - frozenset(
    "and or / to w - around than from next last we op el het de le every".split()
)


def infer_day_first(text: str) -> bool | None:
    """Whether a text writes 03/04 with the day first, by those of its dates that can't be swapped.

    Args:
        text: the whole text.

    Returns:
        None where nothing or both ways are shown.
    """
    shown = {
        int(first) > 12
        for first, second in _SLASHED.findall(text)
        if (int(first) > 12) != (int(second) > 12)
        and (int(first), int(second)) not in _NOT_DATES
        and 0 < int(first) <= 31
        and 0 < int(second) <= 31
    }
    return shown.pop() if len(shown) == 1 else None


def _month_day(month: int, day: int) -> Yearly | None:
    if make_day(2000, month, day) is None:
        return None

    def yearly(year: int) -> DateValue | None:
        found = make_day(year, month, day)
        return DateValue(found, found) if found else None

    return yearly


def month_day(page: Page, start: int, stop: int, month: int, day: int) -> Node | None:
    """A day with its month and no year yet."""
    yearly = _month_day(month, day)
    return by_year(page, start, stop, DAY, yearly, diary=True) if yearly else None


def _orders(page: Page, first: int, second: int, sign: str) -> list[tuple[int, int]]:
    """Valid (month, day) readings of a pair, the preferred first."""
    by_sign = sign != "/"
    day_first = by_sign if page.day_first is None else page.day_first
    both = [(second, first), (first, second)] if day_first else [(first, second), (second, first)]
    valid = [pair for pair in dict.fromkeys(both) if make_day(2000, *pair)]
    return valid[:1] if page.day_first is not None and sign == "/" else valid


def _pair(page: Page, start: int, stop: int, first: int, second: int, sign: str) -> Node | None:
    """A day and month in digits, with both readings where both are possible."""
    orders = _orders(page, first, second, sign)
    nodes = [month_day(page, start, stop, *pair) for pair in orders]
    found = [node for node in nodes if node is not None]
    if not found:
        return None
    best = found[0]
    if len(found) > 1:
        best.values = tuple(dict.fromkeys(value for node in found for value in node.values))
        best.ambiguous = sign == "/"
    return best


def _triple(
    page: Page, start: int, stop: int, first: int, second: int, year: int, sign: str
) -> Node | None:
    orders = _orders(page, first, second, sign)
    days = [day for month, number in orders if (day := make_day(year, month, number))]
    if not days:
        return None
    node = one_day(start, stop, *days)
    node.ambiguous = len(days) > 1 and sign == "/"
    return node


def read_numeric(page: Page, index: int, *, cued: bool = False) -> Node | None:
    """The date in digits that begins at that word.

    Args:
        page: the text.
        index: the first word.
        cued: whether a weekday stands before it, so that 7.6 is no decimal.
    """
    words, first = page.words, page.number(index)
    if len(words[index]) == 8 and first > 0:
        return _compact(page, index)
    if first < 0 or not page.open_left(index):
        return None
    if len(words[index]) == 4:
        return _year_first(page, index, first)
    sign = words[index + 1]
    if sign not in "/.-" or not page.glued(index + 1) or not page.glued(index + 2):
        return None
    if len(words[index]) > 2 or not sign:
        return None
    if words[index + 2] in MONTHS:
        return _named_middle(page, index, first, sign)
    second = page.number(index + 2)
    if second < 0 or len(words[index + 2]) > 2:
        return None
    third = page.number(index + 4) if words[index + 3] == sign else -1
    if third >= 0 and page.glued(index + 3) and page.glued(index + 4):
        return _with_year(page, index, (first, second, third), sign)
    return _without_year(page, index, (first, second), sign, cued=cued)


def _compact(page: Page, index: int) -> Node | None:
    word = page.words[index]
    day = make_day(int(word[:4]), int(word[4:6]), int(word[6:]))
    if day is None or not 1990 <= day.year <= 2099:
        return None
    if page.glued(index) and page.words[index - 1] not in ("-", "/", "(", "[", "="):
        return None
    if page.glued(index + 1) and page.words[index + 1][:1] not in ".,;:)]-/t":
        return None
    return None if page.words[index - 1] in _SEQUENCES else one_day(index, index + 1, day)


def _year_first(page: Page, index: int, year: int) -> Node | None:
    """Reads "2026-03-04", "2026/3/4", "2019-aug-1", "2016 10 16"."""
    words, sign = page.words, page.words[index + 1]
    if not 1000 <= year <= 2999:
        return None
    if len(words[index + 1]) == len(words[index + 2]) == 2 and words[index + 1].isdigit():
        day = _day_of(year, page.number(index + 1), page.number(index + 2))
        lone = words[index - 1][:1].isdigit() or words[index + 3][:1].isdigit()
        spaced = not (page.glued(index + 1) or page.glued(index + 2))
        return one_day(index, index + 3, day) if day and spaced and not lone else None
    if sign not in ("-", "/", ".") or words[index + 3] != sign:
        return None
    if not all(page.glued(index + step) for step in (1, 2, 3, 4)):
        return None
    month = MONTHS.get(words[index + 2]) or page.number(index + 2)
    day = _day_of(year, month, page.number(index + 4))
    if day is None:
        return None
    stop = index + 5
    if words[stop] == "t" and page.glued(stop) and words[stop + 1].isdigit():
        return one_day(index, stop, day)
    if words[stop] and words[stop][0] == "t" and page.glued(stop):
        return one_day(index, stop, day)
    return one_day(index, stop, day) if page.open_right(stop) else None


def _day_of(year: int, month: int, day: int) -> date | None:
    return make_day(year, month, day) if 0 < month <= 12 and 0 < day <= 31 else None


def _named_middle(page: Page, index: int, day: int, sign: str) -> Node | None:
    """Reads "22/Jan/2019", "3-Apr", "12-May-26"."""
    month, stop = MONTHS[page.words[index + 2]], index + 3
    if sign == ".":
        return None
    if page.words[stop] == sign and page.glued(stop) and page.glued(stop + 1):
        year = page.number(stop + 1)
        if year >= 0 and len(page.words[stop + 1]) in (2, 4) and page.open_right(stop + 2):
            found = _day_of(full_year(year) if year < 100 else year, month, day)
            return one_day(index, stop + 2, found) if found else None
    return month_day(page, index, stop, month, day) if page.open_right(stop) else None


def _with_year(page: Page, index: int, numbers: tuple[int, int, int], sign: str) -> Node | None:
    first, second, year = numbers
    words, stop = page.words, index + 5
    digits = len(words[index + 4])
    if digits not in (2, 4) or not page.open_right(stop):
        return None
    if words[stop] == "." and page.glued(stop) and page.glued(stop + 1):
        return None
    padded = len(words[index]) == len(words[index + 2]) == 2
    if digits == 2 and sign == "-" and not padded:
        return None
    if sign == "." and not _SEQUENCES.isdisjoint(words[max(0, index - 2) : index]):
        return None
    century = [year] if digits == 4 else [full_year(year)]
    node = _triple(page, index, stop, first, second, century[0], sign)
    if node and digits == 2:
        _add_century(node)
    return node


def _add_century(node: Node) -> None:
    """Keeps the other century of a two-digit year as a last reading."""
    for value in node.values:
        other = value.earliest.year + (-100 if value.earliest.year >= 2000 else 100)
        day = make_day(other, value.earliest.month, value.earliest.day)
        node.values += (DateValue(day, day),) if day else ()


def _without_year(
    page: Page, index: int, numbers: tuple[int, int], sign: str, *, cued: bool
) -> Node | None:
    if sign == "-":
        return None
    cued = cued or page.words[index - 1] in _STRICT_CUES
    stop = index + 3
    if sign == ".":
        return _dotted(page, index, numbers, cued=cued)
    ranged = page.words[stop] == "-" and page.words[stop + 2] == "/"
    if not (ranged or page.open_right(stop)):
        return None
    if not _is_slashed_date(page, index, numbers, cued=cued or ranged):
        return None
    return _pair(page, index, stop, *numbers, sign)


def _is_slashed_date(page: Page, index: int, numbers: tuple[int, int], *, cued: bool) -> bool:
    """Tells 11/20 from 24/7, 1/2, 8/10 and "attempt 2/5"."""
    before, after = page.words[index - 1], page.words[index + 3]
    if numbers in _NOT_DATES or after in _COUNTED:
        return False
    if before == "?" and numbers[1] in (5, 10):
        return False
    if before in _SEQUENCES and not cued:
        return False
    if before == "(" and after == ")" and numbers[0] <= numbers[1] < 10:
        return False
    padded = page.words[index][0] == "0"
    return cued or padded or not (numbers in _FRACTIONS or numbers[1] == 10)


def _opens_range(page: Page, stop: int) -> bool:
    """Whether "01.04. -" goes on with another date in dots."""
    after = page.matches(stop, ". -")
    return after > 0 and page.words[after].isdigit() and page.words[after + 1] == "."


def _dotted(page: Page, index: int, numbers: tuple[int, int], *, cued: bool) -> Node | None:
    """Reads "3.4." and "31.12": only after a word that cues a day, for they look like decimals."""
    words, stop = page.words, index + 3
    cued = cued or _opens_range(page, stop) or words[index - 1] in _SHORT_WEEKDAYS
    if not cued or words[index - 2] in _SEQUENCES or words[stop] in _COUNTED:
        return None
    closed = words[stop] == "." and page.glued(stop)
    if closed and page.glued(stop + 1) and words[stop + 1][:1].isdigit():
        return None
    if not closed and not page.open_right(stop):
        return None
    weekday = words[index - 1] in WEEKDAYS or words[index - 2] in WEEKDAYS
    padded = len(words[index]) == len(words[index + 2]) == 2
    if not (closed or padded or weekday):
        return None
    ends = closed and words[stop + 1] not in ("", "\n")
    node = _pair(page, index, stop + ends, *numbers, ".")
    return None if node and weekday and not closed and _is_time(page, index, node) else node


def _is_time(page: Page, index: int, node: Node) -> bool:
    """Whether "Thursday 12.15" is a quarter past twelve: no Thursday near falls on that date."""
    words = page.words
    minute = page.number(index + 2)
    weekday = WEEKDAYS.get(words[index - 1], WEEKDAYS.get(words[index - 2], -1))
    fits = any(value.earliest.weekday() == weekday for value in node.values[:2])
    return len(words[index + 2]) == 2 and minute % 5 == 0 and not fits


@rule(DIGITS)
def numeric_date(page: Page, index: int) -> Node | None:
    """A date in digits."""
    return read_numeric(page, index)
