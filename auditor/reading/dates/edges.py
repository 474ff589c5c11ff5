"""Parts of periods: "end of May", "mid-March", "early next week", "EOM", "first week of May"."""

from __future__ import annotations

from datetime import date, time

from auditor.reading.dates.arithmetic import (
    period,
    plus_days,
    plus_months,
    week_begin,
)
from auditor.reading.dates.grammar import read, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.named import trailing_year
from auditor.reading.dates.node import Node, fixed, one_day
from auditor.reading.dates.page import Page
from auditor.reading.dates.periods import month_period
from auditor.reading.dates.seasons import season_at
from auditor.reading.dates.weekday_weeks import read_week
from auditor.reading.dates.words import MONTHS, SHIFTS, TODAYS, UNITS, WEEKDAYS

_EDGES = {
    **dict.fromkeys(("end", "ends", "late", "later", "close", "ende", "fin"), "end"),
    **dict.fromkeys(
        ("early", "earlier", "start", "beginning", "begin", "beg", "top", "anfang"), "start"
    ),
    **dict.fromkeys(("mid", "middle", "mitte"), "mid"),
}


_LOOSE = frozenset({"late", "later", "early", "earlier", "mid", "ende", "anfang", "mitte", "fin"})


_DIARY_GRAINS = frozenset({"month", "quarter", "year", "half", "week"})


_PERIODS = frozenset({"week", "month", "quarter", "year", "wk", "mth", "qtr", "yr", "half"})


_SHORT = {
    "eom": "month",
    "eow": "week",
    "eoq": "quarter",
    "eoy": "year",
    "monthend": "month",
    "yearend": "year",
}


_FRIDAY = 4


@rule(_SHORT)
def end_abbreviated(page: Page, index: int) -> Node | None:
    """Reads "EOM", "EOW", "EOQ", "EOY": the last day, Friday for a week."""
    unit = _SHORT[page.words[index]]
    return _last_day(page, index, index + 1, unit)


def _last_day(page: Page, start: int, stop: int, unit: str) -> Node:
    if unit == "week":
        friday = plus_days(week_begin(page.today, 0), _FRIDAY)
        return one_day(start, stop, friday if friday >= page.today else plus_days(friday, 7))
    return one_day(start, stop, period(page.today, unit, page.week_start)[1])


@rule("midweek", "mid")
def midweek(page: Page, index: int) -> Node | None:
    """Reads "mid-week", "midweek": Tuesday to Thursday of this week, or of the next named week."""
    stop = page.matches(index, "mid - week") or page.matches(index, "mid week")
    stop = stop or (index + 1 if page.words[index] == "midweek" else 0)
    if not stop:
        return None
    week = read_week(page, stop)
    begin, stop = week or (week_begin(page.today, page.week_start), stop)
    if week is None and plus_days(begin, 3) < page.today:
        begin = plus_days(begin, 7)
    return fixed(index, stop, "range", plus_days(begin, 1), plus_days(begin, 3), False)


@rule("month", "quarter", "year", "week", "q", "half", "the")
def end_compound(page: Page, index: int) -> Node | None:
    """Reads "month end", "year-end", "quarter end": the last day."""
    first = page.skip(index, "the")
    unit, after = page.words[first], page.skip(first + 1, "-", "'")
    after = page.skip(after, "s") if page.words[after - 1] == "'" else after
    if unit not in ("month", "quarter", "year") or page.words[after] != "end":
        return None
    if page.words[after + 1] in ("of", "user", "users", "to"):
        return None
    return _last_day(page, index, after + 1, unit)


@rule(_EDGES, "the", "back", "latter", "first", "second", "q")
def edge(page: Page, index: int) -> Node | None:
    """Reads "end of May", "the beginning of next week", "mid-March", "early in the year"."""
    first = page.skip(page.skip(index, "the"), "very")
    found = _edge_at(page, first)
    if found is None:
        return None
    where, after = found
    base = read_base(page, after, loose=after == first + 1 or page.words[after - 1] == "-")
    if base is not None and base.is_day and where == "end" and not base.times:
        return _end_of_day(page, base, index, after)
    if base is None or base.grain not in (*_DIARY_GRAINS, "season"):
        return None
    if page.words[first] in ("later", "earlier") and len(base.values) == 1:
        return _remaining(page, base, index, page.words[first])
    return _cut(page, base, index, where)


def _end_of_day(page: Page, base: Node, start: int, after: int) -> Node | None:
    """Reads "end of today", "end of this Sunday": its last second."""
    words = page.words
    if not (words[after] in TODAYS or words[after] in WEEKDAYS or words[after] in SHIFTS):
        return None
    base.start, base.part, base.times = start, "close of business", (time(23, 59, 59),)
    return base


def _remaining(page: Page, base: Node, start: int, which: str) -> Node:
    """Reads "later this month", "earlier in the week": the running period beside today."""
    value, today = base.values[0], page.today
    node = _cut(page, base, start, "end" if which == "later" else "start")
    node.diary = False
    if not value.earliest <= today <= value.latest:
        return node
    if which == "later":
        beside = DateValue(today, value.latest)
    else:
        beside = DateValue(value.earliest, today)
    node.values = (beside, *node.values)
    return node


