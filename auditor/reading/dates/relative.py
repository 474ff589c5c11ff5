"""Days counted from now or from another day: "tomorrow", "in ten days", "three weeks ago"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import plus_days
from auditor.reading.dates.grammar import DIGITS, read_day, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.node import DAY, Node, moment, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import TODAYS

_AT_ONCE = (
    "asap",
    "as soon as possible",
    "right now",
    "at the moment",
    "at the minute",
    "at this moment",
    "at present",
    "at the present time",
    "as of now",
    "now",
)


_NAMED_PARTS = {"tonight": "night", "tonite": "night", "2nite": "night"}


_THIS_PARTS = {"morning", "afternoon", "evening", "lunchtime", "night"}


_TODAY_SOUNDS = frozenset({"2moro", "2morrow", "2mrw", "2day", "2nite"})


@rule(TODAYS)
def today(page: Page, index: int) -> Node | None:
    """Reads "today", "tmrw", "yesterday"."""
    return one_day(index, index + 1, plus_days(page.today, TODAYS[page.words[index]]))


@rule(DIGITS)
def texted_today(page: Page, index: int) -> Node | None:
    """Reads "2moro", "2day": a digit for a syllable."""
    word = page.words[index] + page.words[index + 1]
    if word not in _TODAY_SOUNDS or not page.glued(index + 1):
        return None
    node = one_day(index, index + 2, plus_days(page.today, int("mor" in word or "mrw" in word)))
    node.part = _NAMED_PARTS.get(word, "")
    return node


@rule("asap", "as", "right", "at", "now")
def at_once(page: Page, index: int) -> Node | None:
    """Reads "asap", "as soon as possible", "right now": the reference time, no day for a diary."""
    if page.words[index] == "now" and not _closes_clause(page, index):
        return None
    for phrase in _AT_ONCE:
        if stop := page.matches(index, phrase):
            node = moment(index, stop, page.now, 0)
            node.diary = node.interval = False
            return node
    return None


def _closes_clause(page: Page, index: int) -> bool:
    """Whether "now" is the time of something ("can we meet now?") and no filler."""
    after, before = page.words[index + 1], page.words[index - 1]
    return bool(before) and before != "," and (not after or after in ".?!;)\n")


@rule("tonight", "tonite", "this", "last", "later", "earlier")
def part_of_today(page: Page, index: int) -> Node | None:
    """Reads "tonight", "this morning", "last night", "later today"."""
    word, after = page.words[index], page.words[index + 1]
    if word in _NAMED_PARTS:
        node = one_day(index, index + 1, page.today)
        node.part = "night"
        return node
    if word == "this" and after in _THIS_PARTS:
        node = one_day(index, index + 2, page.today)
        node.part = after
        return node
    if word == "last" and after in ("night", "evening"):
        node = one_day(index, index + 2, plus_days(page.today, -1))
        node.part = after
        return node
    stop = page.skip(index + 1, "in", "on")
    if word in ("later", "earlier") and page.words[stop] == "today":
        return one_day(index, stop + 1, page.today)
    return None


@rule("previous", "prior", "this")
def day_around(page: Page, index: int) -> Node | None:
    """Reads "the previous day", "this day"."""
    if page.words[index + 1] != "day":
        return None
    back = 0 if page.words[index] == "this" else -1
    node = one_day(index, index + 2, plus_days(page.today, back))
    node.diary = False
    return node


@rule("day", "the", "next", "following")
def day_beside(page: Page, index: int) -> Node | None:
    """Reads "day after tomorrow", "the day before Christmas", "the next day"."""
    first = page.skip(index, "the")
    words = page.words
    if words[first] in ("next", "following") and words[first + 1] == "day":
        node = one_day(index, first + 2, plus_days(page.today, 1))
        node.diary = False
        return node
    if words[first] != "day" or words[first + 1] not in ("after", "before", "following"):
        return None
    step = -1 if words[first + 1] == "before" else 1
    base = read_day(page, first + 2)
    if base is None:
        if first == index or words[first + 2] in ("the", "a", "our", "their", "that"):
            return None
        node = one_day(index, first + 2, plus_days(page.today, step))
        node.diary = False
        return node
    return _shift_node(base, index, step)


def _shift_node(base: Node, start: int, days: int) -> Node:
    moved = [
        DateValue(plus_days(value.earliest, days), plus_days(value.latest, days))
        for value in base.values
    ]
    past = moved[base.values.index(base.past)] if base.past in base.values else None
    node = Node(start, base.stop, DAY, tuple(moved), past, diary=True)
    node.times, node.part = base.times, base.part
    return node
