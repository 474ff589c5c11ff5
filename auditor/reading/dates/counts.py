"""Numbers, ordinals, years and durations, in digits and as people speak them."""

from __future__ import annotations

from typing import NamedTuple

from auditor.reading.dates.page import Page
from auditor.reading.dates.words import NUMBERS, ORDINAL_ENDINGS, ORDINALS, TENS, UNITS

_VAGUE = {"couple": 2, "few": 3, "several": 3, "some": 3}
_KINDS = frozenset({"business", "working", "work", "calendar", "full", "whole", "more", "short"})
_WORKDAYS = frozenset({"business", "working", "work"})
_LARGEST = 999
_SIZES = ("year", "quarter", "month", "week", "workday", "day", "minute")


class Count(NamedTuple):
    """A number of things."""

    number: int
    stop: int
    exact: bool
    """False for "a few"."""
    half: bool = False
    """Half of one thing, in "half an hour"."""


class Duration(NamedTuple):
    """A length of time."""

    parts: tuple[tuple[int, str], ...]
    """Counts with their units (see ``arithmetic.plus``, and ``minute``)."""
    stop: int
    exact: bool
    """False for "a couple of weeks", "two or three weeks"."""

    @property
    def coarsest(self) -> str:
        """The first, largest unit."""
        return self.parts[0][1]


def read_ordinal(page: Page, index: int) -> tuple[int, int] | None:
    """An ordinal up to 31 ("14th", "fourteenth", "twenty-first", "nine teenth") and its stop."""
    words, word = page.words, page.words[index]
    number = page.number(index)
    if number > 0:
        stop = index + 2
        ends = not (page.glued(stop) and words[stop][:1].isalnum())
        return (
            (number, stop)
            if words[index + 1] in ORDINAL_ENDINGS and number <= 31 and ends
            else None
        )
    if word in TENS and TENS[word] <= 30:
        after = page.skip(index + 1, "-")
        unit = ORDINALS.get(words[after], 99)
        if unit < 10 and TENS[word] + unit <= 31:
            return TENS[word] + unit, after + 1
        return None
    if words[index + 1] == "teenth" and 4 <= NUMBERS.get(word, 0) <= 9:
        return NUMBERS[word] + 10, index + 2
    plain = ORDINALS.get(word)
    return (plain, index + 1) if plain else None


def read_small(page: Page, index: int) -> tuple[int, int] | None:
    """A cardinal up to 99, in words, and its stop."""
    word = page.words[index]
    if word in TENS:
        after = page.skip(index + 1, "-")
        unit = NUMBERS.get(page.words[after], 99)
        return (TENS[word] + unit, after + 1) if unit < 10 else (TENS[word], index + 1)
    return (NUMBERS[word], index + 1) if word in NUMBERS else None


def read_count(page: Page, index: int) -> Count | None:
    """A count before a unit: "3", "three", "a", "a couple of", "a few", "half an"."""
    words, word = page.words, page.words[index]
    number = page.number(index)
    if number >= 0:
        if number > _LARGEST or (words[index + 1] in ".," and page.glued(index + 2)):
            return None
        return Count(number, index + 1, True)
    small = read_small(page, index)
    if small:
        return Count(*small, True)
    if word == "half":
        after = page.skip(index + 1, "a", "an")
        return Count(1, after, True, half=True)
    if word in ("a", "an", "another"):
        if words[index + 1] in _VAGUE or words[index + 1] in ("good", "half"):
            return read_count(page, index + 1)
        return Count(1, index + 1, True)
    if word in _VAGUE:
        return Count(_VAGUE[word], page.skip(index + 1, "of", "more"), False)
    return None


def read_alternative(page: Page, count: Count) -> Count:
    """The second number of "two or three", "3-4": the larger one, no longer exact."""
    if page.words[count.stop] not in ("or", "to", "-"):
        return count
    second = read_count(page, count.stop + 1)
    if second is None or second.number <= count.number:
        return count
    return Count(second.number, second.stop, False)


