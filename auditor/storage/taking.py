"""Takes in what sources tell: compares it with what is known and writes only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from auditor.domain.erased import Forgotten, forget_in_opportunity, forget_in_record
from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.storage.activities import StoredActivity
from auditor.storage.mapping import activity_values, given_json
from auditor.storage.news import news_of, one_each
from auditor.storage.unit import UnitOfWork


@dataclass(frozen=True)
class Told:
    """An opportunity with activities, as a source tells them."""

    opportunity: Opportunity | None
    """Only what is told is set; None where the activities belong to none."""
    records: tuple[AuditRecord, ...]
    """Its activities, oldest first."""
    is_complete: bool = False
    """Whether the records came complete, with opportunity and history of their own."""


@dataclass
class Taken:
    """What was made of what was told."""

    opportunities: int = 0
    """All told."""
    new_opportunities: int = 0
    """Not known before."""
    changed_opportunities: int = 0
    """Known before, and told differently."""
    activities: int = 0
    """All told."""
    new_activities: int = 0
    """Not known before."""
    changed_activities: int = 0
    """Known before, and told differently."""

    def add(self, other: Taken) -> None:
        """Adds another's counts."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)

    @property
    def written(self) -> int:
        """Everything new or changed; 0 where nothing was written."""
        new = self.new_opportunities + self.new_activities
        return new + self.changed_opportunities + self.changed_activities


@dataclass
class _Batch:
    """One batch on its way into the database."""

    unit: UnitOfWork
    source: str
    seen_on: date
    taken: Taken = field(default_factory=Taken)
    keys: dict[str, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    alone: set[int] = field(default_factory=set)


def take(
    unit: UnitOfWork,
    told: Sequence[Told],
    *,
    source: str,
    seen_on: date,
    history_limit: int,
) -> Taken:
    """Takes in a batch, within the unit's transaction.

    Args:
        unit: the unit of work.
        told: opportunities with their activities.
        source: namespace of the ids.
        seen_on: the day as of which it is told.  News older than what is known fills gaps only.
        history_limit: most earlier activities that a record carries.
    """
    unit.lock_source(source)
    forgotten = unit.erasure.forgotten()
    if forgotten is not None:
        told = [_without_erased(t, forgotten, source) for t in told]
    batch = _Batch(unit, source, seen_on)
    _take_opportunities(batch, told)
    _take_activities(batch, told)
    unit.activities.settle(batch.touched, batch.alone, history_limit=history_limit)
    return batch.taken


def _without_erased(told: Told, forgotten: Forgotten, source: str) -> Told:
    """What a source tells, without the persons who were erased."""
    deal = told.opportunity
    place = (source, deal.id) if deal is not None else None
    return Told(
        None if deal is None else forget_in_opportunity(forgotten, deal, place),
        tuple(forget_in_record(forgotten, record, place) for record in told.records),
        told.is_complete,
    )


def _take_opportunities(batch: _Batch, told: Sequence[Told]) -> None:
    repository = batch.unit.opportunities
    deals = one_each((t.opportunity, t.records) for t in told if t.opportunity is not None)
    stored = repository.find(batch.source, list(deals))
    news = [
        news_of(
            deal, stored.get(name), seen_on=batch.seen_on, pending_as_of=repository.pending_as_of
        )
        for name, deal in deals.items()
    ]
    batch.keys, written = repository.save(batch.source, news)
    new = deals.keys() - stored.keys()
    batch.taken.opportunities = len(deals)
    batch.taken.new_opportunities = len(new)
    batch.taken.changed_opportunities = len(written - new)
    batch.touched |= {batch.keys[name] for name in written}


@dataclass(frozen=True)
class _ToldActivity:
    """An activity as told, with where it belongs."""

    activity: Activity
    opportunity_key: int | None
    given: dict[str, Any] | None


def _take_activities(batch: _Batch, told: Sequence[Told]) -> None:
    each = {a.activity.id: a for t in told for a in _activities(batch, t)}
    stored = batch.unit.activities.find(batch.source, list(each))
    batch.taken.activities = len(each)
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for name, one in each.items():
        known = stored.get(name)
        row = _row(batch, one)
        if known is None:
            fresh.append(row | _UNSETTLED)
        elif batch.seen_on >= known.told_on and _differs(row, known):
            key = row["opportunity_key"] or known.opportunity_key
            changed.append(row | {"key": known.key, "opportunity_key": key})
            batch.touched |= {k for k in (key, known.opportunity_key) if k is not None}
            batch.alone |= {known.key} if key is None else set()
    _write(batch, fresh, changed)


_UNSETTLED = {"left_next": None, "left_known": False, "input_hash": ""}


def _write(batch: _Batch, fresh: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    repository = batch.unit.activities
    repository.add([r for r in fresh if r["opportunity_key"] is not None])
    batch.alone |= set(repository.add([r for r in fresh if r["opportunity_key"] is None]))
    batch.touched |= {r["opportunity_key"] for r in fresh if r["opportunity_key"] is not None}
    repository.change(changed)
    batch.taken.new_activities = len(fresh)
    batch.taken.changed_activities = len(changed)


def _activities(batch: _Batch, told: Told) -> list[_ToldActivity]:
    key = batch.keys[told.opportunity.id] if told.opportunity is not None else None
    found = []
    for record in told.records:
        activity = record.activity
        if not told.is_complete and record is told.records[-1]:
            activity = own_activity(activity, told.opportunity)
        given = given_json(record) if told.is_complete else None
        found.append(_ToldActivity(activity, key, given))
    return found


def own_activity(activity: Activity, opportunity: Opportunity | None) -> Activity:
    """The latest activity without the opportunity's pending one, which is kept apart."""
    if opportunity is None or activity.next_activity != opportunity.next_activity:
        return activity
    return activity.model_copy(update={"next_activity": None})


def _row(batch: _Batch, one: _ToldActivity) -> dict[str, Any]:
    return activity_values(one.activity, one.given) | {
        "source": batch.source,
        "id": one.activity.id,
        "opportunity_key": one.opportunity_key,
        "told_on": batch.seen_on,
    }


def _differs(row: dict[str, Any], known: StoredActivity) -> bool:
    if row["content_hash"] != known.content_hash:
        return True
    moved = row["opportunity_key"] not in (None, known.opportunity_key)
    # What the row itself plans may be what was pending when it was the latest: no news.
    return moved or row["own_next"] not in (None, known.own_next, known.left_next)
