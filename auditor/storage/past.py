"""One pass over all opportunities with their stage changes: what health counts of the past.

They are read some thousands at a time, a text for each column, and counted in columns: window
functions over millions of changes take several times as long on SQLite, and an object a row as
well.  The same conditions stand in ``spells``, ``flaws`` and ``health_records`` as SQL, to list the
records behind a count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, Text, cast, func, select
from sqlalchemy.orm import Session

from auditor.domain.health.fallout import GroupCount
from auditor.storage.columns import UNKNOWN, number_list, value_list
from auditor.storage.counting import AnySelect, Counted
from auditor.storage.day_counts import day_number, number_of
from auditor.storage.models import OpportunityRow, StageChangeRow
from auditor.storage.spells import LifeCount, SpellCount

NEVER = -(10**9)
"""Stands for the number of a day that no one told."""
DAYS = 1 << 22
"""More days than there are dates."""
FIRST_DAY = -(1 << 20)
"""Before the number of any date."""
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
    open_count: int = 0
    """Open ones."""
    closed_count: int = 0
    """Those closed in the period."""
    with_opening: int = 0
    """Of both, those with an opening day."""
    told_on: date | None = None
    """Day of the newest data."""
    fallout: Mapping[str, list[GroupCount]] = field(default_factory=dict)
    """By dimension of the fallout: those closed in the period, in groups."""
    stage_flaws: dict[str, int] = field(default_factory=dict)
    """By key: opportunities with a flaw in their stage changes."""


class DealColumns(NamedTuple):
    """Opportunities, a packed list for each column; in a query, what packs it."""

    key: Any
    """The database's numbers for them."""
    opened: Any
    """Numbers of the opening days, ``NEVER`` where untold."""
    closed: Any
    """The same of the closing days."""
    value: Any
    """Deal sizes, ``UNKNOWN`` where untold."""
    status: Any
    """Open, won or lost."""
    currency: Any
    """Of the values."""
    stage: Any
    """Their stages now."""
    reason: Any
    """Why they were lost."""
    owner: Any
    """Who holds them."""
    lead_source: Any
    """Where the leads came from."""


class ChangeColumns(NamedTuple):
    """Stage changes, a packed list for each column; in a query, what packs it."""

    entry: Any
    """Keys of the opportunities times ``DAYS``, plus numbers of days from ``FIRST_DAY`` on."""
    key: Any
    """Their own keys times 2, plus 1 where no source told the change."""
    stage: Any
    """The stages entered."""


class PastPage(NamedTuple):
    """Opportunities of a range of keys."""

    newest: date
    """Day of their newest data."""
    deals: DealColumns
    """They themselves."""
    changes: ChangeColumns
    """All of their stage changes."""


def add_up(pages: Iterable[PastPage], counted: Counted) -> Past:
    """Counts the past.

    Args:
        pages: all of what is counted.
        counted: the period.
    """
    from auditor.storage.past_tally import Tally

    tally = Tally(number_of(counted.as_of), number_of(counted.since))
    told_on = []
    for page in pages:
        told_on.append(page.newest)
        tally.add(page.deals, page.changes)
    past = tally.close()
    past.told_on = max(told_on, default=None)
    return past


def past_pages(session: Session, counted: Counted) -> Iterator[PastPage]:
    """Reads opportunities with their stage changes, a range of keys at a time."""
    deal, change = OpportunityRow, StageChangeRow
    deals, changes = _deals(counted), _changes(counted)
    for keys in key_ranges(session, _AT_ONCE):
        newest, *columns = session.execute(deals.where(deal.key.between(*keys))).one()
        if newest is None:
            continue
        changed = changes.where(change.opportunity_key.between(*keys))
        entries = (packed or "" for packed in session.execute(changed).one())
        yield PastPage(newest, DealColumns(*columns), ChangeColumns(*entries))


def key_ranges(session: Session, size: int) -> Iterator[tuple[int, int]]:
    """First and last key of each range of so many keys of opportunities."""
    key = OpportunityRow.key
    first, last = session.execute(select(func.min(key), func.max(key))).one()
    if first is not None:
        for begin in range(first, last + 1, size):
            yield begin, begin + size - 1


def _deals(counted: Counted) -> AnySelect:
    row = OpportunityRow
    columns = DealColumns(
        key=number_list(row.key),
        opened=number_list(func.coalesce(day_number(row.opened_on), NEVER)),
        closed=number_list(func.coalesce(day_number(row.closed_on), NEVER)),
        value=number_list(func.coalesce(cast(row.value, Text), UNKNOWN)),
        status=value_list(row.status),
        currency=value_list(row.currency),
        stage=value_list(row.stage),
        reason=value_list(row.lost_reason),
        owner=value_list(row.owner),
        lead_source=value_list(row.lead_source),
    )
    query: AnySelect = select(func.max(row.told_on), *columns)
    return query.where(counted.people())


def _changes(counted: Counted) -> AnySelect:
    row = StageChangeRow
    columns = ChangeColumns(
        entry=number_list(
            cast(row.opportunity_key, BigInteger) * DAYS + day_number(row.entered_on) - FIRST_DAY
        ),
        key=number_list(cast(row.key, BigInteger) * 2 + cast(row.observed, Integer)),
        stage=value_list(row.stage),
    )
    query: AnySelect = select(*columns)
    if counted.owners is None and counted.teams is None:
        return query
    deal = OpportunityRow
    return query.join(deal, deal.key == row.opportunity_key).where(counted.people())
