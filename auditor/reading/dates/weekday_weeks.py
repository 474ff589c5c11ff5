"""Weekdays of a named week: "next Tues", "Thurs wk", "Friday next", "Monday of week 14"."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from auditor.reading.dates.arithmetic import (
    iso_week,
    plus_days,
    week_begin,
    weekday_in_week,
)
from auditor.reading.dates.counts import read_duration
from auditor.reading.dates.grammar import read_day, rule, suffix
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.named import day_of_month, ends_bare
from auditor.reading.dates.node import Node, in_week, in_year, on_weekday, one_day
from auditor.reading.dates.numeric import read_numeric
from auditor.reading.dates.page import Page
from auditor.reading.dates.weekdays import is_weekday, read_dated
from auditor.reading.dates.words import SHIFTS, WEEKDAYS

_WEEKS = frozenset({"week", "wk", "weeks", "wks"})


@rule(SHIFTS)
def shifted_weekday(page: Page, index: int) -> Node | None:
    """Reads "next Tuesday", "this coming Fri", "last Thursday", "next week on Tuesday"."""
    shift, after = SHIFTS[page.words[index]], index + 1
    coming = page.words[index] in ("coming", "upcoming")
    if page.words[index] == "past":
        return None
    if shift == 0 and page.words[after] in SHIFTS:
        shift, coming = SHIFTS[page.words[after]], shift >= 0
        after += 1
    if page.words[after] in _WEEKS:
        return _weekday_of_week(page, index, after + 1, shift)
    if page.words[after] not in WEEKDAYS:
        return _shifted_date(page, index, after, shift)
    dated = read_dated(page, after, after + 1)
    if dated:
        return _lean(dated, index, shift)
    if not is_weekday(page, after):
        return None
    node = on_weekday(page, index, after + 1, WEEKDAYS[page.words[after]])
    if coming:
        return _lean(node, index, shift)
    return _in_shifted_week(page, node, shift)


def _in_shifted_week(page: Page, node: Node, shift: int) -> Node:
    """Next and last mean the calendar week; the nearest such weekday is the second reading."""
    begin = plus_days(week_begin(page.today, page.week_start), 7 * shift)
    ahead, behind = node.values[0], node.values[1]
    day = weekday_in_week(begin, node.weekday or 0)
    wanted = DateValue(day, day)
    other = behind if shift < 0 else ahead
    if shift == 0 and day < page.today:
        node.values, node.past = (ahead, wanted), wanted
        return node
    node.past = None
    node.values = tuple(dict.fromkeys((wanted, other)))
    node.week = begin
    return node


def _lean(node: Node, start: int, shift: int) -> Node:
    """Next takes the future reading, last the past one."""
    node.start = start
    if node.past is not None and shift != 0:
        chosen = node.past if shift < 0 else node.values[0]
        node.values = (chosen, *(value for value in node.values if value != chosen))
        node.past = None
    return node


def _shifted_date(page: Page, index: int, after: int, shift: int) -> Node | None:
    """Reads "next 5/12", "next 6th of April", "this 5/12"."""
    node = read_numeric(page, after, cued=True) or day_of_month(page, after)
    if node is None:
        return None
    if shift == 0 and node.yearly and not node.ambiguous:
        in_year(node, page.today.year, node.stop)
    return _lean(node, index, shift)


def _weekday_of_week(page: Page, index: int, after: int, shift: int) -> Node | None:
    """Reads "next week on Tuesday", "next week Mon", "previous week - Monday"."""
    after = page.matches(after, "' s") or after
    first = page.skip(page.skip(after, ",", "-", ":", "("), "on")
    if page.words[first] not in WEEKDAYS:
        return None
    node = on_weekday(page, index, first + 1, WEEKDAYS[page.words[first]])
    begin = plus_days(week_begin(page.today, page.week_start), 7 * shift)
    return in_week(node, begin, first + 1)


def read_week(page: Page, index: int) -> tuple[date, int] | None:
    """The first day of the week named there ("next week", "wk 14", "the week after next")."""
    index = page.skip(page.skip(page.skip(index, ","), "of", "in"), "the")
    words, this = page.words, week_begin(page.today, page.week_start)
    for phrase, weeks in (("week after next", 2), ("wk after next", 2), ("week before last", -2)):
        if after := page.matches(index, phrase):
            return plus_days(this, 7 * weeks), after
    shift = SHIFTS.get(words[index])
    if shift is not None and words[index + 1] in _WEEKS:
        return plus_days(this, 7 * shift), index + 2
    if words[index] in ("week", "wk", "kw", "cw") and 1 <= page.number(index + 1) <= 53:
        begin = iso_week(page.today.year, page.number(index + 1))
        if begin is not None and plus_days(begin, 6) < page.today:
            begin = iso_week(page.today.year + 1, page.number(index + 1)) or begin
        return (begin, index + 2) if begin else None
    return None


@suffix(2)
def narrowed_weekday(page: Page, node: Node) -> Node:
    """The week that follows a weekday: "Thursday week", "Friday next", "Monday of next week"."""
    if node.weekday is None or node.week is not None:
        return node
    words, stop = page.words, node.stop
    coming = node.values[0].earliest
    if words[stop] in ("week", "wk") and not page.words[stop + 1][:1].isdigit():
        return _moved(node, plus_days(coming, 7), stop + 1)
    if after := page.matches(stop, "after next"):
        return _moved(node, plus_days(coming, 7), after)
    if words[stop] == "fortnight":
        return _moved(node, plus_days(coming, 14), stop + 1)
    week = read_week(page, page.skip(stop, "-"))
    if week:
        return in_week(node, *week)
    if words[stop] in ("after", "before", "following"):
        return _beside_day(page, node)
    if words[stop] == "next" and ends_bare(page, stop + 1):
        node.stop = stop + 1
        return _in_shifted_week(page, node, 1)
    return _counted_weekday(page, node)


def _beside_day(page: Page, node: Node) -> Node:
    """Reads "the Tuesday after Easter", "Friday before the 12th"."""
    other = read_day(page, node.stop + 1)
    if other is None or other.interval or other.part or node.weekday is None:
        return node
    later = page.words[node.stop] != "before"

    def beside(value: DateValue) -> DateValue:
        gap = (node.weekday or 0) - value.earliest.weekday()
        days = (gap - 1) % 7 + 1 if later else (gap % 7) - 7
        day = plus_days(value.earliest, days)
        return DateValue(day, day)

    past = beside(other.past) if other.past else None
    result = one_day(node.start, other.stop, page.today)
    result.values, result.past = tuple(beside(value) for value in other.values), past
    return result


def _counted_weekday(page: Page, node: Node) -> Node:
    """Reads "Monday two weeks from now", "Monday in two weeks": the one in the week reached."""
    first = page.skip(page.skip(node.stop, ","), "in")
    if not (page.words[first][:1].isdigit() or page.words[first] in _COUNTS):
        return node
    duration = read_duration(page, first)
    if duration is None or duration.parts[0][1] == "minute":
        return node
    reached = read_day(page, page.skip(node.stop, ","))
    if reached is None or not reached.interval:
        return node
    begin = week_begin(reached.values[0].earliest, page.week_start)
    return in_week(node, begin, reached.stop)


_COUNTS = frozenset("a two three four five six couple few".split())


def _moved(node: Node, day: date, stop: int) -> Node:
    node.values, node.past, node.stop, node.week = (DateValue(day, day),), None, stop, day
    return node


def share_week(page: Page, nodes: list[Node]) -> None:
    """Reads "Tue or Wed next week": the week named once holds for both.

    Args:
        page: the text.
        nodes: neighbouring nodes in text order.
    """
    for left, right in pairwise(nodes):
        between = page.words[left.stop : right.start]
        if left.weekday is None or right.weekday is None or len(between) > 2:
            continue
        if not between or not set(between) <= {"or", "and", "/", ",", "&", "-"}:
            continue
        if right.week is not None and left.week is None and left.stop - left.start == 1:
            _join_week(page, left, right.week)
        elif left.week is not None and right.week is None and right.stop - right.start == 1:
            _join_week(page, right, left.week)


def _join_week(page: Page, node: Node, week: date) -> None:
    """Prefers the neighbour's week and keeps the bare weekday as a further reading."""
    bare = node.values
    in_week(node, week_begin(week, page.week_start), node.stop)
    node.values = tuple(dict.fromkeys((*node.values, *bare)))
