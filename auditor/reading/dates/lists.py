"""Days that share a month named once: "12-14 May", "3, 4 and 5 March", "Mar 3rd or 5th"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import make_day
from auditor.reading.dates.counts import read_year
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.named import (
    day_and_month,
    day_in_month,
    ends_bare,
    read_number,
    trailing_year,
)
from auditor.reading.dates.node import Node, in_year, one_day
from auditor.reading.dates.numeric import month_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import (
    MONTHS,
    ORDINAL_ENDINGS,
    SHIFTS,
)


def elided_days(page: Page, index: int) -> tuple[list[Node], str] | None:
    """Reads "12-14 May", "3, 4 and 5 March", "the 3rd or 4th of May", and what joins them."""
    if not page.open_left(page.skip(index, "the")):
        return None
    numbers: list[tuple[int, int, int]] = []
    after, join = index, ""
    while len(numbers) < _MOST_DAYS:
        whole = day_and_month(page, after) if numbers else None
        if whole is not None:
            days = _in_month_of(page, numbers, trailing_year(page, whole))
            return (days, join) if days else None
        number = read_number(page, page.skip(after, "the"))
        if number is None or page.words[number[1]] not in _JOINS:
            break
        if not number[2] and not page.words[number[1] - 1].isdigit():
            break
        numbers.append((after, number[1], number[0]))
        join = page.words[number[1]]
        after = page.skip(number[1] + 1, "and", "or", "on")
        if len(numbers) == 1 and (
            month := _elided_in_month(page, index, (*number[:2], join), after)
        ):
            return month
    return None


def _in_month_of(page: Page, numbers: list[tuple[int, int, int]], whole: Node) -> list[Node]:
    """The bare days with the month, and the year if one is named, of the whole date after them."""
    value = whole.values[0].earliest
    days: list[Node] = []
    for start, stop, day in numbers:
        node = month_day(page, start, stop, value.month, day)
        if node is None or (whole.yearly is None and not in_year(node, value.year, stop)):
            return []
        days.append(node)
    return [*days, whole]


def following_days(page: Page, node: Node) -> list[Node]:
    """The days after "March 3, 4 and 5" or "Mar 3rd or 5th" that share its month."""
    if not node.is_day or node.yearly is None or node.times or page.words[node.start] not in MONTHS:
        return []
    days: list[Node] = []
    stop = node.stop
    while len(days) < _MOST_DAYS and page.words[stop] in ("and", "or", ",", "/", "&"):
        index = page.skip(stop + 1, "and", "or", "the")
        number = read_number(page, index)
        if number is None or not ends_bare(page, number[1]) or page.words[number[1]] in ("/", ":"):
            break
        sure = number[2] or page.words[index - 1] in ("and", "or") or page.words[number[1]] == ","
        day = month_day(page, index, number[1], node.values[0].earliest.month, number[0])
        if day is None or not sure or page.words[number[1]].isdigit():
            break
        days.append(day)
        stop = number[1]
    listed = page.words[node.stop] != "," or len(days) > 1
    return days if listed or (days and page.words[days[0].stop - 1] in ORDINAL_ENDINGS) else []


_MOST_DAYS = 6


def _elided_in_month(
    page: Page, index: int, first: tuple[int, int, str], after: int
) -> tuple[list[Node], str] | None:
    """Reads "4th to 7th of next month"."""
    day, stop, join = first
    number = read_number(page, page.skip(after, "the"))
    second = day_in_month(page, after, number[1], number[0]) if number else None
    if number is None or second is None or page.words[second.stop - 2] not in SHIFTS:
        return None
    begin = second.values[0].earliest
    found = make_day(begin.year, begin.month, day)
    return ([one_day(index, stop, found), second], join) if found else None


_JOINS = frozenset(
    {"-", "to", "until", "till", "til", "through", "thru", "and", "or", "/", "&", ","}
)


def following_day(page: Page, node: Node, index: int) -> Node | None:
    """The bare day after "May 12 -" or "9th April through": the same month's, or the next's."""
    number = read_number(page, page.skip(index, "the"))
    if number is None or not node.is_day or page.words[number[1]] in MONTHS:
        return None
    day, stop, ordinal = number
    ends = ends_bare(page, stop) or read_year(page, stop) is not None
    if not ordinal and not ends:
        return None
    if page.words[stop] in ("/", ":", "%") or (not ordinal and not page.open_right(stop)):
        return None
    if node.yearly is None:
        return _in_same_month(node, index, stop, day)
    month = node.values[0].earliest.month
    return month_day(page, index, stop, month, day)


def _in_same_month(node: Node, index: int, stop: int, day: int) -> Node | None:
    values: list[DateValue] = []
    for value in node.values:
        found = make_day(value.earliest.year, value.earliest.month, day)
        if found is None or found <= value.earliest:
            return None
        values.append(DateValue(found, found))
    result = one_day(index, stop, values[0].earliest)
    result.values = tuple(values)
    return result