def _read_part(page: Page, index: int) -> tuple[int, str, int, bool] | None:
    count = read_count(page, index)
    if count is None:
        return None
    count = read_alternative(page, count)
    halved = page.matches(count.stop, "and a half")
    after = page.skip(halved or count.stop, "-")
    kind = page.words[after] if page.words[after] in _KINDS else ""
    after += bool(kind)
    unit = UNITS.get(page.words[after])
    if unit is None or (len(page.words[after]) == 1 and not _is_glued_unit(page, after)):
        return None
    name, size = unit
    number, stop = count.number * size, after + 1
    late = page.matches(stop, "and a half")
    if count.half or halved or late:
        half, name = _halve(name, size)
        number = half + (0 if count.half else 2 * half * count.number)
    if kind in _WORKDAYS and name == "day":
        name = "workday"
    return number, name, late or stop, count.exact


def _is_glued_unit(page: Page, index: int) -> bool:
    """Whether "2h" or "5d" stands alone, unlike "5W-30"."""
    return page.glued(index) and page.open_right(index + 1) and page.words[index + 1] != "-"


def _halve(unit: str, size: int) -> tuple[int, str]:
    """Half of so many units, in a smaller one."""
    if unit == "minute":
        return size // 2, unit
    if unit == "week":
        return 7 * size // 2, "day"
    return {"year": (6 * size, "month"), "month": (15, "day"), "quarter": (45, "day")}.get(
        unit, (0, "day")
    )


def read_duration(page: Page, index: int) -> Duration | None:
    """A length of time: "3 weeks", "2 weeks and 2 days", "a week or so", "a couple of months"."""
    part = _read_part(page, index)
    if part is None:
        return None
    number, unit, stop, exact = part
    parts = [(number, unit)]
    for loose in ("or so", "or two", "- ish", "ish"):
        if after := page.matches(stop, loose):
            return Duration(tuple(parts), after, False)
    while len(parts) < 3:
        joined = page.words[stop] in ("and", ",")
        more = _read_part(page, stop + joined)
        smaller = more is not None and _SIZES.index(more[1]) > _SIZES.index(parts[-1][1])
        if more is None or not smaller or page.words[stop + joined] in ("a", "an", "half"):
            break
        parts.append((more[0], more[1]))
        stop = more[2]
    stop = page.matches(stop, "' time") or page.matches(stop, "time") or stop
    stop = page.matches(stop, "' s time") or stop
    return Duration(tuple(parts), stop, exact)


def read_year(page: Page, index: int) -> tuple[int, int] | None:
    """A year after a date: "2027", "'27", "twenty twenty seven", "nineteen eighty six"."""
    number = page.number(index)
    if number >= 0:
        plain = len(page.words[index]) == 4 and 1700 <= number <= 2199
        return (number, index + 1) if plain and page.open_right(index + 1) else None
    if page.words[index] == "'":
        number = page.number(index + 1)
        short = len(page.words[index + 1]) == 2 and page.glued(index + 1)
        return (full_year(number), index + 2) if short and number >= 0 else None
    return _read_spoken_year(page, index)


def _read_spoken_year(page: Page, index: int) -> tuple[int, int] | None:
    words, word = page.words, page.words[index]
    if word == "two" and words[index + 1] == "thousand":
        after = page.skip(index + 2, "and")
        small = read_small(page, after)
        return (2000 + small[0], small[1]) if small else (2000, index + 2)
    if word not in ("nineteen", "twenty", "eighteen"):
        return None
    century = 100 * (NUMBERS.get(word) or TENS[word])
    after = page.skip(index + 1, "hundred", "-")
    small = read_small(page, page.skip(after, "and"))
    if small is None or small[0] < 10:
        return (century, after) if words[after - 1] == "hundred" else None
    return century + small[0], small[1]


def full_year(short: int) -> int:
    """Two digits as a year from 1970 to 2069, as POSIX does, a year later."""
    return short + (2000 if short < 70 else 1900)
