"""What health counts, and whose: shared by the counts and by the lists of records behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    or_,
    select,
    true,
)

from auditor.domain.records import OpportunityStatus
from auditor.storage.models import OpportunityRow, StageChangeRow

OUTCOME_WORDS = ("closed", "won", "lost")
"""A stage whose name holds one of these is an outcome."""
AnySelect = Select[*tuple[Any, ...]]
"""A query of any columns."""
OPEN = OpportunityStatus.OPEN.value
WON = OpportunityStatus.WON.value
LOST = OpportunityStatus.LOST.value
_DELETED = OpportunityStatus.DELETED.value


@dataclass(frozen=True)
class Counted:
    """The period and the people that are counted."""

    as_of: date
    """Day of the count."""
    since: date
    """First day of the closings counted."""
    owners: Sequence[str] | None = None
    """Only these reps, as stored; None is all."""
    teams: Sequence[str] | None = None
    """Only these teams, as stored; None is all."""

    def people(self) -> ColumnElement[bool]:
        """Whose opportunities; those that their CRM has deleted are no one's, won nor lost."""
        row = OpportunityRow
        owned = true() if self.owners is None else row.owner.in_(self.owners)
        of_team = true() if self.teams is None else row.team.in_(self.teams)
        return and_(row.status != _DELETED, owned, of_team)

    def is_decided(self) -> ColumnElement[bool]:
        """Closed up to the day of the count."""
        row = OpportunityRow
        return and_(row.status != OPEN, row.closed_on <= self.as_of)

    def is_closed_lately(self) -> ColumnElement[bool]:
        """Closed within the period."""
        return and_(self.is_decided(), OpportunityRow.closed_on >= self.since)

    def outcome(self) -> ColumnElement[str]:
        """``won``, ``lost`` or ``open`` on the day of the count."""
        return case((self.is_decided(), OpportunityRow.status), else_=OPEN)


def is_outcome_stage(
    stage: SQLColumnExpression[str] | SQLColumnExpression[str | None],
) -> ColumnElement[bool]:
    """Whether a stage's name is an outcome such as ``Closed Won``."""
    return or_(*(func.lower(stage).like(f"%{word}%") for word in OUTCOME_WORDS))


def stage_left() -> ColumnElement[str | None]:
    """The stage that a closed opportunity was closed in: the last one that is no outcome."""
    change = StageChangeRow
    last = (
        select(change.stage)
        .where(change.opportunity_key == OpportunityRow.key, ~is_outcome_stage(change.stage))
        .order_by(change.entered_on.desc(), change.key.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case((is_outcome_stage(OpportunityRow.stage), last), else_=OpportunityRow.stage)
