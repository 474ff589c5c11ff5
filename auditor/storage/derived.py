"""Writes opportunities and activities as they follow from all that was told of them.

Imports add to what is stored, in the order in which they are run.  Events come in any order, so
what they tell is worked out anew from all of it, and the rows are made to say that and no more.
Rows that say it already are left alone; keys never change, so that verdicts, decisions and
corrections stay with what they are on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.records import Activity, NextActivity, Opportunity, StageChange
from auditor.storage.hashing import activity_hash
from auditor.storage.history import SeenPending
from auditor.storage.inserting import in_parts
from auditor.storage.mapping import activity_values, next_json, next_of, opportunity_values
from auditor.storage.models import ActivityRow, DueChangeRow, OpportunityRow, StageChangeRow
from auditor.storage.note_vectors import NoteVectorRepository
from auditor.storage.settling import settle


@dataclass(frozen=True)
class DerivedActivity:
    """An activity as it is to be stored."""

    activity: Activity
    """As it was told, with the pending activity of its own only."""
    given: dict[str, Any] | None
    """Opportunity and history of one that came complete in itself."""
    told_on: date
    """The day as of which something was last told of it."""
    place: datetime
    """Its place in time among those of its opportunity, in UTC."""
    left: NextActivity | None
    """What it left pending."""
    left_known: bool
    """Whether that is known, so that None means that nothing was."""


@dataclass(frozen=True)
class DerivedOpportunity:
    """An opportunity as it is to be stored."""

    opportunity: Opportunity
    """Only what was told is set; its stage history is what sources dated themselves."""
    told_on: date | None
    """The day as of which something was last told of it; None leaves it, and adds no row."""
    entered: tuple[StageChange, ...] = ()
    """Stages that it was seen to enter."""
    seen: tuple[SeenPending, ...] = ()
    """Its pending activity through time, oldest first."""
    activities: tuple[DerivedActivity, ...] = ()
    """All that are on it."""


@dataclass
class Derived:
    """What was written."""

    new_opportunities: set[str] = field(default_factory=set)
    """Ids of those not known before."""
    changed_opportunities: set[str] = field(default_factory=set)
    """Ids of those whose own columns or histories changed."""
    new_activities: set[str] = field(default_factory=set)
    """Ids of those not known before."""
    changed_activities: set[str] = field(default_factory=set)
    """Ids of those whose content or opportunity changed."""


class DerivedRepository:
    """Makes rows say what follows from registers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(
        self,
        source: str,
        opportunities: Sequence[DerivedOpportunity],
        alone: Sequence[DerivedActivity],
        gone: Mapping[str, datetime],
        *,
        history_limit: int,
    ) -> Derived:
        """Writes what differs.

        Args:
            source: namespace of the ids.
            opportunities: each named once, with all of their activities.
            alone: activities on no opportunity.
            gone: activities that are not to be judged, by id, with the moment of that.
            history_limit: most earlier activities that a record carries.
        """
        done = Derived()
        keys = self._write_opportunities(source, opportunities, done)
        told = [(keys[o.opportunity.id], a) for o in opportunities for a in o.activities]
        settled = self._write_activities(source, [*told, *((None, a) for a in alone)], gone, done)
        settle(self._session, sorted(keys.values()), settled, limit=history_limit)
        return done

    def _write_opportunities(
        self, source: str, told: Sequence[DerivedOpportunity], done: Derived
    ) -> dict[str, int]:
        """Writes opportunities with their histories; returns their keys by id."""
        stored = self._stored(source, [o.opportunity.id for o in told])
        fresh: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for each in told:
            name, values = each.opportunity.id, opportunity_values(each.opportunity)
            if each.told_on is not None:
                values["told_on"] = each.told_on
            known = stored.get(name)
            if known is not None:
                differs = any(getattr(known, n) != value for n, value in values.items())
                changed += [values | {"key": known.key}] if differs else []
                done.changed_opportunities |= {name} if differs else set()
            elif each.told_on is not None:
                fresh.append(values | {"source": source, "id": name})
        keys = {name: row.key for name, row in stored.items()}
        self._session.expunge_all()
        if fresh:
            adding = insert(OpportunityRow).returning(OpportunityRow.id, OpportunityRow.key)
            keys |= {row.id: row.key for row in self._session.execute(adding, fresh)}
        if changed:
            self._session.execute(update(OpportunityRow), changed)
        done.new_opportunities |= {row["id"] for row in fresh}
        kept = {keys[o.opportunity.id]: o for o in told if o.opportunity.id in keys}
        touched = self._write_stages(kept) | self._write_seen(kept)
        names = {kept[key].opportunity.id for key in touched}
        done.changed_opportunities |= names - done.new_opportunities
        return keys

    def _stored(self, source: str, ids: Sequence[str]) -> dict[str, OpportunityRow]:
        row = OpportunityRow
        found: dict[str, OpportunityRow] = {}
        for part in in_parts(ids):
            query = select(row).where(row.source == source, row.id.in_(part))
            found |= {each.id: each for each in self._session.scalars(query)}
        return found

    def _write_stages(self, told: Mapping[int, DerivedOpportunity]) -> set[int]:
        row = StageChangeRow
        known: dict[tuple[int, str, date, bool], int] = {}
        for part in in_parts(list(told)):
            query = select(row).where(row.opportunity_key.in_(part))
            for each in self._session.scalars(query):
                known[each.opportunity_key, each.stage, each.entered_on, each.observed] = each.key
        wanted = {
            (key, change.stage, change.entered_on, is_observed): None
            for key, each in told.items()
            for is_observed, changes in (
                (False, each.opportunity.stage_history),
                (True, each.entered),
            )
            for change in changes
        }
        names = ("opportunity_key", "stage", "entered_on", "observed")
        stale = known.keys() - wanted
        fresh = [place for place in wanted if place not in known]
        rows = [dict(zip(names, place, strict=True)) for place in fresh]
        self._replace(row, [known[place] for place in stale], rows)
        return {place[0] for place in (*stale, *fresh)}

    def _write_seen(self, told: Mapping[int, DerivedOpportunity]) -> set[int]:
        row = DueChangeRow
        known: dict[int, list[tuple[int, SeenPending]]] = {}
        for part in in_parts(list(told)):
            query = select(row).where(row.opportunity_key.in_(part))
            for each in self._session.scalars(query.order_by(row.seen_on, row.key)):
                known.setdefault(each.opportunity_key, []).append((each.key, _seen_of(each)))
        differing = {
            key
            for key, each in told.items()
            if [seen for _, seen in known.get(key, ())] != list(each.seen)
        }
        stale = [number for key in differing for number, _ in known.get(key, ())]
        fresh = [_seen(key, seen) for key in sorted(differing) for seen in told[key].seen]
        self._replace(row, stale, fresh)
        return differing

    def _replace(
        self,
        model: type[StageChangeRow | DueChangeRow],
        stale: Iterable[int],
        fresh: Sequence[dict[str, Any]],
    ) -> None:
        self._session.expunge_all()
        for part in in_parts(sorted(stale)):
            self._session.execute(delete(model).where(model.key.in_(part)))
        if fresh:
            self._session.execute(insert(model), fresh)

    def _write_activities(
        self,
        source: str,
        told: Sequence[tuple[int | None, DerivedActivity]],
        gone: Mapping[str, datetime],
        done: Derived,
    ) -> list[int]:
        """Writes activities; returns the keys of those on no opportunity that changed."""
        stored = self._stored_activities(source, [*(a.activity.id for _, a in told), *gone])
        fresh: list[dict[str, Any]] = []
        moved: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for key, each in told:
            known = stored.get(each.activity.id)
            where = _where(key, each)
            if known is None:
                own = {"source": source, "id": each.activity.id, "input_hash": ""}
                fresh.append(_content(each) | where | own)
            elif not _says(known, each) or key != known["opportunity_key"]:
                changed.append(_content(each) | where | {"key": known["key"]})
            elif any(known[name] != value for name, value in where.items()):
                moved.append(where | {"key": known["key"]})
        for name, at in gone.items():
            values, known = _NOWHERE | {"deleted_at": at}, stored.get(name)
            if known is not None and any(known[n] != value for n, value in values.items()):
                moved.append(values | {"key": known["key"]})
        names = {row["key"]: name for name, row in stored.items()}
        done.new_activities |= {row["id"] for row in fresh}
        done.changed_activities |= {names[row["key"]] for row in changed}
        return self._write_rows(fresh, moved, changed)

    def _write_rows(
        self,
        fresh: Sequence[dict[str, Any]],
        moved: Sequence[dict[str, Any]],
        changed: Sequence[dict[str, Any]],
    ) -> list[int]:
        row = ActivityRow
        alone = [each["key"] for each in changed if each["opportunity_key"] is None]
        if fresh:
            adding = insert(row).returning(row.key, row.opportunity_key)
            added = self._session.execute(adding, list(fresh))
            alone += [each.key for each in added if each.opportunity_key is None]
        for rows in _alike([*moved, *changed]):
            self._session.execute(update(row), rows)
        if changed:
            NoteVectorRepository(self._session).forget([each["key"] for each in changed])
        return alone

    def _stored_activities(self, source: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        row = ActivityRow
        columns = (
            row.id,
            row.key,
            row.content_hash,
            row.own_next,
            *(getattr(row, name) for name in (*_NOWHERE, "occurred_utc", "told_on", "deleted_at")),
        )
        found: dict[str, dict[str, Any]] = {}
        for part in in_parts(ids):
            query = select(*columns).where(row.source == source, row.id.in_(part))
            found |= {r["id"]: dict(r) for r in self._session.execute(query).mappings()}
        return found


_NOWHERE: dict[str, Any] = {"opportunity_key": None, "left_next": None, "left_known": False}


def _where(key: int | None, each: DerivedActivity) -> dict[str, Any]:
    return {
        "opportunity_key": key,
        "left_next": next_json(each.left),
        "left_known": each.left_known,
        "occurred_utc": each.place,
        "told_on": each.told_on,
        "deleted_at": None,
    }


def _content(each: DerivedActivity) -> dict[str, Any]:
    return activity_values(each.activity, each.given)


def _says(known: Mapping[str, Any], each: DerivedActivity) -> bool:
    """Whether a row holds the same content; what an import listed may not name its opportunity."""
    if known["own_next"] != next_json(each.activity.next_activity):
        return False
    nameless = each.activity.model_copy(update={"opportunity_id": None})
    alike = (activity_hash(a, each.given) for a in (each.activity, nameless))
    return known["content_hash"] in alike


def _alike(rows: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Rows with the same columns together, as one statement writes them."""
    found: dict[frozenset[str], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(frozenset(row), []).append(row)
    return found.values()


def _seen(opportunity_key: int, seen: SeenPending) -> dict[str, Any]:
    plan = seen.pending
    return {
        "opportunity_key": opportunity_key,
        "seen_on": seen.seen_on,
        "kind": plan.kind.value if plan else None,
        "subject": plan.subject if plan else None,
        "due_on": plan.due_on if plan else None,
    }


def _seen_of(row: DueChangeRow) -> SeenPending:
    return SeenPending(row.seen_on, next_of(row.kind, row.subject, row.due_on))
