"""Takes in what imports tell of records that events have told of too.

What only imports tell is written by ``storage.take``, in the order in which they are run.  Where a
register stands for the opportunity or one of its activities, what the import tells goes into
registers, so that it stands beside what events tell whichever came first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo

from auditor.domain.records import Activity
from auditor.intake import HISTORY_LIMIT
from auditor.intake.crm.changes import RecordKind
from auditor.intake.crm.listings import list_activity, list_opportunity
from auditor.intake.crm.registers import Listing
from auditor.jobs.crm_changes import take_changes
from auditor.storage import StoredOpportunity, Taken, Told, UnitOfWork, own_activity, take
from auditor.storage.mapping import given_json, next_json
from auditor.storage.news import one_each, without_stale_plan


def take_import(
    unit: UnitOfWork,
    told: Sequence[Told],
    *,
    source: str,
    seen_on: date,
    zone: tzinfo | None = None,
) -> Taken:
    """Takes in a batch of an import, within the unit's transaction.

    Args:
        unit: the unit of work.
        told: opportunities with their activities.
        source: namespace of the ids.
        seen_on: the day as of which it is told.
        zone: whose calendar days count; None is the machine's.
    """
    unit.lock_source(source)
    deals = [t.opportunity.id for t in told if t.opportunity is not None]
    notes = [record.activity.id for t in told for record in t.records]
    known = unit.crm_records.known(source, RecordKind.OPPORTUNITY, deals)
    listed = unit.crm_records.known(source, RecordKind.ACTIVITY, notes)
    mixed = [t for t in told if _is_of(t, known, listed)]
    plain = [t for t in told if not _is_of(t, known, listed)] if mixed else told
    taken = take(unit, plain, source=source, seen_on=seen_on, history_limit=HISTORY_LIMIT)
    if mixed:
        taken.add(_take_mixed(unit, mixed, source, seen_on, zone))
    return taken


def _is_of(told: Told, deals: set[str], notes: set[str]) -> bool:
    is_known = told.opportunity is not None and told.opportunity.id in deals
    return is_known or any(record.activity.id in notes for record in told.records)


def _take_mixed(
    unit: UnitOfWork, told: Sequence[Told], source: str, seen_on: date, zone: tzinfo | None
) -> Taken:
    stored = unit.opportunities.find(source, [t.opportunity.id for t in told if t.opportunity])
    listings = list(_opportunities(told, stored, seen_on, zone))
    deals = {listing.id for listing in listings}
    for each in told:
        listings += _activities(each, seen_on, zone)
    notes = {listing.id for listing in listings if listing.kind is RecordKind.ACTIVITY}
    today = max(seen_on, datetime.now(zone).date())  # what events told may be of a later day
    done = take_changes(unit, listings, source=source, today=today, zone=zone)
    return Taken(
        opportunities=len(deals),
        new_opportunities=len(deals & done.new_opportunities),
        changed_opportunities=len(deals & done.changed_opportunities),
        activities=len(notes),
        new_activities=len(notes & done.new_activities),
        changed_activities=len(notes & done.changed_activities),
    )


def _opportunities(
    told: Sequence[Told],
    stored: Mapping[str, StoredOpportunity],
    seen_on: date,
    zone: tzinfo | None,
) -> Iterator[Listing]:
    together = one_each((t.opportunity, t.records) for t in told if t.opportunity is not None)
    for name, each in together.items():
        known = stored.get(name)
        deal = each.opportunity if known is None else without_stale_plan(each, known)
        yield list_opportunity(
            deal.model_copy(update={"stage_history": each.stages}), seen_on, zone
        )


def _activities(told: Told, seen_on: date, zone: tzinfo | None) -> Iterator[Listing]:
    deal = told.opportunity
    for record in told.records:
        activity = record.activity
        if told.is_complete:
            yield list_activity(_placed(activity, told), given_json(record), seen_on, zone)
            continue
        left: tuple[dict[str, object] | None, bool] = (None, False)
        if record is told.records[-1]:
            activity = own_activity(activity, deal)
            if deal is not None:
                left = next_json(deal.next_activity), deal.next_activity_known
        yield list_activity(_placed(activity, told), None, seen_on, zone, left=left)


def _placed(activity: Activity, told: Told) -> Activity:
    """The activity with the opportunity that it was told with."""
    deal = told.opportunity
    return activity if deal is None else activity.model_copy(update={"opportunity_id": deal.id})
