"""What a rep did: conversations told from attempts, and what came into and left the queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayWork:
    """One rep's day."""

    rep: str
    """The rep."""
    team: str | None
    """Their team."""
    day: date
    """The day, as the activities were dated."""
    conversations: int = 0
    """Two-way calls and meetings, by the text, and not too short where the length is known."""
    short: int = 0
    """Calls that read two-way and were too short: counted among the attempts."""
    attempts: int = 0
    """Tried and not answered, the short ones included."""
    no_shows: int = 0
    """The buyer did not turn up."""
    unjudged: int = 0
    """Calls and meetings that no one has judged yet."""
    received: int = 0
    """Opportunities opened that day."""
    won: int = 0
    """Closed as won."""
    lost: int = 0
    """Closed as lost."""

    @property
    def closed(self) -> int:
        """Closed either way."""
        return self.won + self.lost


@dataclass(frozen=True, slots=True)
class Work:
    """A rep's or team's work over some days."""

    working_days: int
    """Mondays to Fridays in the period; public holidays count."""
    conversations: int
    """Selling conversations."""
    short: int
    """Calls too short for one."""
    attempts: int
    """Unanswered ones."""
    no_shows: int
    """Buyers who did not turn up."""
    unjudged: int
    """Not judged yet."""
    closed: int
    """Closed, won or lost."""
    won: int
    """Of these won."""

    @property
    def conversations_a_day(self) -> float | None:
        """Per working day; None in a period without one."""
        return self.conversations / self.working_days if self.working_days else None

    @property
    def closed_a_day(self) -> float | None:
        """Per working day; None in a period without one."""
        return self.closed / self.working_days if self.working_days else None


@dataclass(frozen=True, slots=True)
class Movements:
    """What came into a queue and left it in a period."""

    received: int = 0
    """Opened."""
    closed: int = 0
    """Won or lost."""
    parked: int = 0
    """Began to wait for a dated buyer event."""
    returned: int = 0
    """Came back from waiting."""


def merge_days(days: Sequence[DayWork], team: str | None) -> DayWork:
    """Adds up entries of one rep and day."""
    first = days[0]
    sums = {name: sum(getattr(d, name) for d in days) for name in _COUNTS}
    return DayWork(first.rep, team, first.day, **sums)


_COUNTS = (
    "conversations",
    "short",
    "attempts",
    "no_shows",
    "unjudged",
    "received",
    "won",
    "lost",
)


def working_days(since: date, until: date) -> int:
    """Mondays to Fridays from one day to another, both included."""
    days = (until - since).days + 1
    return sum((since + timedelta(n)).weekday() < _SATURDAY for n in range(max(0, days)))


def add_up(days: Iterable[DayWork], *, since: date, until: date) -> Work:
    """Sums days of work in a period."""
    own = [d for d in days if since <= d.day <= until]
    return Work(
        working_days=working_days(since, until),
        conversations=sum(d.conversations for d in own),
        short=sum(d.short for d in own),
        attempts=sum(d.attempts for d in own),
        no_shows=sum(d.no_shows for d in own),
        unjudged=sum(d.unjudged for d in own),
        closed=sum(d.closed for d in own),
        won=sum(d.won for d in own),
    )
