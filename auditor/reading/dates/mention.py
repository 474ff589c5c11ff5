"""What a date mention is: where it stands in the text, and which days it can mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum


class Kind(StrEnum):
    """What sort of expression a mention is."""

    DATE = "date"
    DATETIME = "datetime"
    DATERANGE = "daterange"
    TIME = "time"
    DURATION = "duration"
    RECURRING = "recurring"


class Direction(StrEnum):
    """Which side of the reference time a mention lies on."""

    PAST = "past"
    FUTURE = "future"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class DateValue:
    """One reading of a mention."""

    earliest: date
    """First day it can mean."""
    latest: date
    """Last day it can mean, inclusive. ``date.max`` where it has no end ("after the 9th")."""
    time: time | None = None
    """Time of day on ``earliest``, where one is named."""


@dataclass(frozen=True, slots=True)
class DateMention:
    """A stretch of text that names a day, a time or a period."""

    start: int
    """Code point of the text at which it begins."""
    end: int
    """Code point after its last."""
    quote: str
    """The words, verbatim: ``text[start:end]``."""
    kind: Kind
    """What sort of expression it is."""
    values: tuple[DateValue, ...]
    """All readings, the preferred one first ("2 Aug": this year's, last year's)."""
    is_diary: bool
    """Whether a day can be written in a diary ("Thursday", "by month end", not "next month")."""
    is_interval: bool
    """Whether it counts from now ("in three months") instead of naming a day."""
    direction: Direction
    """Where the preferred reading lies, or what the tense of the words near it says."""
    is_ambiguous: bool
    """Whether day and month could be swapped (03/04) and nothing in the text decides."""
    modifier: str
    """``by``, ``before``, ``until``, ``after``, ``since`` or ``from``; empty where none stands."""
    part: str
    """Part of the day, where one is named: ``morning``, ``evening``, ``close of business``…"""

    @property
    def earliest(self) -> date:
        """First day of the preferred reading; the reference day for a bare time or duration."""
        return self.values[0].earliest

    @property
    def latest(self) -> date:
        """Last day of the preferred reading, inclusive."""
        return self.values[0].latest

    @property
    def time(self) -> time | None:
        """Time of day of the preferred reading, where one is named."""
        return self.values[0].time
