"""Weekdays: "Thursday", "next Tues", "Thurs wk", "Friday next", "a Monday two weeks from now"."""

from __future__ import annotations

from datetime import date

from auditor.reading.dates.arithmetic import (
    plus_days,
    plus_months,
)
from auditor.reading.dates.counts import read_ordinal
from auditor.reading.dates.grammar import rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.named import bare_day, day_of_month, month_then_day, trailing_year
from auditor.reading.dates.node import Node, on_weekday, one_day
from auditor.reading.dates.numeric import read_numeric
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import DAY_CUES, MONTHS, SHIFTS, SHY_WEEKDAYS, UNITS, WEEKDAYS

_FRENCH = frozenset("ami amie amis cher chéri dieu petit amour equipe équipe entreprise".split())


_SHY_AFTER = frozenset(
    "at , . ; : / - ) & \n or and am pm morning afternoon evening next week wk first lunch eod re "
    "works onwards ? !".split()
)


_MONTHS_AROUND = 6


def is_weekday(page: Page, index: int) -> bool:
    """Whether the word is a weekday there, and not "sat", "the sun" or "mon ami"."""
    word = page.words[index]
    if word not in SHY_WEEKDAYS:
        return word in WEEKDAYS
    before, after = page.words[index - 1], page.words[index + 1]
    if after in _FRENCH or before in ("the", "he", "she", "we", "they", "i", "who", "and"):
        return after in (",", "-", "/") and page.words[index + 2] in WEEKDAYS
    if before in DAY_CUES or before in SHIFTS or before in ("/", "-"):
        return True
    capital = page.is_capital(index)
    if word == "mon" or (word == "wed" and capital):
        return capital or after in _SHY_AFTER or after[:1].isdigit()
    counted = after[:1].isdigit() and page.words[index + 2] in UNITS
    clear = after in _SHY_AFTER - {".", "?", "!", ","} or after[:1].isdigit() or not after
    if counted and word != "mon":
        return False
    return clear or (capital and (index == 0 or before != ".") and not after.isalpha())


@rule(WEEKDAYS)
def weekday(page: Page, index: int) -> Node | None:
    """A weekday, alone or before the date it falls on."""
    word = page.words[index]
    after = index + 1
    if page.words[after] == "." and len(word) <= 5 and page.words[after + 1] not in ("", "\n"):
        after += 1
    dated = read_dated(page, index, after)
    if dated:
        return dated
    if not is_weekday(page, index):
        return None
    return _numbered(page, index) or on_weekday(page, index, index + 1, WEEKDAYS[word])


def read_dated(page: Page, index: int, after: int) -> Node | None:
    """Reads "Friday 14 March", "Fri, 5/12", "Wed-Jun-15", "tues the 4th", "Thursday (14 May)"."""
    day = WEEKDAYS[page.words[index]]
    first = page.skip(after, ",", "-", "(", "/", "den", "le")
    node = (
        read_numeric(page, first, cued=True)
        or day_of_month(page, first)
        or (month_then_day(page, first) if page.words[first] in MONTHS else None)
    )
    if node is None:
        return _ordinal(page, index, first)
    node = trailing_year(page, node)
    node.start = index
    if page.words[first - 1] == "(":
        node.stop = page.skip(node.stop, ")")
    fits = [value for value in node.values if value.earliest.weekday() == day]
    if not fits and page.words[index] in SHY_WEEKDAYS and not page.is_capital(index):
        node.start = first
    if fits:
        node.values = (*fits, *(value for value in node.values if value not in fits))
        node.ambiguous = False
        node.past = node.past if len(fits) > 1 else None
    return node


def _ordinal(page: Page, index: int, first: int) -> Node | None:
    """Reads "tues the 4th", "Mon 13th", "wednesday the thirty first"."""
    ordinal = read_ordinal(page, page.skip(first, "the"))
    if ordinal is None or page.words[ordinal[1]] in ("thing", "floor", "call", "meeting", "time"):
        return None
    month = bare_day(page, page.skip(first, "the"))
    if month is not None and month.monthday is None:
        month.start = index
        return month
    return _weekday_on(page, index, ordinal[1], ordinal[0])


def _weekday_on(page: Page, index: int, stop: int, day: int) -> Node:
    """The nearest months in which that day is that weekday."""
    wanted = WEEKDAYS[page.words[index]]
    first = page.today.replace(day=1)
    found: list[date] = []
    for shift in range(-2 * _MONTHS_AROUND, 2 * _MONTHS_AROUND + 1):
        month = plus_months(first, shift)
        candidate = plus_days(month, day - 1)
        if candidate.month == month.month and candidate.weekday() == wanted:
            found.append(candidate)
    ahead = [candidate for candidate in found if candidate >= page.today][:1]
    behind = [candidate for candidate in found if candidate < page.today][-1:]
    node = one_day(index, stop, *(ahead + behind or [page.today]))
    if ahead and behind:
        node.past, node.near = DateValue(behind[0], behind[0]), True
    return node


def _numbered(page: Page, index: int) -> Node | None:
    """Reads "Friday 23", "Mon 9": a bare number is the date if a Friday near falls on it."""
    number, stop = page.number(index + 1), index + 2
    if not 1 <= number <= 31 or page.words[stop] in MONTHS or not page.open_right(stop):
        return None
    if page.words[stop] in UNITS:
        return None
    if page.glued(index + 1) or page.words[stop] in ("am", "pm", "-", "o", "oclock", ":", "%", "h"):
        return None
    coming = on_weekday(page, index, stop, WEEKDAYS[page.words[index]])
    days = [value.earliest.day for value in coming.values]
    days += [plus_days(coming.values[0].earliest, 7).day]
    if number > 12 or number in days:
        return _weekday_on(page, index, stop, number)
    return None
