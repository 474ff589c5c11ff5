"""What happens again and again, which is no date: "every Monday", "weekly", "Tuesdays at 9"."""

from __future__ import annotations

from auditor.reading.dates.clock import read_clock
from auditor.reading.dates.counts import read_count
from auditor.reading.dates.grammar import rule
from auditor.reading.dates.mention import DateValue, Kind
from auditor.reading.dates.node import Node
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import MONTHS, UNITS, WEEKDAY_PLURALS, WEEKDAYS

_ADVERBS = frozenset(
    "daily weekly fortnightly biweekly monthly quarterly yearly annually semiannually hourly "
    "nightly everyday weekdays".split()
)
_DAYS = frozenset({"weekend", "weekends", "weekday", "morning", "afternoon", "evening", "other"})


def _node(page: Page, start: int, stop: int) -> Node:
    here = (DateValue(page.today, page.today),)
    clock = read_clock(page, page.skip(stop, "at", "@"), cued=page.words[stop] in ("at", "@"))
    if clock is not None and (clock.explicit or page.words[stop] in ("at", "@")):
        stop = clock.stop
    return Node(start, stop, "recurring", here, kind=Kind.RECURRING)


@rule("every", "each", "all")
def every(page: Page, index: int) -> Node | None:
    """Reads "every Monday", "each quarter", "every other week", "every two weeks"."""
    words, after = page.words, index + 1
    after = page.skip(after, "other", "single", "second", "third")
    count = read_count(page, after)
    if count is not None and count.exact:
        after = count.stop
    word = words[after]
    if words[index] == "all":
        return _node(page, index, after + 1) if word in ("weekends", "weekend") else None
    if word not in WEEKDAYS and word not in UNITS and word not in _DAYS and word not in MONTHS:
        return None
    stop = after + 1
    while words[stop] in ("and", "or", "/", ",") and words[stop + 1] in WEEKDAYS:
        stop += 2
    return _node(page, index, stop)


@rule(WEEKDAY_PLURALS, "on")
def plural_weekday(page: Page, index: int) -> Node | None:
    """Reads "Tuesdays at 9am", "on Mondays and Fridays"."""
    stop = page.skip(index, "on")
    if page.words[stop] not in WEEKDAY_PLURALS:
        return None
    stop += 1
    while page.words[stop] in ("and", "or", "/", ",") and page.words[stop + 1] in WEEKDAY_PLURALS:
        stop += 2
    return _node(page, index, stop)


@rule(_ADVERBS, "semi", "bi", "once", "twice")
def adverb(page: Page, index: int) -> Node | None:
    """Reads "weekly", "bi-weekly", "once a month"."""
    words, word = page.words, page.words[index]
    if word in ("semi", "bi"):
        after = page.skip(index + 1, "-")
        return _node(page, index, after + 1) if words[after] in _ADVERBS else None
    if word in ("once", "twice"):
        per = words[index + 1] in ("a", "an", "per", "every") and words[index + 2] in UNITS
        return _node(page, index, index + 3) if per else None
    return _node(page, index, index + 1)
