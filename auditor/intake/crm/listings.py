"""What imports told, as it goes into registers beside what events told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from typing import Any

from auditor.domain.records import Activity, NextActivity, Opportunity, StageChange
from auditor.intake.crm.changes import RecordKind
from auditor.intake.crm.registers import Listing, listing_stamp

_APART = frozenset({"id", "stage_history", "next_activity", "next_activity_known", "due_history"})


def list_opportunity(
    opportunity: Opportunity,
    seen_on: date,
    zone: tzinfo | None,
    *,
    stages_seen: Sequence[StageChange] = (),
) -> Listing:
    """An opportunity as an import told it.

    Args:
        opportunity: only what was told is set.
        seen_on: the day as of which.
        zone: whose calendar days count; None is the machine's.
        stages_seen: stages that it was seen to enter between imports.
    """
    told: dict[str, Any] = opportunity.model_dump(
        mode="json", exclude_unset=True, exclude=set(_APART)
    )
    if "next_activity" in opportunity.model_fields_set or opportunity.next_activity_known:
        told |= {
            "next_activity": _plan(opportunity.next_activity),
            "next_activity_known": opportunity.next_activity_known,
        }
    if opportunity.due_history:
        told["due_history"] = [day.isoformat() for day in opportunity.due_history]
    if opportunity.stage_history:
        told["stage_history"] = _stages(opportunity.stage_history)
    if stages_seen:
        told["stages_seen"] = _stages(stages_seen)
    stamp = listing_stamp(seen_on, zone)
    return Listing(RecordKind.OPPORTUNITY, opportunity.id, stamp, told)


def list_plan(
    identity: str, plan: NextActivity | None, seen_on: date, zone: tzinfo | None
) -> Listing:
    """What an import saw pending on an opportunity on a day; None where nothing was."""
    told = {"next_activity": _plan(plan)}
    return Listing(RecordKind.OPPORTUNITY, identity, listing_stamp(seen_on, zone), told)


def list_activity(
    activity: Activity,
    given: dict[str, Any] | None,
    seen_on: date,
    zone: tzinfo | None,
    *,
    left: tuple[dict[str, Any] | None, bool] | None = None,
) -> Listing:
    """An activity as an import told it.

    Args:
        activity: the activity.
        given: opportunity and history of one that came complete in itself.
        seen_on: the day as of which.
        zone: whose calendar days count; None is the machine's.
        left: what it left pending, and whether that is known, where imports showed it.
    """
    told: dict[str, Any] = activity.model_dump(mode="json", exclude={"id", "source"})
    if activity.opportunity_id is None:
        del told["opportunity_id"]  # it is not known, which is not to say that it is on none
    told |= {"is_done": True, "given": given, "origin": activity.source}
    if left is not None:
        told["left"] = {"plan": left[0], "known": left[1]}
    return Listing(RecordKind.ACTIVITY, activity.id, listing_stamp(seen_on, zone), told)


def _plan(plan: NextActivity | None) -> dict[str, Any] | None:
    return None if plan is None else plan.model_dump(mode="json")


def _stages(changes: Iterable[StageChange]) -> list[list[str]]:
    return [[c.stage, c.entered_on.isoformat()] for c in changes]
