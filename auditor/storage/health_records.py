"""The records behind a figure: the same conditions as the count, listed instead of counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, null, or_, select
from sqlalchemy.orm import Session

from auditor.domain.health.fallout import LOSSES_ONLY
from auditor.storage.counting import LOST, OPEN, WON, AnySelect, Counted, stage_left
from auditor.storage.flaws import FLAWS, SAME_ID, SAME_NAME, same_id, same_name
from auditor.storage.inserting import in_parts
from auditor.storage.models import OpportunityRow, SnapshotRow, StageChangeRow
from auditor.storage.snapshots import said_due
from auditor.storage.spells import spells, whole_lives


@dataclass(frozen=True, slots=True)
class FigureRecord:
    """One opportunity behind a figure."""

    key: int
    """The database's number for it."""
    id: str
    """The source's id."""
    source: str
    """The source."""
    name: str | None
    """As the CRM shows it."""
    rep: str | None
    """Who holds it."""
    team: str | None
    """Their team."""
    stage: str | None
    """Its stage now."""
    value: Decimal | None
    """Deal size."""
    currency: str | None
    """Of the value."""
    status: str
    """Open, won or lost."""
    opened_on: date | None
    """Day it was opened."""
    closed_on: date | None
    """Day it was closed."""
    lead_source: str | None
    """Where the lead came from."""
    lost_reason: str | None
    """Why it was lost."""
    url: str | None
    """Link to the record."""
    days: int | None = None
    """Days counted, where the figure is about time."""


_row = OpportunityRow
_COLUMNS = (
    _row.key,
    _row.id,
    _row.source,
    _row.name,
    _row.owner,
    _row.team,
    _row.stage,
    _row.value,
    _row.currency,
    _row.status,
    _row.opened_on,
    _row.closed_on,
    _row.lead_source,
    _row.lost_reason,
    _row.url,
)


class RecordRepository:
    """Lists of records behind figures."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_stage(self, counted: Counted, stages: Sequence[str]) -> Iterator[FigureRecord]:
        """Spells in a stage; an opportunity that was in it twice comes twice."""
        s = spells(counted).c
        yield from self._joined(s.opportunity_key, s.days, s.stage.in_(stages))

    def of_whole(self, counted: Counted) -> Iterator[FigureRecord]:
        """Opportunities opened in the period."""
        s = whole_lives(counted).subquery().c
        yield from self._joined(s.opportunity_key, s.days, s.days >= 0)

    def decided_from(
        self, counted: Counted, stages: Sequence[str] | None, days: int
    ) -> Iterator[FigureRecord]:
        """Those decided so many days or more after entering a stage (None: after opening)."""
        if stages is None:
            s = whole_lives(counted).subquery().c
            yield from self._joined(
                s.opportunity_key, s.days, and_(s.days >= days, s.outcome != OPEN)
            )
            return
        c = spells(counted).c
        late = and_(c.stage.in_(stages), c.life_days >= days, c.outcome != OPEN)
        yield from self._joined(c.opportunity_key, c.life_days, late)

    def sizes(self, counted: Counted, currency: str | None) -> Iterator[FigureRecord]:
        """Won in the period with a value in a currency."""
        yield from self._plain(
            counted,
            counted.is_closed_lately(),
            _row.status == WON,
            _row.value.is_not(None),
            _is(_row.currency, currency),
        )

    def closed_in(self, counted: Counted, dimension: str, group: str) -> Iterator[FigureRecord]:
        """Closed in the period, of one group of a dimension of the fallout."""
        column: Any = {
            "stage": stage_left(),
            "reason": _row.lost_reason,
            "rep": _row.owner,
            "lead_source": _row.lead_source,
        }[dimension]
        lost = _row.status == LOST if dimension in LOSSES_ONLY else _row.status != OPEN
        matches = func.coalesce(column, "") == group
        yield from self._plain(counted, counted.is_closed_lately(), lost, matches)

    def closed_by(self, counted: Counted, first: date) -> Iterator[FigureRecord]:
        """Closed from a day on, as the flow counts them."""
        days = _row.closed_on.between(first, counted.as_of)
        yield from self._plain(counted, _row.status != OPEN, days)

    def said(self, counted: Counted, week: date, *, due: bool) -> Iterator[FigureRecord]:
        """In the snapshot of a week: said to close by now, or given a probability and decided."""
        if due:
            chosen = said_due(counted.as_of)
        else:
            chosen = and_(SnapshotRow.probability.is_not(None), counted.is_decided())
        query: AnySelect = select(*_COLUMNS, null()).join(
            SnapshotRow, SnapshotRow.opportunity_key == _row.key
        )
        where = (counted.people(), SnapshotRow.week == week, chosen)
        yield from self._records(query.where(*where))

    def flawed(self, counted: Counted, key: str) -> Iterator[FigureRecord]:
        """Those with a flaw.

        Raises:
            KeyError: there is no such flaw.
        """
        if key in (SAME_ID, SAME_NAME):
            keys = same_id(counted) if key == SAME_ID else same_name(counted)
            yield from self._plain(counted, _row.key.in_(keys))
            return
        kind = {flaw.key: flaw for flaw in FLAWS}[key]
        if kind.of_stages:
            changed = (
                select(_row.key)
                .join(StageChangeRow, StageChangeRow.opportunity_key == _row.key)
                .where(kind.where(counted))
            )
            yield from self._plain(counted, _row.key.in_(changed))
            return
        yield from self._plain(counted, kind.where(counted))

    def by_key(self, keys: Sequence[int]) -> Iterator[FigureRecord]:
        """Those with these keys."""
        for part in in_parts(keys):
            yield from self._records(select(*_COLUMNS, null()).where(_row.key.in_(part)))

    def _joined(
        self, key: ColumnElement[Any], days: ColumnElement[Any], *where: ColumnElement[bool]
    ) -> Iterator[FigureRecord]:
        query: AnySelect = select(*_COLUMNS, days).join(_row, _row.key == key)
        yield from self._records(query.where(*where))

    def _plain(self, counted: Counted, *where: ColumnElement[bool]) -> Iterator[FigureRecord]:
        yield from self._records(select(*_COLUMNS, null()).where(counted.people(), *where))

    def _records(self, query: AnySelect) -> Iterator[FigureRecord]:
        ordered = query.order_by(_row.key).execution_options(yield_per=1_000)
        for row in self._session.execute(ordered):
            yield FigureRecord(*row)


def _is(column: Any, value: str | None) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = column.is_(None) if value is None else column == value
    return or_(matches)
