"""Weeks and weekends: "wk 14", "KW 14", "w/c 9th", "w/e 13th", "the week after Easter"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import iso_week, period, plus, plus_days, week_begin
from auditor.reading.dates.counts import full_year, read_ordinal, read_small
from auditor.reading.dates.grammar import DIGITS, read, read_day, rule, suffix
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.named import read_number
from auditor.reading.dates.node import Node, by_month, by_year, fixed, in_year
from auditor.reading.dates.page import Page
from auditor.reading.dates.periods import weekend_at
from auditor.reading.dates.words import MONTHS, SHIFTS, UNITS

_WEEK = ("week", "wk", "kw", "cw", "woche", "semaine", "kalenderwoche")
_TRIALS = frozenset({"pilot", "trial", "onboarding", "poc", "sprint", "programme", "program"})
_WEEKEND_CUES = frozenset("over at on for after before by during".split())
_ENDING = ("ending", "end", "e", "finishing")
_BEGINNING = ("commencing", "beginning", "starting", "c", "b", "of", "from")


@rule(_WEEK, "wks", "calendar", "weeks")
def numbered_week(page: Page, index: int) -> Node | None:
    """Reads "wk 14", "KW14", "calendar week 14", "week 27 of last year", "wk 14/26"."""
    first = page.skip(index, "calendar")
    if page.words[first] not in (*_WEEK, "wks", "weeks"):
        return None
    found = _week_number(page, page.skip(page.skip(first + 1, "."), "no", "number", "#"), first)
    if found is None or _is_of_trial(page, index):
        return None
    number, after = found
    last, stop = _last_week(page, number, after)
    node = _week_of_year(page, index, stop, number, last)
    year = page.number(stop + 1) if page.words[stop] == "/" and page.glued(stop + 1) else -1
    if node is None or year < 0 or len(page.words[stop + 1]) not in (2, 4):
        return node
    return in_year(node, full_year(year) if year < 100 else year, stop + 2)


def _is_of_trial(page: Page, index: int) -> bool:
    """Whether "pilot, week 3" counts the pilot's weeks."""
    before = index - 2 if page.words[index - 1] in (",", ":", "-") else index - 1
    return page.words[before] in _TRIALS


def _week_number(page: Page, index: int, week: int) -> tuple[int, int] | None:
    """The number of a week, "14" or "forty one", and the index after it."""
    number, after = page.number(index), index + 1
    if number >= 0 and len(page.words[index]) > 2:
        return None
    small = read_small(page, index) if page.words[week] == "week" else None
    if small and (small[0] > 9 or page.words[small[1]] not in UNITS):
        number, after = small
    return (number, after) if 1 <= number <= 53 and _is_week(page, after - 1) else None


def _last_week(page: Page, number: int, stop: int) -> tuple[int, int]:
    """The end of "week 12-13", "weeks 12 and 13": the last week and the index after it."""
    join, later = page.words[stop], page.number(stop + 1)
    joined = join in ("-", "to") or (join in ("or", "and", "&", "/") and later == number + 1)
    short = len(page.words[stop + 1]) <= 2 and page.open_right(stop + 2)
    return (later, stop + 2) if joined and short and number < later <= 53 else (number, stop)


def _is_week(page: Page, number: int) -> bool:
    """Tells week 14 of the year from "week 3 of the pilot" and "weeks 2-4 of onboarding"."""
    words, after = page.words, number + 1
    if page.glued(after) and words[after][:1] in ("%", ".", ":") and words[after + 1].isdigit():
        return False
    if words[after] == "of":
        follow = page.skip(after + 1, "the")
        return words[follow][:1].isdigit() or words[follow] in SHIFTS or words[follow] == "year"
    return words[after] not in ("pilot", "trial", "onboarding", "training", "into", "in")


@rule("w", DIGITS)
def iso_numbered_week(page: Page, index: int) -> Node | None:
    """Reads "W14", "2026-W14": a week of the year in two digits, glued to its letter."""
    year, at = page.number(index), index
    if year > 0:
        if not 1990 <= year <= 2099 or page.words[index + 1] != "-" or not page.open_left(index):
            return None
        at = index + 2
    number = page.number(at + 1)
    glued = page.glued(at + 1) and len(page.words[at + 1]) == 2
    if page.words[at] != "w" or not glued or not 1 <= number <= 53 or not page.open_right(at + 2):
        return None
    if year < 0 and (not page.is_capital(at) or page.glued(at)):
        return None
    node = _week_of_year(page, index, at + 2, number, number)
    return in_year(node, year, at + 2) if node and year > 0 else node


def _week_of_year(page: Page, start: int, stop: int, first: int, last: int) -> Node | None:
    """An ISO week, or the weeks from one to another."""

    def yearly(year: int) -> DateValue | None:
        begin, end = iso_week(year, first), iso_week(year, last)
        return DateValue(begin, plus_days(end, 6)) if begin and end else None

    return by_year(page, start, stop, "week", yearly, diary=True)


