"""Opportunities with their stage and due history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.records import (
    Activity,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    StageChange,
)
from auditor.storage.counting import AnySelect
from auditor.storage.history import SeenPending, due_history, stage_history
from auditor.storage.inserting import add_missing, in_parts
from auditor.storage.keys_in import keys_in
from auditor.storage.mapping import next_of, opportunity_of, opportunity_values
from auditor.storage.models import ActivityRow, DueChangeRow, OpportunityRow, StageChangeRow
from auditor.storage.packed_rows import packed_rows


@dataclass(frozen=True)
class StoredOpportunity:
    """An opportunity as it is known, with what the database knows beside it."""

    key: int
    """The database's number for it."""
    opportunity: Opportunity
    """Only what sources told is set; stage changes only where they were asked for."""
    told_on: date
    """The day as of which a source last told something new."""
    latest_at: datetime | None = None
    """When its latest activity happened, in UTC."""
    seen: tuple[SeenPending, ...] = ()
    """Its pending activity at each import that changed it, where that was asked for."""
    source: str = ""
    """The source that its id is of, where that was asked for."""

    def with_dues(self, activities: Sequence[Activity]) -> Opportunity:
        """The opportunity with the moves of its pending activity; the source's own tale goes first.

        Args:
            activities: its own, oldest first, each with the pending activity that it left.
        """
        if self.opportunity.due_history:
            return self.opportunity
        dues = due_history(self.seen, activities, self.opportunity.next_activity)
        if not dues:
            return self.opportunity
        return self.opportunity.model_copy(update={"due_history": dues})


@dataclass(frozen=True)
class OpportunityNews:
    """What is to be written of one opportunity."""

    opportunity: Opportunity
    """As it is known now."""
    told_on: date
    """The day as of which."""
    key: int | None = None
    """None where it is new."""
    is_changed: bool = True
    """Whether its own columns differ."""
    stages: tuple[StageChange, ...] = ()
    """Stage changes told."""
    entered: StageChange | None = None
    """A stage change seen, that no source told."""
    seen: tuple[SeenPending, ...] = field(default=())
    """Changes of the pending activity."""


