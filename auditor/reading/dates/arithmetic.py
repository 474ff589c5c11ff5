"""Sums over days, weeks, months and years that never leave the calendar of ``datetime``."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

_LAST = date.max.toordinal()


def make_day(year: int, month: int, day: int) -> date | None:
    """Gives that day, or None where the calendar has none (30 February, year 20025)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def plus_days(day: date, count: int) -> date:
    """Moves by days; stops at the first and the last day that ``date`` can hold."""
    return date.fromordinal(min(max(1, day.toordinal() + count), _LAST))


def plus_months(day: date, count: int) -> date:
    """Moves by months; the 31st becomes the last day of a shorter month."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + count, 12)
    if year < 1:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def plus_working_days(day: date, count: int) -> date:
    """Moves by days from Monday to Friday; holidays count as working days."""
    step = 1 if count > 0 else -1
    for _ in range(min(abs(count), 400)):
        day = plus_days(day, step)
        while day.weekday() > 4 and date.min < day < date.max:
            day = plus_days(day, step)
    return day


def plus(day: date, count: int, unit: str) -> date:
    """Moves by a count of ``day``, ``workday``, ``week``, ``month``, ``quarter`` or ``year``."""
    if unit == "day":
        return plus_days(day, count)
    if unit == "week":
        return plus_days(day, 7 * count)
    if unit == "workday":
        return plus_working_days(day, count)
    return plus_months(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])


def month_end(year: int, month: int) -> date:
    """Last day of the month."""
    return date(year, month, monthrange(year, month)[1])


def week_begin(day: date, week_start: int) -> date:
    """First day of the week that holds the day; ``week_start`` 0 is Monday."""
    return plus_days(day, -((day.weekday() - week_start) % 7))


def weekday_in_week(monday_like: date, weekday: int) -> date:
    """The weekday in the week that begins on ``monday_like``."""
    return plus_days(monday_like, (weekday - monday_like.weekday()) % 7)


def iso_week(year: int, week: int) -> date | None:
    """Monday of the ISO week, or None where the year has no such week."""
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    """The nth weekday of the month (-1: the last), or None where it has none."""
    if not 1 <= year <= date.max.year:
        return None
    if nth < 0:
        last = month_end(year, month)
        return plus_days(last, -((last.weekday() - weekday) % 7))
    first = date(year, month, 1)
    return make_day(year, month, 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's algorithm)."""
    golden, century = year % 19, year // 100
    year_in_century = year % 100
    skipped, fixed = century // 4, century % 4
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - moon + 15) % 30
    weekday = (32 + 2 * fixed + 2 * (year_in_century // 4) - epact - year_in_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day0 = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day0 + 1)


def period(day: date, unit: str, week_start: int) -> tuple[date, date]:
    """First and last day of the ``day``, ``week``, ``weekend``, ``month``… that holds the day."""
    if unit in {"day", "workday"}:
        return day, day
    if unit == "week":
        begin = week_begin(day, week_start)
        return begin, plus_days(begin, 6)
    if unit == "weekend":
        saturday = plus_days(week_begin(day, 0), 5)
        return saturday, plus_days(saturday, 1)
    months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    first = (day.month - 1) // months * months + 1
    return date(day.year, first, 1), month_end(day.year, first + months - 1)
