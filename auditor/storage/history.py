"""What changes between imports: the newest news of an opportunity, its stages and due dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from auditor.domain.records import (
    Activity,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    StageChange,
)
from auditor.domain.subjects import is_same_plan


@dataclass(frozen=True)
class SeenPending:
    """The pending activity as it stood when it was first seen so."""

    seen_on: date
    """The day as of which it stood so."""
    pending: NextActivity | None
    """None where none was pending."""


def newest(stored: Opportunity, told: Opportunity, *, newer: bool = True) -> Opportunity:
    """Puts news over what is known; a field that the news does not tell stays.

    Within one import ``merge_opportunities`` weighs two tellings of the same day; here the later
    day is believed.  Stage changes are left out: they are kept apart.

    Args:
        stored: what is known.
        told: what a source tells.
        newer: False where the news is older than what is known and only fills gaps.
    """
    first, second = (stored, told) if newer else (told, stored)
    known: dict[str, Any] = {}
    for deal in (first, second):
        known |= {name: getattr(deal, name) for name in deal.model_fields_set}
    known |= {"id": stored.id, "stage_history": ()}
    if newer and _is_reopened(stored, told):
        known |= {"status": OpportunityStatus.OPEN, "closed_on": None, "lost_reason": None}
    return Opportunity.model_construct(_fields_set=set(known), **known)


def _is_reopened(stored: Opportunity, told: Opportunity) -> bool:
    """Whether a closed opportunity is told in another stage, and not as closed."""
    if stored.status is OpportunityStatus.OPEN or "status" in told.model_fields_set:
        return False
    return bool(told.stage) and told.stage != stored.stage


def stage_history(
    told: Sequence[StageChange], observed: Sequence[StageChange]
) -> tuple[StageChange, ...]:
    """Unites stage changes that sources told with those seen between two imports.

    An observed one is left out where the told ones already have that stage on that day.
    """
    told = sorted(told, key=lambda c: c.entered_on)
    if not observed:
        return tuple(told)
    kept = list(told)
    for change in observed:
        before = [c for c in told if c.entered_on <= change.entered_on]
        if not before or before[-1].stage != change.stage:
            kept.append(change)
    return tuple(sorted(kept, key=lambda c: c.entered_on))


def due_history(
    seen: Sequence[SeenPending], activities: Sequence[Activity], pending: NextActivity | None
) -> tuple[date, ...]:
    """Earlier due days of the plan that is pending now, oldest first.

    They are told where imports saw the plan move; the plans that activities carried before are
    then put in front, so that no earlier move is lost.  Where imports saw no move, nothing is
    told, and the activities speak for themselves.

    Args:
        seen: the pending activity at each import that changed it, oldest first.
        activities: the opportunity's, oldest first, each with the pending activity that it left.
        pending: the pending activity now.
    """
    if pending is None or pending.due_on is None:
        return ()
    moves = [s.pending for s in seen if s.pending is not None]
    if len(_same_plan(moves, pending)) <= 1:
        return ()
    # The latest activity at the first import carries what was pending since: that is in ``seen``.
    before = [a for a in activities if a.occurred_at.date() <= seen[0].seen_on][:-1]
    plans = [a.next_activity for a in before if a.next_activity is not None]
    dues = _same_plan([*plans, *moves], pending)
    return tuple(dues[:-1] if dues[-1:] == [pending.due_on] else dues)


def _same_plan(plans: Sequence[NextActivity], pending: NextActivity) -> list[date]:
    """Due days of the last plans that are the pending one moved; the same day twice is one."""
    dues: list[date] = []
    for plan in reversed(plans):
        if not _is_same(plan, pending):
            break
        if plan.due_on and plan.due_on != (dues[-1] if dues else None):
            dues.append(plan.due_on)
    return dues[::-1]


def _is_same(plan: NextActivity, pending: NextActivity) -> bool:
    """The same plan, also where neither has a subject."""
    return plan.subject == pending.subject or is_same_plan(plan.subject, pending.subject)
