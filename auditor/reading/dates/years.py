"""Years and their parts: "Q3", "H1", "FY27", "in 2027", "the summer", "year to date"."""

from __future__ import annotations

from datetime import date

from auditor.reading.dates.arithmetic import (
    make_day,
    month_end,
)
from auditor.reading.dates.counts import read_ordinal, read_year
from auditor.reading.dates.grammar import DIGITS, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.node import Node, fixed, in_year, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.quarters import half, numbered_quarter, quarter
from auditor.reading.dates.words import MONTHS, ORDINALS, PERIOD_CUES

_YEAR_CUES = PERIOD_CUES - {"this", "next", "last", "around", "about", "than", "or", "again", "and"}


_DECADES = {"sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90}


_NEARYEAR_WORDS = 12


_NUMBERED = frozenset(
    "at office server windows excel sql exchange sharepoint room suite model no number ref id "
    "order invoice po ticket case version v over under about around approx roughly nearly almost "
    "only ext extension code pin tel phone fax box unit art item top up another extra some".split()
)
"""Words before a number that make it a product, a room, an amount or an id."""


_AMOUNTS = frozenset(
    "people staff percent pct per usd eur gbp euro euro dollars pounds kg km m mb gb x hours hrs "
    "points head plus sqm ft".split()
)


@rule(DIGITS)
def year(page: Page, index: int) -> Node | None:
    """A bare year after a cue ("in 2027"), "2017-q1", a span "2014-2018" or "the 1990s"."""
    number, stop, words = page.number(index), index + 1, page.words
    if len(words[index]) != 4 or not 1500 <= number <= 2199 or not page.open_left(index):
        return None
    part = page.skip(stop, "-", "/") if page.glued(stop) else stop
    found = numbered_quarter(page, part) or quarter(page, part) or half(page, part)
    if found is not None and found.yearly:
        found.start = index
        return in_year(found, number, found.stop)
    return _year_span(page, index, number) or _plain_year(page, index, number)


def _year_span(page: Page, index: int, number: int) -> Node | None:
    """Reads "the 1990s", "2018/19" and "2014-2018"."""
    words, stop = page.words, index + 1
    if words[stop] == "s" and page.glued(stop) and number % 10 == 0:
        return _years(index, stop + 1, number, number + 9)
    later, digits = page.number(stop + 1), len(words[stop + 1])
    if words[stop] not in ("-", "/") or not page.open_right(stop + 2):
        return None
    if digits == 2 and later == (number + 1) % 100 and (later > 12 or words[stop] == "/"):
        return _years(index, stop + 2, number, number + 1)
    if words[stop] == "-" and digits == 4 and 1900 <= number < later < min(number + 60, 2101):
        node = _years(index, stop + 2, number, later)
        node.values += (DateValue(node.values[0].earliest, date(later, 1, 1)),)
        return node
    return None


def _plain_year(page: Page, index: int, number: int) -> Node | None:
    words, stop = page.words, index + 1
    after = words[stop]
    counted = after.isalpha() and len(after) > 3 and after.endswith("s") and after != "was"
    if not page.open_right(stop) or counted or after in ("%", "k", "x") or after[:1].isdigit():
        return None
    before = words[index - 1]
    if _is_bare_year(page, index, number):
        return _years(index, stop, number, number)
    if before in _YEAR_CUES or before in ("year", "calendar", "cy") or _follows_year(page, index):
        return _years(index, stop, number, number) if _is_likely_year(page, index) else None
    return None


def _is_bare_year(page: Page, index: int, number: int) -> bool:
    """Whether "2026 budget" is a year: near the reference, and no room, product or amount."""
    before, after = page.words[index - 1], page.words[index + 1]
    if after in ("-", "/") and page.words[index + 2].isdigit():
        return False
    near = abs(number - page.today.year) <= _NEARYEAR_WORDS and number % 100 != 0
    return near and before not in _NUMBERED and after not in _AMOUNTS and not before.isdigit()


def _is_likely_year(page: Page, index: int) -> bool:
    """Round numbers and years far off need the clear cue "in", "since" or "year"."""
    number, before = page.number(index), page.words[index - 1]
    if before in ("in", "since", "year", "during", "until", "till", "before", "after"):
        return True
    if before == "to" and page.words[index - 2] == "back":
        return True
    return 1900 <= number <= 2099 and (number % 100 != 0 or before == "of")


def _follows_year(page: Page, index: int) -> bool:
    """Whether "and 2009" continues "of 2007"."""
    words = page.words
    before = page.number(index - 2) if index > 1 else -1
    near = len(words[index - 2]) == 4 and abs(before - page.number(index)) <= 20
    return words[index - 1] in ("and", "or", "to", "-", "than", ",") and near and before > 1900


def _years(start: int, stop: int, first: int, last: int) -> Node:
    return fixed(start, stop, "year", date(first, 1, 1), date(last, 12, 31), False)


@rule(DIGITS)
def month_and_year(page: Page, index: int) -> Node | None:
    """Reads "2026-05", "05/2026", "2026 May"."""
    words, first = page.words, page.number(index)
    if not page.open_left(index) or first < 0:
        return None
    if len(words[index]) == 4 and words[index + 1] in MONTHS:
        month, day = MONTHS[words[index + 1]], page.number(index + 2)
        found = make_day(first, month, day) if 1900 <= first <= 2099 and day > 0 else None
        if found and page.open_right(index + 3):
            return one_day(index, index + 3, found)
        return _month(index, index + 2, first, month)
    if len(words[index]) == 4 and words[index + 1] in ("-", "/") and words[index + 2] in MONTHS:
        joined = page.glued(index + 1) and page.glued(index + 2) and page.open_right(index + 3)
        return _month(index, index + 3, first, MONTHS[words[index + 2]]) if joined else None
    second, stop = page.number(index + 2), index + 3
    if words[index + 1] not in ("-", "/") or not page.open_right(stop):
        return None
    if not (page.glued(index + 1) and page.glued(index + 2)):
        return None
    sizes = len(words[index]), len(words[index + 2])
    if sizes in ((4, 2), (4, 1)):
        return _month(index, stop, first, second)
    return _month(index, stop, second, first) if sizes in ((1, 4), (2, 4)) else None


def _month(start: int, stop: int, year: int, month: int) -> Node | None:
    if not (1900 <= year <= 2099 and 1 <= month <= 12):
        return None
    return fixed(start, stop, "month", date(year, month, 1), month_end(year, month), False)


@rule("two", "nineteen", "twenty")
def spoken_year(page: Page, index: int) -> Node | None:
    """Reads "in twenty twenty seven", "since two thousand and nine"."""
    if page.words[index - 1] not in ("in", "since", "of", "by", "until", "till", "before", "after"):
        return None
    found = read_year(page, index)
    return _years(index, found[1], found[0], found[0]) if found else None


@rule(ORDINALS, DIGITS, "the")
def century(page: Page, index: int) -> Node | None:
    """Reads "the 19th century"."""
    ordinal = read_ordinal(page, page.skip(index, "the"))
    if ordinal is None or page.words[ordinal[1]] != "century" or not 2 <= ordinal[0] <= 22:
        return None
    first = 100 * (ordinal[0] - 1)
    return _years(index, ordinal[1] + 1, first, first + 99)


@rule(_DECADES, DIGITS, "the", "'")
def decade(page: Page, index: int) -> Node | None:
    """Reads "the 90s", "the nineties"."""
    first = page.skip(page.skip(index, "the"), "'")
    number = _DECADES.get(page.words[first], -1)
    stop = first + 1
    if number < 0:
        number, stop = page.number(first), first + 2
        sure = len(page.words[first]) == 2 and number % 10 == 0 and page.words[first + 1] == "s"
        if not sure or not page.glued(first + 1) or first == index:
            return None
    year = number + (1900 if number > 20 else 2000)
    return _years(index, stop, year, year + 9)
