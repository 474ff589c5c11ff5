"""Histories that events tell, written as a whole.

Imports add to an opportunity's histories day by day, in the order in which they are run.  Events
come in any order, so what they tell is worked out anew from all of them, and these histories are
made to say that and no more.  What imports saw before the first event stays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.records import NextActivity, StageChange
from auditor.storage.history import SeenPending
from auditor.storage.inserting import in_parts
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
    base: SeenPending | None = None
    """What imports saw pending before the first event."""
    is_left: bool = False
    """Whether an activity has gone to another opportunity, so that less may be known now."""


class TimelineRepository:
    """Writes what events told through time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def opportunity_keys(self, source: str, ids: Sequence[str]) -> dict[str, int]:
        """The database's numbers of opportunities."""
        row = OpportunityRow
        found: dict[str, int] = {}
        for part in in_parts(ids):
            query = select(row.id, row.key).where(row.source == source, row.id.in_(part))
            found |= {each.id: each.key for each in self._session.execute(query)}
        return found

    def pending_before(self, days: Mapping[int, date]) -> dict[int, SeenPending]:
        """What imports saw pending last before a day, by the opportunity's key."""
        row = DueChangeRow
        found: dict[int, SeenPending] = {}
        for part in in_parts(list(days)):
            query = select(row).where(row.opportunity_key.in_(part))
            for each in self._session.scalars(query.order_by(row.seen_on, row.key)):
                if each.seen_on < days[each.opportunity_key]:
                    found[each.opportunity_key] = _seen_of(each)
        self._session.expunge_all()
        return found

    def detach(self, source: str, gone: Mapping[str, datetime | None]) -> None:
        """Takes activities off their opportunities.

        Args:
            source: namespace of the ids.
            gone: by id, when it was deleted; None where it is only on no opportunity.
        """
        row = ActivityRow
        for part in in_parts(list(gone)):
            query = select(row.key, row.id, row.opportunity_key, row.deleted_at).where(
                row.source == source, row.id.in_(part)
            )
            changed = [
                {
                    "key": each.key,
                    "opportunity_key": None,
                    "deleted_at": gone[each.id],
                    "left_next": None,
                    "left_known": False,
                }
                for each in self._session.execute(query)
                if each.opportunity_key is not None or each.deleted_at != gone[each.id]
            ]
            if changed:
                self._session.execute(update(row), changed)

    def restore(self, source: str, ids: Sequence[str]) -> None:
        """Takes back that activities were deleted."""
        row = ActivityRow
        for part in in_parts(ids):
            self._session.execute(
                update(row)
                .where(row.source == source, row.id.in_(part), row.deleted_at.is_not(None))
                .values(deleted_at=None)
                .execution_options(synchronize_session=False)
            )

    def rewrite(self, timelines: Sequence[Timeline]) -> None:
        """Makes the histories of opportunities, each named once, say what events told."""
        for part in in_parts(timelines):
            by_key = {timeline.opportunity_key: timeline for timeline in part}
            self._write_days(by_key)
            self._write_stages(by_key)
            self._write_pendings(by_key)
            self._write_left(by_key)
            self._session.expunge_all()

    def _write_days(self, timelines: Mapping[int, Timeline]) -> None:
        row = OpportunityRow
        query = select(row.key, row.told_on).where(row.key.in_(timelines))
        later: list[dict[str, Any]] = []
        reset: list[dict[str, Any]] = []
        for each in self._session.execute(query):
            timeline = timelines[each.key]
            if each.told_on < timeline.last_on:
                later.append({"key": each.key, "told_on": timeline.last_on})
            if timeline.is_left and not timeline.pendings:
                reset.append({"key": each.key} | _pending_columns(timeline.base))
        for rows in (later, reset):
            if rows:
                self._session.execute(update(row), rows)

    def _write_stages(self, timelines: Mapping[int, Timeline]) -> None:
        row = StageChangeRow
        known: dict[int, dict[tuple[str, date], int]] = {key: {} for key in timelines}
        query = select(row).where(row.opportunity_key.in_(timelines), row.observed)
        for each in self._session.scalars(query):
            if each.entered_on >= timelines[each.opportunity_key].first_on:
                known[each.opportunity_key][each.stage, each.entered_on] = each.key
        stale: list[int] = []
        fresh: list[dict[str, Any]] = []
        for key, timeline in timelines.items():
            told = {(change.stage, change.entered_on) for change in timeline.entered}
            stale += [n for place, n in known[key].items() if place not in told]
            fresh += [
                {"opportunity_key": key, "stage": stage, "entered_on": on, "observed": True}
                for stage, on in sorted(told - known[key].keys())
            ]
        self._delete(row, stale)
        if fresh:
            self._session.execute(insert(row), fresh)

    def _write_pendings(self, timelines: Mapping[int, Timeline]) -> None:
        row = DueChangeRow
        known: dict[int, list[tuple[int, SeenPending]]] = {key: [] for key in timelines}
        query = select(row).where(row.opportunity_key.in_(timelines))
        for each in self._session.scalars(query.order_by(row.seen_on, row.key)):
            if each.seen_on >= timelines[each.opportunity_key].first_on:
                known[each.opportunity_key].append((each.key, _seen_of(each)))
        stale: list[int] = []
        fresh: list[dict[str, Any]] = []
        for key, timeline in timelines.items():
            plans = (plan for _, plan in timeline.pendings)
            told = [SeenPending(*pair) for pair in zip(timeline.days, plans, strict=True)]
            is_told = bool(told) or timeline.is_left
            if is_told and [seen for _, seen in known[key]] != told:
                stale += [n for n, _ in known[key]]
                fresh += [_seen(key, seen) for seen in told]
        self._delete(row, stale)
        if fresh:
            self._session.execute(insert(row), fresh)

    def _delete(self, model: type[StageChangeRow | DueChangeRow], keys: Sequence[int]) -> None:
        for part in in_parts(keys):
            self._session.execute(
                delete(model)
                .where(model.key.in_(part))
                .execution_options(synchronize_session=False)
            )

    def _write_left(self, timelines: Mapping[int, Timeline]) -> None:
        """Gives each activity but the last the plan that was pending until the next one."""
        alike: dict[frozenset[str], list[dict[str, Any]]] = {}
        for key, rows in self._in_order(timelines).items():
            for values in _left(timelines[key], rows):
                alike.setdefault(frozenset(values), []).append(values)
        for changed in alike.values():
            self._session.execute(update(ActivityRow), changed)

    def _in_order(self, keys: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
        """By opportunity: its activities with the place that each has in time.

        Those of the same moment follow one another by their ids, a microsecond apart, so that the
        order in which they arrived does not matter.
        """
        row = ActivityRow
        query = select(
            row.opportunity_key,
            row.key,
            row.id,
            row.occurred_at,
            row.occurred_utc,
            row.left_next,
            row.left_known,
        ).where(row.opportunity_key.in_(keys))
        found: dict[int, list[dict[str, Any]]] = {}
        for each in self._session.execute(query).mappings():
            found.setdefault(each["opportunity_key"], []).append(dict(each))
        for rows in found.values():
            rows.sort(key=lambda r: (sortable(r["occurred_at"]), r["id"].zfill(_ID_WIDTH)))
            before: datetime | None = None
            for one in rows:
                at = sortable(one["occurred_at"])
                if before is not None and at <= before:
                    at = before + timedelta(microseconds=1)
                one["place"] = before = at
        return found


_ID_WIDTH = 20


def _left(timeline: Timeline, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    starts = [at for at, _ in timeline.pendings]
    for number, row in enumerate(rows, start=1):
        new: dict[str, Any] = {"occurred_utc": row["place"]}
        if number < len(rows):
            at = bisect_left(starts, rows[number]["place"])
            if at:
                plan = next_json(timeline.pendings[at - 1][1])
                new |= {"left_next": plan, "left_known": True}
            elif row["id"] in timeline.activities:
                new |= {"left_next": None, "left_known": False}
        if any(row[name] != value for name, value in new.items()):
            yield {"key": row["key"], **new}


def _pending_columns(base: SeenPending | None) -> dict[str, Any]:
    plan = base.pending if base else None
    return {f"pending_{name}": value for name, value in _plan_columns(plan).items()} | {
        "pending_known": base is not None
    }


def _seen(opportunity_key: int, seen: SeenPending) -> dict[str, Any]:
    return _plan_columns(seen.pending) | {
        "opportunity_key": opportunity_key,
        "seen_on": seen.seen_on,
    }


def _seen_of(row: DueChangeRow) -> SeenPending:
    return SeenPending(row.seen_on, next_of(row.kind, row.subject, row.due_on))


def _plan_columns(plan: NextActivity | None) -> dict[str, Any]:
    return {
        "kind": plan.kind.value if plan else None,
        "subject": plan.subject if plan else None,
        "due_on": plan.due_on if plan else None,
    }
