"""What a rule hands on: the words it covers, the days they can mean, and how to narrow them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from auditor.reading.dates.arithmetic import plus_days, plus_months, weekday_in_week
from auditor.reading.dates.mention import DateValue, Direction, Kind
from auditor.reading.dates.page import Page

Yearly = Callable[[int], DateValue | None]
"""Gives the reading in a year, or None where that year has none (29 February)."""

DAY = "day"
_YEARS_AROUND = 4
"""A leap day is at most eight years off; nearly always four."""
_NEARER = 6
"""A day wins over one on the other side of the reference that is this many times farther."""
_FARTHER = 2.5
"""A past day loses, in the past tense, to a future one if it is this many times farther."""
_NEXT_YEAR_DAYS = 320
"""A day so far ahead is more likely one just gone, whatever the tense seems to be."""
_RECENT_DAYS = 45
"""How far back a period may lie to win so."""


@dataclass(slots=True)
class Node:
    """A parsed expression over the words ``start`` to ``stop``."""

    start: int
    """Index of its first word."""
    stop: int
    """Index after its last word."""
    grain: str
    """``day``, ``week``, ``weekend``, ``month``, ``quarter``, ``half``, ``year``, ``range``…"""
    values: tuple[DateValue, ...]
    """Readings, the preferred one first."""
    past: DateValue | None = None
    """The reading to prefer where the words near it are in the past tense."""
    yearly: Yearly | None = None
    """Its reading in any year, while no year is named."""
    diary: bool = False
    """Whether a day can be written in a diary."""
    interval: bool = False
    """Whether it counts from now."""
    kind: Kind | None = None
    """Set where the values do not tell."""
    direction: Direction = Direction.UNCLEAR
    """Set where the words themselves tell."""
    weekday: int | None = None
    """The weekday, where a bare one is named; a week named nearby can then narrow it."""
    monthday: int | None = None
    """The day of the month, where no month is named."""
    week: date | None = None
    """First day of the week that is named along with the weekday."""
    near: bool = False
    """Whether a near past day may win over a far future one."""
    ambiguous: bool = False
    """Whether day and month could be swapped."""
    modifier: str = ""
    """``by``, ``before``, ``until``, ``after``, ``since`` or ``from``."""
    part: str = ""
    """Part of the day."""
    base: Node | None = None
    """What a bound opens: in "by Friday", the Friday."""
    bound: Callable[[DateValue], DateValue] | None = None
    """Opens a reading of ``base`` towards the side that the modifier names."""
    times: tuple[time, ...] = field(default=())
    """Readings of the time of day, the preferred one first."""

    @property
    def is_day(self) -> bool:
        """Whether it is one day."""
        return self.grain == DAY

    def preferred(self, today: date, direction: Direction) -> DateValue:
        """The reading that fits the tense."""
        if self.base is not None and self.bound is not None:
            return self.bound(self.base.preferred(today, direction))
        if self.past is None:
            return self.values[0]
        ahead = self.values[0].earliest.toordinal() - today.toordinal()
        behind = today.toordinal() - self.past.latest.toordinal()
        if direction is Direction.PAST:
            if self.near and self.is_day and ahead == 0:
                return self.values[0]
            return self.values[0] if self.near and behind > _FARTHER * ahead > 0 else self.past
        recent = self.near and 0 <= behind < _RECENT_DAYS and behind * _NEARER < ahead
        if direction is Direction.FUTURE:
            recent = recent and ahead > _NEXT_YEAR_DAYS
        return self.past if recent else self.values[0]


def fixed(start: int, stop: int, grain: str, earliest: date, latest: date, diary: bool) -> Node:
    """A node with one reading."""
    value = DateValue(earliest, max(earliest, latest))
    return Node(start, stop, grain, (value,), diary=diary)


def one_day(start: int, stop: int, *days: date) -> Node:
    """A node for one day, the preferred reading first."""
    return Node(start, stop, DAY, tuple(DateValue(day, day) for day in days), diary=True)


def by_year(
    page: Page, start: int, stop: int, grain: str, yearly: Yearly, *, diary: bool
) -> Node | None:
    """A node that recurs each year: the next, and the one before.

    Returns None where no year near the reference has it.
    """
    today, past, ahead = page.today, None, None
    year = today.year - 1
    while ahead is None and year <= today.year + 2 * _YEARS_AROUND:
        value = yearly(year)
        if value is not None and value.latest >= today:
            ahead = value
        elif value is not None:
            past = value
        year += 1
    for earlier in range(today.year - 2, today.year - 2 * _YEARS_AROUND, -1):
        if past is not None:
            break
        past = yearly(earlier)
    values = tuple(value for value in (ahead, past) if value is not None)
    if not values:
        return None
    if ahead is not None and ahead.earliest <= today:
        following = yearly(today.year + 1)
        values += (following,) if following is not None and following != ahead else ()
        past = ahead if grain != DAY else past
    return Node(start, stop, grain, values, past, yearly, diary, near=True)


def in_year(node: Node, year: int, stop: int) -> Node | None:
    """Narrows a yearly node to a year; None where that year has none."""
    value = node.yearly(year) if node.yearly else None
    if value is None:
        return None
    node.values, node.past, node.yearly, node.stop = (value,), None, None, stop
    return node


def by_month(page: Page, start: int, stop: int, day: int) -> Node:
    """A bare day of the month ("the 14th"): the next, and the one before."""
    first = page.today.replace(day=1)
    months = [plus_months(first, shift) for shift in range(-3, 4)]
    days = [plus_days(m, day - 1) for m in months if plus_days(m, day - 1).month == m.month]
    ahead = [candidate for candidate in days if candidate >= page.today] or days[-1:]
    behind = [candidate for candidate in days if candidate < page.today] or days[:1]
    node = one_day(start, stop, ahead[0], behind[-1], *ahead[1:2])
    node.past, node.monthday = node.values[1], day
    return node


def on_weekday(page: Page, start: int, stop: int, weekday: int) -> Node:
    """A bare weekday: the next after the reference, the one before, and the reference day."""
    ahead = plus_days(page.today, (weekday - page.today.weekday() - 1) % 7 + 1)
    behind = plus_days(page.today, -((page.today.weekday() - weekday - 1) % 7 + 1))
    same = (page.today,) if weekday == page.today.weekday() else ()
    node = one_day(start, stop, ahead, behind, *same)
    node.past, node.weekday = node.values[1], weekday
    return node


def in_week(node: Node, begin: date, stop: int) -> Node:
    """Narrows a bare weekday to the week that begins on that day."""
    if node.weekday is not None:
        day = weekday_in_week(begin, node.weekday)
        node.values, node.past = (DateValue(day, day),), None
    node.week, node.stop = begin, stop
    return node


def moment(start: int, stop: int, now: datetime, minutes: int) -> Node:
    """A node for a point in time counted in minutes from the reference."""
    try:
        point = now + timedelta(minutes=minutes)
    except OverflowError:
        point = now
    day, clock = point.date(), point.time().replace(tzinfo=None, microsecond=0)
    node = Node(start, stop, DAY, (DateValue(day, day, clock),), diary=True, interval=True)
    node.kind = Kind.DATETIME
    return node


def with_times(node: Node, times: tuple[time, ...], stop: int) -> Node:
    """Adds a time of day to a day."""
    node.times, node.stop = times, stop
    return node