def _edge_at(page: Page, index: int) -> tuple[str, int] | None:
    """Which edge is named, and the index of the period it is of."""
    words, word = page.words, page.words[index]
    for phrase, where in (("back end of", "end"), ("latter part of", "end")):
        if after := page.matches(index, phrase):
            return where, after
    for phrase, where in (("first half of", "first"), ("second half of", "second")):
        after = page.matches(index, phrase)
        if after and (words[after] in SHIFTS or words[after] in MONTHS or words[after] == "the"):
            return where, after
    edge_word = _EDGES.get(word)
    if edge_word is None:
        return None
    after = index + 1
    if words[after] == "of" or (words[after] == "in" and word in _LOOSE):
        return edge_word, after + 1
    if words[after] == "-" and (word in _LOOSE or words[after + 1] in MONTHS):
        return edge_word, after + 1
    direct = word in _LOOSE or (words[after] in MONTHS or words[after] in SHIFTS)
    return (edge_word, after) if direct and word not in ("close", "top", "begin") else None


def read_base(page: Page, index: int, *, loose: bool) -> Node | None:
    """The period an edge is of; "month" alone is the running one."""
    words, first = page.words, page.skip(index, "the")
    word = words[first]
    if word in MONTHS:
        day = read(page, first)
        if day is not None and not day.is_day:
            return day
        node = month_period(page, first, first + 1, MONTHS[word])
        return trailing_year(page, node) if node and day is None else None
    if word in _PERIODS and not (loose and first == index):
        if words[first + 1] in ("after", "before", "of") or words[first + 1][:1].isdigit():
            return read(page, first)
        unit = UNITS.get(word, (word, 1))[0]
        begin, end = period(page.today, unit, page.week_start)
        return fixed(first, first + 1, unit, begin, end, False)
    season = season_at(page, first)
    if season:
        return trailing_year(page, season)
    return read(page, index) or _bare_year(page, first)


def _bare_year(page: Page, index: int) -> Node | None:
    number = page.number(index)
    if len(page.words[index]) != 4 or not 1900 <= number <= 2099:
        return None
    return fixed(index, index + 1, "year", date(number, 1, 1), date(number, 12, 31), False)


def _cut(page: Page, base: Node, start: int, where: str) -> Node:
    """The part of each reading, and its looser reading, a third of the period."""
    tight = [_part(value, base.grain, where) for value in base.values]
    loose = [_third(value, base.grain, where) for value in base.values]
    values = tuple(dict.fromkeys([*tight, *loose]))
    past = _part(base.past, base.grain, where) if base.past else None
    diary = where == "end" and base.grain in _DIARY_GRAINS
    diary = diary and page.words[page.skip(start, "the")] in ("end", "close", "very", "ende")
    grain = where if where in ("start", "end") else "range"
    node = Node(start, base.stop, grain, values, past, diary=diary)
    if base.yearly:
        yearly = base.yearly

        def part(year: int) -> DateValue | None:
            value = yearly(year)
            return _part(value, base.grain, where) if value else None

        node.yearly = part
    return node


def _part(value: DateValue, grain: str, where: str) -> DateValue:
    """The days of an edge, narrow: a month's last week, a year's last month."""
    first, last = value.earliest, value.latest
    if grain == "week":
        return _week_part(first, where)
    if grain == "month" and where in ("start", "mid"):
        days = (1, 10) if where == "start" else (11, 20)
        return DateValue(first.replace(day=days[0]), first.replace(day=days[1]))
    if where == "end":
        back = {"month": 6, "quarter": 13, "half": 30, "year": 30}.get(grain, 30)
        return DateValue(plus_days(last, -back), last)
    return _third(value, grain, where)


def _week_part(first: date, where: str) -> DateValue:
    span = {"start": (0, 1), "mid": (1, 3), "end": (3, 4), "first": (0, 2), "second": (2, 4)}[where]
    return DateValue(plus_days(first, span[0]), plus_days(first, span[1]))


def _third(value: DateValue, grain: str, where: str) -> DateValue:
    """A third of the period, or a half: whole months where it has several."""
    first, last = value.earliest, value.latest
    if grain == "week":
        late = {"start": (0, 3), "mid": (2, 4), "end": (3, 6)}.get(where)
        return DateValue(plus_days(first, late[0]), plus_days(first, late[1])) if late else value
    months = round((last.toordinal() - first.toordinal() + 1) / 30.44)
    if months <= 1:
        days = {"start": (1, 15), "mid": (10, 20), "end": (16, 31), "first": (1, 15)}
        opens, closes = days.get(where, (16, 31))
        closes = min(closes, last.day)
        return DateValue(first.replace(day=opens), first.replace(day=closes))
    portion, offset = {
        "start": (3, 0),
        "mid": (3, 1),
        "end": (3, 2),
        "first": (2, 0),
        "second": (2, 1),
    }[where]
    size = max(1, months // portion)
    begin = plus_months(first, min(offset * size, months - size))
    return DateValue(begin, plus_days(plus_months(begin, size), -1))
