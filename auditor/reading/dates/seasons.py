"""Seasons and running periods: "the summer", "year to date", "rest of the week"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import (
    period,
)
from auditor.reading.dates.counts import read_year
from auditor.reading.dates.grammar import rule
from auditor.reading.dates.node import Node, by_year, fixed
from auditor.reading.dates.page import Page
from auditor.reading.dates.quarters import months_of_year
from auditor.reading.dates.words import PERIOD_CUES, SEASONS, UNITS

_SURE_SEASONS = frozenset({"summer", "winter", "autumn"})


_NOT_PERIODS = frozenset({"to", "of"})


@rule(SEASONS, "the")
def season(page: Page, index: int) -> Node | None:
    """Reads "the summer", "this autumn", "spring 2027"; a bare "fall" is another word."""
    first = page.skip(index, "the")
    word, before = page.words[first], page.words[index - 1]
    if word not in SEASONS or page.words[first + 1] in ("through", "down", "back"):
        return None
    cued = before in PERIOD_CUES - _NOT_PERIODS or before == "over" or word in _SURE_SEASONS
    if first == index and not cued and not read_year(page, page.skip(first + 1, "of", "'")):
        return None
    node = season_at(page, first)
    if node:
        node.start = index
    return node


def season_at(page: Page, index: int) -> Node | None:
    """The season at that word, with no year yet."""
    first = SEASONS.get(page.words[index])
    if first is None:
        return None
    return by_year(page, index, index + 1, "season", months_of_year(first, 3), diary=False)


@rule("the", "year", "yr", "ytd", "mtd", "qtd", "rest", "remainder", "remaining")
def running_period(page: Page, index: int) -> Node | None:
    """Reads "year to date", "YTD", "rest of the year", "in the week"."""
    first = page.skip(index, "the")
    words = page.words
    for phrase, unit in _TO_DATE:
        if stop := page.matches(first, phrase):
            begin = period(page.today, unit, page.week_start)[0]
            return fixed(index, stop, "range", begin, page.today, False)
    if words[first] in ("rest", "remainder", "remaining") and words[first + 1] == "of":
        unit_at = page.skip(first + 2, "the", "this")
        unit = UNITS.get(words[unit_at], ("", 0))[0]
        if unit in ("week", "month", "quarter", "year"):
            end = period(page.today, unit, page.week_start)[1]
            return fixed(index, unit_at + 1, "range", page.today, end, False)
    return _bare_period(page, index, first)


def _bare_period(page: Page, index: int, first: int) -> Node | None:
    """Reads "in the week", "in the year": the running one."""
    after = page.words[first + 1]
    if first == index or page.words[index - 1] not in ("in", "during", "within"):
        return None
    if page.words[first] not in ("week", "month", "quarter", "year"):
        return None
    if after.isalnum() and after not in ("and", "or", "but", "to"):
        return None
    begin, end = period(page.today, page.words[first], page.week_start)
    return fixed(index, first + 1, page.words[first], begin, end, False)


_TO_DATE: tuple[tuple[str, str], ...] = (
    ("year to date", "year"),
    ("quarter to date", "quarter"),
    ("month to date", "month"),
    ("ytd", "year"),
    ("qtd", "quarter"),
    ("mtd", "month"),
)
