"""ISO weeks: the unit of a digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.errors import InputError

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Week:
    """One ISO 8601 week, Monday to Sunday."""

    year: int
    """ISO year."""
    number: int
    """1 to 53."""

    @classmethod
    def parse(cls, text: str) -> Week:
        """Reads ``2026-W47``.

        Raises:
            InputError: where it is no ISO week.
        """
        found = _WEEK.fullmatch(text.strip())
        try:
            if found is None:
                raise ValueError(text)
            week = cls(int(found[1]), int(found[2]))
            _ = week.monday
        except ValueError:
            raise InputError(f"week {text!r} is no ISO week; write it like 2026-W47") from None
        return week

    @classmethod
    def of(cls, day: date) -> Week:
        """The week that a day falls in."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def last_before(cls, day: date) -> Week:
        """The last week that was over by a day: what a digest read on that day is about."""
        return cls.of(day - timedelta(days=7))

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> Week:
        """The week before."""
        return Week.of(self.monday - timedelta(days=7))

    @property
    def reading_day(self) -> date:
        """The Monday after, on which the digest is read: counts are as of then."""
        return self.monday + timedelta(days=7)

    def __contains__(self, day: date) -> bool:
        return self.monday <= day <= self.sunday

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"
