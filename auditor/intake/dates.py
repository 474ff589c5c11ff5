"""Dates and times as exports write them.

ISO 8601, numeric dates with ``/ . -`` in either order, month names in six languages, Excel serial
days, Unix seconds and milliseconds.  Whether a column writes the day or the month first is told by
a value over 12; ``OrderEvidence`` collects that over a whole column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from auditor.intake.options import DateOrder

YEARS = (1950, 2100)
"""Years that a CRM can mean; others are typing errors."""

_TIME = (
    r"(?:(?:[T ,]|, ?| um | at | à | a las )\s*(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap]\.?\s?m\.?))?(?:\s*(?:Uhr|h))?"
    r"(?:\s*\(?(?P<zone>Z|[+-]\d{2}:?\d{2}|[A-Z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?)\)?)?\s*)?"
)
_LONGEST = 200
"""Characters that a date may have."""
_WEEKDAY = r"\A(?:[^\W\d_]{2,10}\.?,? +)?"
_ISO = re.compile(
    rf"\A(?P<y>\d{{4}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}}){_TIME}$", re.I
)
_NUMERIC = re.compile(
    rf"{_WEEKDAY}(?P<a>\d{{1,2}})(?P<s>[-/. ])\s?(?P<b>\d{{1,2}})(?P=s)\s?(?P<y>\d{{4}}|\d{{2}})"
    rf"{_TIME}$",
    re.I,
)
_DAY_NAME_YEAR = re.compile(
    rf"{_WEEKDAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|ª)?[ -]*(?:de |of )?"
    rf"(?P<name>[^\W\d_]{{3,12}})\.?,?[ -]*(?:del? )?(?P<y>\d{{4}}|\d{{2}}),?{_TIME}$",
    re.I,
)
_NAME_DAY_YEAR = re.compile(
    rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,12}})\.? +(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<y>\d{{4}})"
    rf"{_TIME}$",
    re.I,
)
_SLASHED = re.compile(
    r"^(?:[^\W\d_]{2,10}\.?,? +)?(\d{1,2})([-/. ])\s?(\d{1,2})\2\s?(?:\d{4}|\d{2})\b"
)
_MONTH_STEMS: dict[str, int] = {
    stem: number
    for number, stems in enumerate(
        "jan|ene|gen feb|fev|fév mar|mär|mrz|mrt|maa apr|avr|abr may|mai|mei|mag jun|jui|juin|giu "
        "jul|juil|lug aug|aoû|aou|ago sep|set oct|okt|out|ott nov dec|dez|déc|dic".split(),
        start=1,
    )
    for stem in stems.split("|")
}
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONES |= {"CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "BST": 1, "UTC": 0, "GMT": 0, "WET": 0, "Z": 0}


class DateError(ValueError):
    """A value that is no date; the message says why."""


@dataclass
class OrderEvidence:
    """What the values of a column say about day-first or month-first."""

    day_first: int = 0
    """Values that only day-first can read."""
    month_first: int = 0
    """Values that only month-first can read."""
    undecided: int = 0
    """Values that both can read, with different results."""

    def look_at(self, values: Iterable[str]) -> None:
        """Counts the values of a column."""
        for value in values:
            match = _SLASHED.match(value.strip())
            if not match or match[2] == ".":
                continue  # dotted dates are day-first everywhere
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second:
                self.day_first += 1
            elif second > 12 >= first:
                self.month_first += 1
            elif first != second:
                self.undecided += 1

    @property
    def order(self) -> DateOrder | None:
        """The order told by the values, by majority; None where nothing tells."""
        if self.day_first == self.month_first:
            return None
        return DateOrder.DAY_FIRST if self.day_first > self.month_first else DateOrder.MONTH_FIRST


@lru_cache(maxsize=8192)
def parse_when(value: str, order: DateOrder | None) -> datetime:
    """Reads a date or time; a date alone is its midnight.

    Args:
        value: as the source writes it.
        order: how to read 03/04/2026; None reads the month first.

    Returns:
        With a zone where the value gives one, else naive.

    Raises:
        DateError: no date can be read from it, or its year is out of range.
    """
    if len(value) > _LONGEST:
        raise DateError(f"{value[:40]!r}… is no date: it has {len(value):,} characters")
    text = " ".join(value.split())
    when = _from_iso(text) or _from_number(text) or _from_pattern(text, order)
    if when is None:
        raise DateError(_why_not(text))
    if not YEARS[0] <= when.year <= YEARS[1]:
        raise DateError(f"the year {when.year} is not between {YEARS[0]} and {YEARS[1]}")
    return when


def _from_iso(text: str) -> datetime | None:
    if text[4:5] != "-" or text[7:8] != "-":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_number(text: str) -> datetime | None:
    digits = text.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()):
        return None
    whole = text.partition(".")[0]
    if len(whole) == 5 and 20_000 <= float(text) <= 73_415:
        moment = datetime(1899, 12, 30) + timedelta(days=float(text))
        return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    if len(whole) == 8 and "." not in text:
        return _build(int(text[:4]), int(text[4:6]), int(text[6:]), {})
    if len(whole) in (10, 13):
        seconds = float(text) / (1000 if len(whole) == 13 else 1)
        return datetime.fromtimestamp(seconds, tz=UTC)
    return None


def _from_pattern(text: str, order: DateOrder | None) -> datetime | None:
    if match := _ISO.match(text):
        return _build(int(match["y"]), int(match["m"]), int(match["d"]), match.groupdict())
    if match := _NUMERIC.match(text):
        return _from_day_and_month(match, order)
    for pattern in (_DAY_NAME_YEAR, _NAME_DAY_YEAR):
        match = pattern.match(text)
        month = _month_number(match["name"]) if match else None
        if match and month:
            return _build(_full_year(match["y"]), month, int(match["d"]), match.groupdict())
    return None


def _from_day_and_month(match: re.Match[str], order: DateOrder | None) -> datetime | None:
    first, second, year = int(match["a"]), int(match["b"]), _full_year(match["y"])
    day_first = order is DateOrder.DAY_FIRST or match["s"] == "."
    if first > 12:
        day_first = True
    elif second > 12:
        day_first = False
    day, month = (first, second) if day_first else (second, first)
    return _build(year, month, day, match.groupdict())


def _month_number(name: str) -> int | None:
    lowered = name.lower()
    for length in (4, 3):
        if number := _MONTH_STEMS.get(lowered[:length]):
            return number
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _build(year: int, month: int, day: int, parts: dict[str, str | None]) -> datetime | None:
    hour, minute = int(parts.get("hour") or 0), int(parts.get("minute") or 0)
    half = (parts.get("half") or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    micro = int(((parts.get("fraction") or "0") + "000000")[:6])
    second = int(parts.get("second") or 0)
    try:
        when = datetime(year, month, day, hour, minute, second, micro)
    except ValueError:
        return None
    return when.replace(tzinfo=_zone(parts.get("zone")))


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    upper = name.upper()
    if upper in ("Z", "UTC", "GMT"):
        return UTC
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", upper)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes >= 24 * 60:
            return None
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    hours = _ZONES.get(upper)
    return None if hours is None else timezone(timedelta(hours=hours))


def _why_not(text: str) -> str:
    shown = text if len(text) <= 40 else text[:40] + "…"
    if year := re.search(r"\d{5,}", text):
        return f"{shown!r} is no date: {year.group()} is no year"
    return f"{shown!r} is no date that can be read"