@rule("week", "wk", "w", "wc", "we", "wb", "the", "weekend")
def week_of(page: Page, index: int) -> Node | None:
    """Reads "w/c 9th", "week commencing 9 March", "w/e 13th", "the week of the 9th"."""
    first = page.skip(index, "the")
    word, ends = page.words[first], False
    if word == "w" and page.words[first + 1] == "/" and page.words[first + 2] in ("c", "b", "e"):
        ends, after = page.words[first + 2] == "e", first + 3
    elif word in ("wc", "wb", "we") and page.number(first + 1) > 0:
        ends, after = word == "we", first + 1
        if ends and not read_ordinal(page, after):
            return None
    elif word in ("week", "wk", "weekend") and page.words[first + 1] in (*_BEGINNING, *_ENDING):
        ends, after = page.words[first + 1] in _ENDING, first + 2
        if word == "weekend":
            return _weekend_of(page, index, after)
    else:
        return None
    node = _day_there(page, page.skip(after, "."))
    return (
        _around(page, node, index, ends=ends, whole=page.words[after - 1] == "of") if node else None
    )


def _day_there(page: Page, index: int) -> Node | None:
    """A day, or the bare number of one."""
    node = read_day(page, index)
    if node is not None and not node.interval:
        return node
    number = read_number(page, page.skip(index, "the"))
    if number is None or page.words[number[1]] in MONTHS:
        return None
    return by_month(page, index, number[1], number[0])


def _around(page: Page, node: Node, start: int, *, ends: bool, whole: bool) -> Node:
    """The seven days that begin on the day, end on it, or hold it."""

    def week(value: DateValue) -> DateValue:
        begin = plus_days(value.earliest, -6) if ends else value.earliest
        if whole:
            begin = week_begin(value.earliest, page.week_start)
        return DateValue(begin, plus_days(begin, 6))

    values = tuple(week(value) for value in node.values)
    past = week(node.past) if node.past else None
    result = Node(start, node.stop, "week", values, past, diary=True)
    result.ambiguous = node.ambiguous
    return result


def _weekend_of(page: Page, start: int, index: int) -> Node | None:
    node = _day_there(page, index)
    if node is None:
        return None
    return _weekend(page, node, start, node.stop)


def _weekend(page: Page, node: Node, start: int, stop: int) -> Node:
    """The weekend nearest a day, long where the day is a Friday or a Monday."""

    def near(value: DateValue) -> DateValue:
        day = value.earliest
        anchor = plus_days(day, -1) if day.weekday() == 0 else day
        begin, end = period(anchor, "weekend", 0)
        return DateValue(min(begin, day) if day.weekday() > 3 else begin, max(end, anchor, day))

    values = tuple(near(value) for value in node.values)
    past = near(node.past) if node.past else None
    return Node(start, stop, "weekend", values, past)


@suffix(3)
def holiday_week(page: Page, node: Node) -> Node:
    """Reads "Christmas week", "labor day weekend"."""
    word = page.words[node.stop]
    if not node.is_day or node.weekday is not None or node.monthday is not None:
        return node
    if word in ("weekend", "wkend") and not node.interval:
        return _weekend(page, node, node.start, node.stop + 1)
    named = page.words[node.stop - 1].isalpha() and node.yearly is not None
    if word in ("week", "wk") and named:
        result = _around(page, node, node.start, ends=False, whole=True)
        result.stop = node.stop + 1
        return result
    return node


@rule("the", "week", "weeks", "month", "quarter", "year")
def period_after(page: Page, index: int) -> Node | None:
    """Reads "the week after next", "the month before last", "the week after Easter"."""
    first = page.skip(index, "the")
    unit, side = page.words[first], page.words[first + 1]
    if unit == "wk":
        unit = "week"
    if unit not in ("week", "month", "quarter", "year", "weekend"):
        return None
    if side not in ("after", "before", "following"):
        return None
    step = -1 if side == "before" else 1
    if page.words[first + 2] in ("next", "last"):
        return _two_away(page, index, first + 3, unit, step)
    if unit != "week":
        return None
    base = read(page, first + 2)
    if base is None or base.interval or base.grain in ("range", "duration"):
        return None
    return _beside(page, base, index, step)


def _two_away(page: Page, start: int, stop: int, unit: str, step: int) -> Node:
    whole = "week" if unit == "weekend" else unit
    begin, end = period(plus(page.today, 2 * step, whole), unit, page.week_start)
    return fixed(start, stop, unit, begin, end, False)


def _beside(page: Page, base: Node, start: int, step: int) -> Node:
    def week(value: DateValue) -> DateValue:
        edge = value.latest if step > 0 else value.earliest
        begin = plus_days(week_begin(edge, page.week_start), 7 * step)
        return DateValue(begin, plus_days(begin, 6))

    past = week(base.past) if base.past else None
    return Node(start, base.stop, "week", tuple(map(week, base.values)), past, diary=base.diary)


@rule("the", "weekend", "wkend")
def weekend(page: Page, index: int) -> Node | None:
    """Reads "the weekend", "over the weekend": the coming one, or the last."""
    first = page.skip(index, "the")
    stop = weekend_at(page, first)
    if not stop or page.words[first] == "w":
        return None
    closing = first == index and not page.words[stop].isalpha() and page.words[stop] != "-"
    if page.words[index - 1] not in _WEEKEND_CUES and not closing:
        return None
    begin, end = period(page.today, "weekend", 0)
    last = DateValue(plus_days(begin, -7), plus_days(end, -7))
    return Node(index, stop, "weekend", (DateValue(begin, end), last), last)
