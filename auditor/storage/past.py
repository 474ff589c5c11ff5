"""One pass over all opportunities with their stage changes: what health counts of the past.

They are read some thousands at a time, in the order of their keys, and counted in columns: window
functions over millions of changes take several times as long on SQLite, and an object a row as
well.  The same conditions stand in ``spells`` as SQL, to list the records behind a count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Float, cast, func, select
from sqlalchemy.orm import Session

from auditor.storage.counting import AnySelect, Counted
from auditor.storage.day_counts import day_number, number_of
from auditor.storage.models import OpportunityRow, StageChangeRow
from auditor.storage.raw_rows import raw_rows
from auditor.storage.spells import LifeCount, SpellCount

NEVER = -(10**9)
"""Stands for the number of a day that no one told."""
_AT_ONCE = 40_000


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
    from auditor.storage.past_tally import Tally

    tally = Tally(number_of(counted.as_of), number_of(counted.since))
    for deals, changes in _pages(session, counted):
        tally.add(deals, changes)
    return tally.close()


def _pages(session: Session, counted: Counted) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    """Opportunities and their stage changes, a range of keys at a time."""
    deal, change = OpportunityRow, StageChangeRow
    deals, changes = _deals(counted), _changes(counted)
    first, last = session.execute(select(func.min(deal.key), func.max(deal.key))).one()
    if first is None:
        return
    for begin in range(first, last + 1, _AT_ONCE):
        end = begin + _AT_ONCE - 1
        yield (
            raw_rows(session, deals.where(deal.key.between(begin, end))),
            raw_rows(session, changes.where(change.opportunity_key.between(begin, end))),
        )


def _deals(counted: Counted) -> AnySelect:
    row = OpportunityRow
    query: AnySelect = select(
        row.key,
        row.status,
        func.coalesce(day_number(row.opened_on), NEVER),
        func.coalesce(day_number(row.closed_on), NEVER),
        row.currency,
        cast(row.value, Float),
    )
    return query.where(counted.people()).order_by(row.key)


def _changes(counted: Counted) -> AnySelect:
    row = StageChangeRow
    columns = (row.opportunity_key, day_number(row.entered_on), row.key, row.stage, row.observed)
    query: AnySelect = select(*columns).where(row.entered_on <= counted.as_of)
    if counted.owners is None and counted.teams is None:
        return query
    deal = OpportunityRow
    return query.join(deal, deal.key == row.opportunity_key).where(counted.people())