class OpportunityRepository:
    """Opportunities, by source and id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, source: str, ids: Sequence[str]) -> dict[str, StoredOpportunity]:
        """Finds those of the ids that are stored, without their histories."""
        latest = (
            select(func.max(ActivityRow.occurred_utc))
            .where(ActivityRow.opportunity_key == OpportunityRow.key)
            .scalar_subquery()
        )
        found = {}
        for part in in_parts(ids):
            query = select(OpportunityRow, latest).where(
                OpportunityRow.source == source, OpportunityRow.id.in_(part)
            )
            for row, latest_at in self._session.execute(query):
                found[row.id] = StoredOpportunity(
                    row.key, opportunity_of(row), row.told_on, latest_at
                )
        return found

    def save(self, source: str, news: Sequence[OpportunityNews]) -> tuple[dict[str, int], set[str]]:
        """Writes news of opportunities, each named once.

        Returns:
            The keys of all of them by id, and the ids of those of which anything was written.
        """
        keys = self._add(source, [n for n in news if n.key is None])
        self._change([n for n in news if n.key is not None and n.is_changed])
        written = {n.opportunity.id for n in news if n.key is None or n.is_changed}
        keys |= {n.opportunity.id: n.key for n in news if n.key is not None}
        names = {key: name for name, key in keys.items()}
        written |= {names[key] for key in self._add_stages(news, keys)}
        written |= {n.opportunity.id for n in news if n.seen}
        self._add_seen(news, keys)
        return keys, written

    def pending_as_of(self, key: int, day: date) -> SeenPending | None:
        """The pending activity as it was last seen up to a day."""
        row = self._session.scalar(
            select(DueChangeRow)
            .where(DueChangeRow.opportunity_key == key, DueChangeRow.seen_on <= day)
            .order_by(DueChangeRow.seen_on.desc(), DueChangeRow.key.desc())
            .limit(1)
        )
        return None if row is None else _seen_of(row)

    def is_empty(self) -> bool:
        """Whether no opportunity is stored."""
        return not self._session.scalar(select(exists().select_from(OpportunityRow)))

    def open_ones(
        self,
        size: int,
        *,
        owners: Sequence[str] | None = None,
        teams: Sequence[str] | None = None,
    ) -> Iterator[list[StoredOpportunity]]:
        """Yields the open opportunities with their histories, some at a time.

        Args:
            size: how many at a time.
            owners: only these reps, as stored; None is all.
            teams: only these teams, as stored; None is all.
        """
        chosen = [OpportunityRow.status == OpportunityStatus.OPEN]
        chosen += [] if owners is None else [OpportunityRow.owner.in_(owners)]
        chosen += [] if teams is None else [OpportunityRow.team.in_(teams)]
        after = 0
        while True:
            query: AnySelect = (
                select(*OpportunityRow.__table__.c)
                .where(OpportunityRow.key > after, *chosen)
                .order_by(OpportunityRow.key)
                .limit(size)
            )
            rows = list(packed_rows(self._session, query).named())
            if not rows:
                return
            after = rows[-1].key
            yield self.with_histories(rows)
            self._session.expunge_all()

    def with_histories(
        self, rows: Sequence[OpportunityRow] | Sequence[Any]
    ) -> list[StoredOpportunity]:
        """Opportunities of rows that another repository chose, with their histories."""
        keys = [row.key for row in rows]
        stages = self._stages(keys)
        seen = self._seen(keys)
        found = []
        for row in rows:
            told, observed = stages.get(row.key, ([], []))
            changes = stage_history(told, observed)
            opportunity = opportunity_of(row, changes)
            found.append(
                StoredOpportunity(
                    row.key,
                    opportunity,
                    row.told_on,
                    seen=tuple(seen.get(row.key, ())),
                    source=row.source,
                )
            )
        return found

    def _stages(
        self, keys: Sequence[int]
    ) -> dict[int, tuple[list[StageChange], list[StageChange]]]:
        """By opportunity: stage changes told, and those observed."""
        found: dict[int, tuple[list[StageChange], list[StageChange]]] = {}
        row = StageChangeRow
        query: AnySelect = (
            select(row.opportunity_key, row.stage, row.entered_on, row.observed)
            .where(keys_in(row.opportunity_key, keys))
            .order_by(row.entered_on, row.key)
        )
        for key, stage, entered, is_observed in packed_rows(self._session, query):
            told, observed = found.setdefault(key, ([], []))
            (observed if is_observed else told).append(_change(stage, entered))
        return found

    def _seen(self, keys: Sequence[int]) -> dict[int, list[SeenPending]]:
        found: dict[int, list[SeenPending]] = {}
        row = DueChangeRow
        query: AnySelect = (
            select(row.opportunity_key, row.seen_on, row.kind, row.subject, row.due_on)
            .where(keys_in(row.opportunity_key, keys))
            .order_by(row.seen_on, row.key)
        )
        for key, seen_on, *plan in packed_rows(self._session, query):
            found.setdefault(key, []).append(SeenPending(seen_on, next_of(*plan)))
        return found

    def _add(self, source: str, news: Sequence[OpportunityNews]) -> dict[str, int]:
        if not news:
            return {}
        rows = [
            opportunity_values(n.opportunity)
            | {"source": source, "id": n.opportunity.id, "told_on": n.told_on}
            for n in news
        ]
        statement = insert(OpportunityRow).returning(OpportunityRow.id, OpportunityRow.key)
        return {row.id: row.key for row in self._session.execute(statement, rows)}

    def _change(self, news: Sequence[OpportunityNews]) -> None:
        rows = [
            opportunity_values(n.opportunity) | {"key": n.key, "told_on": n.told_on} for n in news
        ]
        if rows:
            self._session.execute(update(OpportunityRow), rows)

    def _add_stages(self, news: Sequence[OpportunityNews], keys: dict[str, int]) -> set[int]:
        rows = [
            {
                "opportunity_key": keys[n.opportunity.id],
                "stage": change.stage,
                "entered_on": change.entered_on,
                "observed": change is n.entered,
            }
            for n in news
            for change in (*n.stages, *([n.entered] if n.entered else []))
        ]
        returning = StageChangeRow.opportunity_key
        return set(add_missing(self._session, StageChangeRow, rows, returning=returning))

    def _add_seen(self, news: Sequence[OpportunityNews], keys: dict[str, int]) -> None:
        rows = [
            _seen_values(seen.pending)
            | {"opportunity_key": keys[n.opportunity.id], "seen_on": seen.seen_on}
            for n in news
            for seen in n.seen
        ]
        if rows:
            self._session.execute(insert(DueChangeRow), rows)


@lru_cache(maxsize=8192)
def _change(stage: str, entered: date) -> StageChange:
    """A change into a stage on a day; many opportunities share one."""
    return StageChange(stage=stage, entered_on=entered)


def _seen_of(row: DueChangeRow) -> SeenPending:
    return SeenPending(row.seen_on, next_of(row.kind, row.subject, row.due_on))


def _seen_values(pending: NextActivity | None) -> dict[str, object]:
    return {
        "kind": pending.kind.value if pending else None,
        "subject": pending.subject if pending else None,
        "due_on": pending.due_on if pending else None,
    }
