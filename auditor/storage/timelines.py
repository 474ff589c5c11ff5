"""Histories that events tell, written as a whole.

Imports add to an opportunity's histories day by day, in the order in which they are run.  Events
come in any order, so what they tell is worked out anew from all of them, and these histories are
made to say that and no more.  What imports saw before the first event stays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.records import NextActivity, StageChange
from auditor.storage.history import SeenPending
from auditor.storage.mapping import next_json, next_of, sortable
from auditor.storage.models import ActivityRow, DueChangeRow, OpportunityRow, StageChangeRow


@dataclass(frozen=True)
class Timeline:
    """What events told of one opportunity through time."""

    opportunity_key: int
    """The database's number for it."""
    first_on: date
    """Day of the first event on it."""
    last_on: date
    """Day of the last one."""
    pendings: tuple[tuple[datetime, NextActivity | None], ...]
    """The pending activity from each moment on, oldest first; empty where none was told."""
    days: tuple[date, ...]
    """The calendar day of each of them."""
    entered: tuple[StageChange, ...]
    """Changes of stage that were seen."""
    activities: frozenset[str]
    """Ids of the activities on it that events told."""


class TimelineRepository:
    """Writes what events told through time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def opportunity_keys(self, source: str, ids: Collection[str]) -> dict[str, int]:
        """The database's numbers of opportunities."""
        row = OpportunityRow
        query = select(row.id, row.key).where(row.source == source, row.id.in_(ids))
        return {each.id: each.key for each in self._session.execute(query)}

    def pending_before(self, source: str, identity: str, day: date) -> NextActivity | None:
        """The pending activity that imports saw last before a day."""
        row = DueChangeRow
        found = self._session.scalar(
            select(row)
            .join(OpportunityRow, OpportunityRow.key == row.opportunity_key)
            .where(OpportunityRow.source == source, OpportunityRow.id == identity)
            .where(row.seen_on < day)
            .order_by(row.seen_on.desc(), row.key.desc())
            .limit(1)
        )
        return None if found is None else next_of(found.kind, found.subject, found.due_on)

    def detach(self, source: str, ids: Collection[str], *, deleted_at: datetime | None) -> set[int]:
        """Takes activities off their opportunities, as deleted or as on none.

        Returns:
            Keys of the opportunities that they were on.
        """
        row = ActivityRow
        query = select(row.key, row.opportunity_key, row.deleted_at).where(
            row.source == source, row.id.in_(ids)
        )
        rows = self._session.execute(query).all()
        told = None if deleted_at is None else deleted_at.astimezone(UTC)
        changed = [
            {"key": key, "opportunity_key": None, "deleted_at": told, "left_next": None,
             "left_known": False}
            for key, on, deleted in rows
            if on is not None or deleted != told
        ]  # fmt: skip
        if changed:
            self._session.execute(update(row), changed)
        return {on for _, on, _ in rows if on is not None}

    def restore(self, source: str, ids: Collection[str]) -> None:
        """Takes back that activities were deleted."""
        row = ActivityRow
        self._session.execute(
            update(row)
            .where(row.source == source, row.id.in_(ids), row.deleted_at.is_not(None))
            .values(deleted_at=None)
            .execution_options(synchronize_session=False)
        )

    def rewrite(self, timeline: Timeline) -> None:
        """Makes an opportunity's histories say what events told."""
        self._write_day(timeline)
        self._write_stages(timeline)
        if timeline.pendings:
            self._write_pendings(timeline)
        self._write_left(timeline)

    def _write_day(self, timeline: Timeline) -> None:
        row = OpportunityRow
        self._session.execute(
            update(row)
            .where(row.key == timeline.opportunity_key, row.told_on < timeline.last_on)
            .values(told_on=timeline.last_on)
            .execution_options(synchronize_session=False)
        )

    def _write_stages(self, timeline: Timeline) -> None:
        row = StageChangeRow
        mine = and_(
            row.opportunity_key == timeline.opportunity_key,
            row.observed,
            row.entered_on >= timeline.first_on,
        )
        query = select(row.stage, row.entered_on).where(mine)
        known = {(stage, on) for stage, on in self._session.execute(query)}
        told = {(change.stage, change.entered_on) for change in timeline.entered}
        for stage, on in known - told:
            self._session.execute(
                delete(row)
                .where(mine, row.stage == stage, row.entered_on == on)
                .execution_options(synchronize_session=False)
            )
        fresh = [
            {"opportunity_key": timeline.opportunity_key, "stage": stage, "entered_on": on,
             "observed": True}
            for stage, on in sorted(told - known)
        ]  # fmt: skip
        if fresh:
            self._session.execute(insert(row), fresh)

    def _write_pendings(self, timeline: Timeline) -> None:
        row = DueChangeRow
        mine = and_(
            row.opportunity_key == timeline.opportunity_key, row.seen_on >= timeline.first_on
        )
        rows = self._session.scalars(select(row).where(mine).order_by(row.seen_on, row.key))
        known = [SeenPending(r.seen_on, next_of(r.kind, r.subject, r.due_on)) for r in rows]
        told = [
            SeenPending(day, plan)
            for day, (_, plan) in zip(timeline.days, timeline.pendings, strict=True)
        ]
        if known == told:
            return
        self._session.execute(delete(row).where(mine).execution_options(synchronize_session=False))
        self._session.expunge_all()
        self._session.execute(insert(row), [_seen(timeline.opportunity_key, s) for s in told])

    def _write_left(self, timeline: Timeline) -> None:
        """Gives each activity but the last the plan that was pending until the next one."""
        rows = self._in_order(timeline.opportunity_key)
        starts = [at for at, _ in timeline.pendings]
        changed: list[dict[str, Any]] = []
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            new: dict[str, Any] = {"occurred_utc": row["place"]}
            if after is not None:
                at = bisect_left(starts, after["place"])
                if at:
                    plan = next_json(timeline.pendings[at - 1][1])
                    new |= {"left_next": plan, "left_known": True}
                elif row["id"] in timeline.activities:
                    new |= {"left_next": None, "left_known": False}
            if any(row[name] != value for name, value in new.items()):
                changed.append({"key": row["key"], **new})
        if changed:
            self._write_columns(changed)

    def _write_columns(self, changed: list[dict[str, Any]]) -> None:
        alike: dict[frozenset[str], list[dict[str, Any]]] = {}
        for values in changed:
            alike.setdefault(frozenset(values), []).append(values)
        for rows in alike.values():
            self._session.execute(update(ActivityRow), rows)

    def _in_order(self, opportunity_key: int) -> list[dict[str, Any]]:
        """The opportunity's activities with the place that each has in time.

        Those of the same moment follow one another by their ids, a microsecond apart, so that the
        order in which they arrived does not matter.
        """
        row = ActivityRow
        query = select(
            row.key, row.id, row.occurred_at, row.occurred_utc, row.left_next, row.left_known
        ).where(row.opportunity_key == opportunity_key)
        rows = [dict(r) for r in self._session.execute(query).mappings()]
        rows.sort(key=lambda r: (sortable(r["occurred_at"]), r["id"].zfill(_ID_WIDTH), r["key"]))
        before: datetime | None = None
        for each in rows:
            at = sortable(each["occurred_at"])
            if before is not None and at <= before:
                at = before + timedelta(microseconds=1)
            each["place"] = before = at
        return rows


_ID_WIDTH = 20


def _seen(opportunity_key: int, seen: SeenPending) -> dict[str, Any]:
    plan = seen.pending
    return {
        "opportunity_key": opportunity_key,
        "seen_on": seen.seen_on,
        "kind": plan.kind.value if plan else None,
        "subject": plan.subject if plan else None,
        "due_on": plan.due_on if plan else None,
    }
