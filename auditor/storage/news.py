"""What is new in what a source tells of an opportunity, against what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from auditor.domain.records import AuditRecord, NextActivity, Opportunity, StageChange
from auditor.storage.history import SeenPending, newest
from auditor.storage.mapping import opportunity_values, sortable
from auditor.storage.opportunities import OpportunityNews, StoredOpportunity


@dataclass(frozen=True)
class ToldDeal:
    """An opportunity as one batch tells it."""

    opportunity: Opportunity
    """Only what is told is set."""
    stages: tuple[StageChange, ...]
    """Stage changes told."""
    latest_at: datetime | None
    """When the latest activity told with it happened, in UTC."""
    left: NextActivity | None
    """The pending activity that this latest one left."""


def one_each(
    told: Iterable[tuple[Opportunity, Sequence[AuditRecord]]],
) -> dict[str, ToldDeal]:
    """Puts together what a batch tells of the same opportunity; later ones go over earlier."""
    found: dict[str, ToldDeal] = {}
    for opportunity, records in told:
        before = found.get(opportunity.id)
        now = newest(before.opportunity if before else Opportunity(id=opportunity.id), opportunity)
        stages = (*(before.stages if before else ()), *opportunity.stage_history)
        latest = records[-1].activity if records else None
        found[opportunity.id] = ToldDeal(
            now,
            tuple(dict.fromkeys(stages)),
            sortable(latest.occurred_at) if latest else None,
            latest.next_activity if latest else None,
        )
    return found


def news_of(
    told: ToldDeal,
    stored: StoredOpportunity | None,
    *,
    seen_on: date,
    pending_as_of: Callable[[int, date], SeenPending | None],
) -> OpportunityNews:
    """Works out what is to be written.

    Args:
        told: what the source tells.
        stored: what is known; None where nothing is.
        seen_on: the day as of which it is told.
        pending_as_of: finds what was pending on an earlier day, by the opportunity's key.
    """
    if stored is None:
        seen = _seen(told.opportunity, seen_on) if told.opportunity.next_activity_known else ()
        return OpportunityNews(told.opportunity, seen_on, stages=told.stages, seen=seen)
    newer = seen_on >= stored.told_on
    deal = without_stale_plan(told, stored)
    now = newest(stored.opportunity, deal, newer=newer)
    is_changed = opportunity_values(now) != opportunity_values(stored.opportunity)
    return OpportunityNews(
        now,
        seen_on if newer else stored.told_on,
        key=stored.key,
        is_changed=is_changed,
        stages=told.stages,
        entered=_entered(told, stored.opportunity, now, seen_on) if newer else None,
        seen=_changes_of_plan(deal, stored, now, seen_on, pending_as_of, newer=newer),
    )


def without_stale_plan(told: ToldDeal, stored: StoredOpportunity) -> Opportunity:
    """Leaves out a plan that only an activity left, where a later activity is known already."""
    deal = told.opportunity
    is_older = told.latest_at and stored.latest_at and told.latest_at < stored.latest_at
    if not is_older or "next_activity" not in deal.model_fields_set:
        return deal
    if deal.next_activity is None or deal.next_activity != told.left:
        return deal
    kept = deal.model_fields_set - {"next_activity", "next_activity_known"}
    return Opportunity.model_construct(
        _fields_set=set(kept), **{name: getattr(deal, name) for name in kept}
    )


def _entered(
    told: ToldDeal, before: Opportunity, now: Opportunity, seen_on: date
) -> StageChange | None:
    """A change of stage that is seen, where the source does not tell it itself."""
    if not before.stage or before.stage == now.stage:
        return None
    if any(change.stage == now.stage for change in told.stages):
        return None
    return StageChange(stage=now.stage, entered_on=seen_on)


def _changes_of_plan(
    deal: Opportunity,
    stored: StoredOpportunity,
    now: Opportunity,
    seen_on: date,
    pending_as_of: Callable[[int, date], SeenPending | None],
    *,
    newer: bool,
) -> tuple[SeenPending, ...]:
    if "next_activity" not in deal.model_fields_set:
        return ()
    if newer:
        before = stored.opportunity
        known = before.next_activity_known or before.next_activity is not None
        same = known and before.next_activity == now.next_activity
    else:
        then = pending_as_of(stored.key, seen_on)
        same = then is not None and then.pending == deal.next_activity
    return () if same else _seen(deal, seen_on)


def _seen(deal: Opportunity, seen_on: date) -> tuple[SeenPending, ...]:
    return (SeenPending(seen_on, deal.next_activity),)
