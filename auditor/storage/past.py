"""One pass over all opportunities with their stage changes: what health counts of the past.

The database gives rows in the order of opportunities, out of an index, and everything is counted on
the way: window functions over millions of changes take several times as long on SQLite.  The same
conditions stand in ``spells`` as SQL, to list the records behind a count.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Float, cast, select
from sqlalchemy.orm import Session

from auditor.storage.counting import OPEN, WON, AnySelect, Counted
from auditor.storage.models import OpportunityRow, StageChangeRow
from auditor.storage.spells import LifeCount, SpellCount

_AT_ONCE = 20_000
_OUTCOME_WORDS = ("closed", "won", "lost")


@dataclass
class Past:
    """Counts of the past."""

    spells: list[SpellCount] = field(default_factory=list)
    """Time in stages, of spells that began within the period."""
    lives: list[LifeCount] = field(default_factory=list)
    """From entering a stage within the period to the outcome."""
    whole: list[LifeCount] = field(default_factory=list)
    """From opening within the period to the outcome."""
    places: dict[str, float] = field(default_factory=dict)
    """Mean place of each stage on the way."""
    sizes: dict[tuple[str | None, bool], array[float]] = field(default_factory=dict)
    """Sorted values of those closed in the period, by currency and whether won."""
    with_stages: int = 0
    """Open ones and those closed in the period that have a stage change."""
    observed_only: int = 0
    """Of these, those of which only differences between imports tell it."""


def read_past(session: Session, counted: Counted) -> Past:
    """Counts the past of what is counted."""
    tally = _Tally(counted.as_of.toordinal(), counted.since.toordinal())
    groups = _by_opportunity(_stream(session, _changes(counted)))
    waiting = next(groups, None)
    for key, *deal in _stream(session, _deals(counted)):
        while waiting is not None and waiting[0] < key:
            waiting = next(groups, None)
        own = waiting[1] if waiting is not None and waiting[0] == key else []
        tally.add(deal, own)
    return tally.close()


def _deals(counted: Counted) -> AnySelect:
    row = OpportunityRow
    columns = (row.key, row.status, row.opened_on, row.closed_on, row.currency)
    query: AnySelect = select(*columns, cast(row.value, Float))
    return query.where(counted.people()).order_by(row.key)


def _changes(counted: Counted) -> AnySelect:
    row = StageChangeRow
    columns = (row.opportunity_key, row.entered_on, row.key, row.stage, row.observed)
    query: AnySelect = select(*columns).where(row.entered_on <= counted.as_of)
    return query.order_by(row.opportunity_key)


def _stream(session: Session, query: AnySelect) -> Iterator[Any]:
    for part in session.execute(query.execution_options(yield_per=_AT_ONCE)).partitions():
        yield from part


def _by_opportunity(rows: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
    key = 0
    own: list[Any] = []
    for row in rows:
        if row[0] != key:
            if own:
                yield key, own
            key, own = row[0], []
        own.append(row)
    if own:
        yield key, own


class _Tally:
    """Counts opportunity by opportunity; days are ordinals."""

    def __init__(self, as_of: int, since: int) -> None:
        self._as_of, self._since = as_of, since
        self._spells: Counter[tuple[str, int, bool]] = Counter()
        self._lives: Counter[tuple[str, int, str]] = Counter()
        self._places: dict[str, list[int]] = {}
        self._outcome_stages: dict[str, bool] = {}
        self._past = Past()

    def add(self, deal: Any, changes: list[Any]) -> None:
        status, opened_on, closed_on, currency, value = deal
        is_open = status == OPEN
        closed = _ordinal(closed_on)
        decided = not is_open and closed is not None and closed <= self._as_of
        lately = decided and closed is not None and closed >= self._since
        if changes and (is_open or lately):
            self._past.with_stages += 1
            self._past.observed_only += all(row[4] for row in changes)
        if lately and value is not None:
            sizes = self._past.sizes.setdefault((currency, status == WON), array("d"))
            sizes.append(value)
        if not is_open and closed is None:
            return
        outcome = status if decided else OPEN
        ended = closed if decided and closed is not None else self._as_of
        opened = _ordinal(opened_on)
        if opened is not None and self._since <= opened <= min(ended, self._as_of):
            self._lives["", ended - opened, outcome] += 1
        if changes:
            self._add_spells(changes, closed if decided else None, ended, outcome)

    def _add_spells(self, changes: list[Any], closed: int | None, ended: int, outcome: str) -> None:
        if len(changes) > 1:
            changes.sort(key=_by_day)
        entries: list[tuple[str, int]] = []
        for row in changes:
            if not entries or entries[-1][0] != row[3]:
                entries.append((row[3], row[1].toordinal()))
        last = len(entries) - 1
        for place, (stage, entered) in enumerate(entries):
            self._place(stage, place)
            if entered < self._since or self._is_outcome(stage):
                continue
            left = entries[place + 1][1] if place < last else closed
            days = (self._as_of if left is None else left) - entered
            if days < 0:
                continue
            self._spells[stage, days, left is not None] += 1
            if ended >= entered:
                self._lives[stage, ended - entered, outcome] += 1

    def _place(self, stage: str, place: int) -> None:
        sums = self._places.get(stage)
        if sums is None:
            self._places[stage] = [place, 1]
        else:
            sums[0] += place
            sums[1] += 1

    def _is_outcome(self, stage: str) -> bool:
        found = self._outcome_stages.get(stage)
        if found is None:
            found = any(word in stage.lower() for word in _OUTCOME_WORDS)
            self._outcome_stages[stage] = found
        return found

    def close(self) -> Past:
        past = self._past
        past.spells = [SpellCount(*key, count) for key, count in self._spells.items()]
        lives = [LifeCount(*key, count) for key, count in self._lives.items()]
        past.whole = [life for life in lives if not life.stage]
        past.lives = [life for life in lives if life.stage]
        past.places = {stage: total / n for stage, (total, n) in self._places.items()}
        past.sizes = {key: array("d", sorted(values)) for key, values in past.sizes.items()}
        return past


def _by_day(row: Any) -> tuple[date, int]:
    return row[1], row[2]


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()
