"""The nth of a period: "first week of May", "last Friday of the month", "week 2 of May"."""

from __future__ import annotations

from auditor.reading.dates.arithmetic import (
    nth_weekday,
    period,
    plus,
    plus_days,
    plus_months,
    week_begin,
)
from auditor.reading.dates.counts import read_duration, read_ordinal
from auditor.reading.dates.edges import read_base
from auditor.reading.dates.grammar import DIGITS, rule
from auditor.reading.dates.mention import DateValue
from auditor.reading.dates.node import DAY, Node, Yearly
from auditor.reading.dates.page import Page
from auditor.reading.dates.words import MONTHS, ORDINALS, WEEKDAYS

_NTH_UNITS = frozenset(
    {"week", "wk", "weekend", "wkend", "day", "month", "quarter", "working", "business"}
)


_WEEKENDS = ("weekend", "wkend")


@rule(ORDINALS, DIGITS, "the", "last", "week", "wk")
def nth_of(page: Page, index: int) -> Node | None:
    """Reads "first week of May", "last Friday of the month", "second Tuesday in June"."""
    first = page.skip(index, "the")
    word = page.words[first]
    if word in ("week", "wk"):
        return _numbered_week_of(page, index, first)
    ordinal = (-1, first + 1) if word in ("last", "final") else read_ordinal(page, first)
    if ordinal is None:
        return None
    nth, at = ordinal
    if nth in (1, -1) and (counted := _counted_part(page, index, at, nth)):
        return counted
    unit, after = page.words[at], at + 1
    if not (unit in WEEKDAYS or unit in _NTH_UNITS) or nth > (12 if unit == "month" else 5):
        return None
    if unit in ("working", "business"):
        after += 1
    if page.words[after] not in ("of", "in") and page.words[after] not in MONTHS:
        return None
    base = read_base(page, page.skip(after, "of", "in"), loose=False)
    grains = ("month", "year", "quarter", "week") if unit == "day" else ("month", "year", "quarter")
    if base is None or base.grain not in grains or base.grain == unit:
        return None
    return _nth(page, base, index, (nth, unit))


def _counted_part(page: Page, start: int, index: int, side: int) -> Node | None:
    """Reads "first three weeks of May", "the last 10 days of the month"."""
    duration = read_duration(page, index)
    if duration is None or page.words[duration.stop] not in ("of", "in"):
        return None
    base = read_base(page, duration.stop + 1, loose=False)
    number, unit = duration.parts[0]
    if base is None or unit == "minute" or base.grain not in ("month", "year", "quarter"):
        return None

    def part(value: DateValue) -> DateValue:
        if side < 0:
            begin = plus_days(plus(value.latest, -number, unit), 1)
            return DateValue(max(begin, value.earliest), value.latest)
        last = plus_days(plus(value.earliest, number, unit), -1)
        return DateValue(value.earliest, min(last, value.latest))

    def weeks(value: DateValue) -> DateValue:
        begin = week_begin(plus_days(value.earliest, 3), page.week_start)
        return DateValue(begin, plus_days(begin, 7 * number - 1))

    past = part(base.past) if base.past else None
    values = [part(value) for value in base.values]
    if unit == "week" and side > 0:
        values += [weeks(value) for value in base.values]
    return Node(start, base.stop, "range", tuple(values), past)


def _numbered_week_of(page: Page, start: int, index: int) -> Node | None:
    """Reads "week 2 of May"."""
    number = page.number(index + 1)
    if not 1 <= number <= 5 or page.words[index + 2] != "of":
        return None
    base = read_base(page, index + 3, loose=False)
    return _nth(page, base, start, (number, "week")) if base and base.grain == "month" else None


def _nth(page: Page, base: Node, start: int, which: tuple[int, str]) -> Node | None:
    nth, unit = which
    found = {value: _pick(value, nth, unit, page.week_start) for value in base.values}
    values = tuple(value for options in found.values() for value in options)
    if not values:
        return None
    past = next(iter(found.get(base.past, ())), None) if base.past else None
    grain = {"week": "week", "wk": "week", "month": "month", "quarter": "quarter"}.get(unit, DAY)
    grain = "weekend" if unit in _WEEKENDS else grain
    node = Node(start, base.stop, grain, _best_first(found), past, diary=grain in (DAY, "week"))
    if base.yearly:
        node.yearly = _picker(base.yearly, nth, unit, page.week_start)
    return node


def _best_first(found: dict[DateValue, list[DateValue]]) -> tuple[DateValue, ...]:
    """The likeliest option of every reading, then the others."""
    firsts = [options[0] for options in found.values() if options]
    return tuple(dict.fromkeys([*firsts, *(v for options in found.values() for v in options)]))


def _picker(yearly: Yearly, nth: int, unit: str, week_start: int) -> Yearly:
    def pick(year: int) -> DateValue | None:
        value = yearly(year)
        options = _pick(value, nth, unit, week_start) if value else []
        return options[0] if options else None

    return pick


def _pick(value: DateValue, nth: int, unit: str, week_start: int) -> list[DateValue]:
    """The nth week or day of a period; for weeks, the ways people count them."""
    if unit in ("week", "wk"):
        return _weeks(value, nth, week_start)
    if unit == "quarter":
        edge = value.latest if nth < 0 else plus_months(value.earliest, 3 * (nth - 1))
        return [DateValue(*period(edge, "quarter", 0))]
    if unit == "month":
        begin = plus_months(value.latest if nth < 0 else value.earliest, 0 if nth < 0 else nth - 1)
        return [DateValue(*period(begin, "month", 0))]
    if unit in WEEKDAYS or unit in _WEEKENDS:
        month = value.latest if nth < 0 else value.earliest
        day = nth_weekday(month.year, month.month, WEEKDAYS.get(unit, 5), nth)
        if day and unit in _WEEKENDS:
            return [DateValue(day, plus_days(day, 1))]
    elif unit == "day":
        day = value.latest if nth < 0 else plus_days(value.earliest, nth - 1)
    else:
        edge = plus_days(value.latest, 1) if nth < 0 else plus_days(value.earliest, -1)
        day = plus(edge, nth, "workday")
    return [DateValue(day, day)] if day else []


def _weeks(value: DateValue, nth: int, week_start: int) -> list[DateValue]:
    """Weeks with most of their days in the period; those that merely touch it; runs of 7 days."""
    first, last = value.earliest, value.latest
    if nth < 0:
        touching = week_begin(last, week_start)
        most = touching if (last - touching).days >= 3 else plus_days(touching, -7)
        begins = [most, touching, plus_days(last, -6)]
    else:
        touching = week_begin(first, week_start)
        most = touching if (first - touching).days <= 3 else plus_days(touching, 7)
        begins = [most, touching, first]
        begins = [plus_days(begin, 7 * (nth - 1)) for begin in begins]
    return [DateValue(begin, plus_days(begin, 6)) for begin in dict.fromkeys(begins)]
