"""What health counts of closed and open opportunities: outcomes, sizes, flaws, what is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, case, cast, distinct, func, select, true
from sqlalchemy.orm import Session

from auditor.domain.new_business import Transaction
from auditor.storage.counting import WON, AnySelect, Counted
from auditor.storage.day_counts import day_number, day_of
from auditor.storage.flaws import FLAWS, DuplicateFlaws
from auditor.storage.models import OpportunityRow, SnapshotRow
from auditor.storage.past import Past, read_past
from auditor.storage.raw_rows import raw_parts
from auditor.storage.spells import StageRepository


@dataclass(frozen=True, slots=True)
class Known:
    """What the data holds."""

    open_count: int
    """Open opportunities."""
    closed_count: int
    """Closed within the period."""
    with_opening: int
    """Of both, those with an opening day."""
    snapshot_weeks: int
    """Weeks with a snapshot."""
    first_snapshot: date | None
    """Day of the first."""
    told_on: date | None
    """Day of the newest data."""


class HealthRepository:
    """Counts for the pipeline's health."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.stages = StageRepository(session)
        """Names of stages."""

    def past(self, counted: Counted) -> Past:
        """Times, outcomes and sizes, in one pass."""
        return read_past(self._session, counted)

    def people(self) -> tuple[list[str], list[str]]:
        """All reps and all teams that opportunities name."""
        row = OpportunityRow
        pairs = self._session.execute(select(row.owner, row.team).distinct()).all()
        owners, teams = dict.fromkeys(o for o, _ in pairs), dict.fromkeys(t for _, t in pairs)
        return [o for o in owners if o], [t for t in teams if t]

    def known(self, past: Past) -> Known:
        """What the data holds of open ones and those closed in the period.

        Args:
            past: the count of both.
        """
        snapshots = select(func.count(distinct(SnapshotRow.week)), func.min(SnapshotRow.taken_on))
        weeks, first = self._session.execute(snapshots).one()
        return Known(
            past.open_count, past.closed_count, past.with_opening, weeks, first, past.told_on
        )

    def won_since(self, counted: Counted, first: date) -> dict[str | None, float]:
        """Value won from a day on, by currency."""
        row = OpportunityRow
        query = (
            select(row.currency, func.sum(cast(row.value, Float)))
            .where(counted.people(), row.status == WON, row.closed_on.between(first, counted.as_of))
            .group_by(row.currency)
        )
        return {currency: float(value or 0) for currency, value in self._session.execute(query)}

    def transactions(self, counted: Counted, *, valued_only: bool = True) -> Iterator[Transaction]:
        """Won opportunities of accounts that are known, of all time up to the day of the count.

        Args:
            counted: whose.
            valued_only: leave out those without a value, which counts as 0 otherwise.
        """
        row = OpportunityRow
        query: AnySelect = select(
            row.account,
            day_number(row.closed_on),
            cast(row.value, Text),
            row.currency,
            row.key,
            row.lead_source,
        ).where(
            counted.people(),
            row.status == WON,
            counted.is_decided(),
            row.account.is_not(None),
            row.value.is_not(None) if valued_only else true(),
        )
        days = _Days()
        for account, day, value, currency, key, lead_source in raw_parts(self._session, query):
            amount = Decimal(value or 0)
            yield Transaction(account, days[day], amount, currency, str(key), lead_source)

    def flaws(self, counted: Counted, past: Past) -> list[tuple[str, str, int]]:
        """Key, words and count of what is wrong with the data; what is fine is left out.

        Args:
            counted: whose.
            past: the count of their past, which tells the flaws of stage changes.
        """
        plain = [flaw for flaw in FLAWS if not flaw.of_stages]
        counts = self._session.execute(
            select(*(_count(f.where(counted)) for f in plain)).where(counted.people())
        ).one()
        found = [(f.key, f.words, n or 0) for f, n in zip(plain, counts, strict=True)]
        found += [(f.key, f.words, past.stage_flaws.get(f.key, 0)) for f in FLAWS if f.of_stages]
        found += DuplicateFlaws(self._session).count(counted)
        return [each for each in found if each[2]]


class _Days(dict[int, date]):
    """Dates by their numbers."""

    def __missing__(self, number: int) -> date:
        self[number] = day = day_of(number)
        return day


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))
