"""When a digest is due: a day and an hour of the reader's own week.

A slot is a wall-clock time in an IANA zone.  Where the clock skips it, it is as long after the skip
as the missing hour would have been; where it comes twice, the first one counts (PEP 495, fold 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from auditor.domain.week import Week


@dataclass(frozen=True)
class Slot:
    """A time at which a digest is due."""

    at: datetime
    """In UTC."""
    week: Week
    """The week that the digest is about: the last one that is over."""


def latest_slot(now: datetime, *, day: int, hour: int, zone: tzinfo) -> Slot:
    """The last slot that has come: after downtime only the latest missed week is caught up.

    Args:
        now: the present moment, with a zone.
        day: day of the week, 0 for Monday.
        hour: of that day, 0 to 23.
        zone: the reader's.
    """
    today = now.astimezone(zone).date()
    this_week = Week.of(today).monday
    for monday in (this_week, this_week - timedelta(7)):
        at = _moment(monday + timedelta(day), hour, zone)
        if at <= now:
            return Slot(at, Week.last_before(monday))
    raise AssertionError("a slot of the week before is always past")


def _moment(day: date, hour: int, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
