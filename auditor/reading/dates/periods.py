"""Months and periods counted from now: "June", "next month", "the last three weeks"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import period, plus, plus_days
from auditor.reading.dates.counts import (
    Count,
    Duration,
    read_alternative,
    read_count,
    read_duration,
    read_year,
)
from auditor.reading.dates.grammar import DIGITS, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.named import is_verb
from auditor.reading.dates.node import Node, by_year, fixed, in_year, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.quarters import months_of_year, quarter, shifted_fiscal_year
from auditor.reading.dates.seasons import season_at
from auditor.reading.dates.words import MONTHS, NUMBERS, PERIOD_CUES, SHIFTS, SHY_MONTHS, UNITS

_FEW = 3
_DAY_MINUTES = 24 * 60


def month_period(page: Page, start: int, stop: int, month: int) -> Node | None:
    """A month with no year yet."""
    return by_year(page, start, stop, "month", months_of_year(month, 1), diary=False)


@rule(MONTHS)
def month(page: Page, index: int) -> Node | None:
    """A bare month ("June", "in may"), told from the verbs and names that look the same."""
    words, word = page.words, page.words[index]
    stop = index + 1
    joined = stop if not page.glued(stop) else page.skip(stop, "-", "/")
    year = read_year(page, page.skip(page.skip(joined, "."), ","))
    if is_verb(page, index) or (word in ("mar", "mars", "mai", "mei") and not year):
        return None
    if not year and word in SHY_MONTHS and not _is_cued_month(page, index):
        return None
    if words[stop] == "." and len(word) <= 4 and year:
        stop += 1
    if words[stop] == "'" and words[stop + 1] == "s" and word in ("june", "april", "jan"):
        return None
    return month_period(page, index, stop, MONTHS[word])


def _is_cued_month(page: Page, index: int) -> bool:
    before = page.words[index - 1]
    if before == "the":
        return page.words[index - 2] in ("in", "by", "of", "until", "since")
    if before in ("or", "and", "-", "/"):
        neighbour = page.words[index - 2]
        return neighbour in MONTHS or page.words[index + 1] in MONTHS
    if page.words[index + 1] in ("-", "/") and page.words[index + 2] in MONTHS:
        return True
    if before == "to":
        return page.words[index - 2] in MONTHS or page.is_capital(index)
    if before in ("this", "next", "about", "again", "for") and page.words[index] in _VERBS:
        return page.is_capital(index)
    return before in PERIOD_CUES


_VERBS = frozenset({"may", "march"})


@rule(SHIFTS, "the")
def shifted_period(page: Page, index: int) -> Node | None:
    """Reads "next month", "this quarter", "last 3 months", "the coming two weeks", "next March"."""
    first = page.skip(index, "the")
    shift = SHIFTS.get(page.words[first])
    if shift is None or (first > index and page.words[index - 1] == "of" and shift == 0):
        return None
    after = first + 1
    if shift == 0 and page.words[after] in SHIFTS:
        shift, after = SHIFTS[page.words[after]], after + 1
    return (
        _counted_periods(page, index, after, shift)
        or _one_period(page, index, after, shift)
        or _shifted_name(page, index, after, shift)
    )


def weekend_at(page: Page, index: int) -> int:
    """The index after "weekend", "wkend", "week-end" or "w/e" there, else 0."""
    if page.words[index] in ("weekend", "wkend"):
        return index + 1
    return page.matches(index, "week - end") or page.matches(index, "w / e")


def _unit_at(page: Page, index: int) -> tuple[str, int, int] | None:
    """The unit at that word, how many one word stands for, and its stop."""
    after, workdays = index, False
    if page.words[index] in ("business", "working", "calendar", "full", "work"):
        after, workdays = index + 1, page.words[index] in ("business", "working", "work")
    word = page.words[after]
    if word in ("workweek", "workingweek"):
        return "week", 1, after + 1
    if word not in UNITS or len(word) == 1:
        return None
    unit, size = UNITS[word]
    if workdays and unit == "day":
        unit = "workday"
    return unit, size, after + 1


def _counted_periods(page: Page, start: int, index: int, shift: int) -> Node | None:
    """Reads "next 3 days", "last couple of months", "past two quarters"."""
    count = read_count(page, index) or _plural_count(page, index)
    if count is None or shift == 0 or count.half or page.words[index] in ("a", "an"):
        return None
    count = read_alternative(page, count)
    after = page.skip(count.stop, *SHIFTS, "full")
    found = _unit_at(page, after)
    if found is None or (found[0] == "minute" and count.number * found[1] < _DAY_MINUTES):
        return None
    unit, size, stop = found
    if unit == "minute":
        unit, size, count = "day", 1, count._replace(number=count.number * size // _DAY_MINUTES)
    node = counted_span(page, start, stop, count.number * size * shift, unit)
    duration = read_duration(page, index)
    return _compound(page, node, duration, shift) if duration and duration.parts[1:] else node


def _compound(page: Page, node: Node, duration: Duration, shift: int) -> Node:
    """Reads "the last 3 months and 2 weeks"."""
    far = page.today
    for number, unit in duration.parts:
        far = plus(far, number * shift, unit) if unit != "minute" else far
    near = plus_days(page.today, 1 if shift > 0 else -1)
    node.values, node.stop = (DateValue(min(near, far), max(near, far)),), duration.stop
    return node


def _plural_count(page: Page, index: int) -> Count | None:
    """The few that "in the coming weeks" means."""
    plural = page.words[index] in ("days", "weeks", "months", "years", "quarters")
    return Count(_FEW, index, False) if plural else None


def counted_span(page: Page, start: int, stop: int, count: int, unit: str) -> Node:
    """The days of so many units after today, or before it when negative."""
    today = page.today
    if unit == "quarter":
        begin = period(today, "quarter", page.week_start)[0]
        near = plus(begin, 1 if count > 0 else count, unit)
        far = plus(begin, count + 1 if count > 0 else 0, unit)
        node = fixed(start, stop, "range", near, plus_days(far, -1), False)
    elif count > 0:
        tomorrow = plus_days(today, 1)
        node = fixed(
            start, stop, "range", tomorrow, plus_days(plus(tomorrow, count, unit), -1), False
        )
    else:
        node = fixed(start, stop, "range", plus(today, count, unit), plus_days(today, -1), False)
    node.interval = count > 0
    return node


@rule(DIGITS, NUMBERS)
def counted_shifted(page: Page, index: int) -> Node | None:
    """Reads "3 next weeks", "two coming months"."""
    count = read_count(page, index)
    if count is None or not page.open_left(index) or not SHIFTS.get(page.words[count.stop]):
        return None
    found = _unit_at(page, count.stop + 1)
    if found is None or found[0] == "minute":
        return None
    if count.number < 2 or not page.words[found[2] - 1].endswith("s"):
        return None
    total = count.number * found[1] * SHIFTS[page.words[count.stop]]
    return counted_span(page, index, found[2], total, found[0])


def _one_period(page: Page, start: int, index: int, shift: int) -> Node | None:
    """Reads "next week", "this weekend", "last quarter", "next business day"."""
    stop = weekend_at(page, index)
    if stop:
        begin, end = period(page.today, "weekend", page.week_start)
        coming = page.words[index - 1] in ("coming", "upcoming") and end >= page.today
        move = 0 if coming else 7 * shift
        return fixed(start, stop, "weekend", plus_days(begin, move), plus_days(end, move), False)
    found = _unit_at(page, index)
    if found is None:
        return shifted_fiscal_year(page, start, index, shift)
    unit, size, stop = found
    if unit == "minute" or (size == 1 and page.words[stop - 1].endswith("s")):
        return None
    if unit in ("day", "workday"):
        return one_day(start, stop, plus(page.today, shift, unit)) if unit == "workday" else None
    if unit == "year" and size == 10:
        begin = plus(page.today, shift * size, unit)
        first = begin.replace(year=max(1, begin.year // 10 * 10), month=1, day=1)
        return fixed(start, stop, unit, first, plus_days(plus(first, 10, unit), -1), False)
    if size > 1 and shift != 0:
        return counted_span(page, start, stop, shift * size, unit)
    begin, end = period(plus(page.today, shift, unit), unit, page.week_start)
    if (unit == "week" and stop - index > 1) or page.words[stop - 1] == "workweek":
        end = plus_days(begin, 4)
    return fixed(start, stop, unit, begin, end, False)


def _shifted_name(page: Page, start: int, index: int, shift: int) -> Node | None:
    """Reads "next March", "this Q3", "last summer", "next Christmas"."""
    word = page.words[index]
    node = (
        (month_period(page, start, index + 1, MONTHS[word]) if word in MONTHS else None)
        or season_at(page, index)
        or (quarter(page, index) if word == "q" else None)
    )
    if node is None or is_verb(page, index):
        return None
    if word in SHY_MONTHS and shift == 0 and not page.is_capital(index):
        return None
    node.start = start
    chosen = node.past if shift < 0 else node.values[0]
    if shift > 0 and chosen and chosen.earliest <= page.today and node.yearly:
        chosen = node.yearly(chosen.earliest.year + 1) or chosen
    if shift == 0 and node.yearly:
        return in_year(node, page.today.year, node.stop)
    if shift < 0 and chosen and chosen.latest >= page.today:
        chosen = node.values[1] if len(node.values) > 1 else chosen
    if chosen:
        later = node.yearly(chosen.earliest.year + 1) if shift > 0 and node.yearly else None
        node.values = (chosen, later) if later else (chosen,)
        node.past = None
        node.yearly = None
    return node
