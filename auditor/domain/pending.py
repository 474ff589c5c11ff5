"""What stands pending on an opportunity: the plan, how often it moved, what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from auditor.domain.findings import Finding
from auditor.domain.records import NextActivity, Opportunity
from auditor.domain.subjects import is_same_plan
from auditor.domain.verdict import Defect

ROLLED_OFTEN = 2
"""From this many roll-overs on a pending activity counts as kept rolling."""


def pending_of(opportunity: Opportunity, past: Sequence[Finding]) -> NextActivity | None:
    """The pending activity as the CRM tells it, else as the last activity left it.

    Args:
        opportunity: with its pending activity, where known.
        past: its judged activities, oldest first.
    """
    if opportunity.next_activity_known or opportunity.next_activity:
        return opportunity.next_activity
    return past[-1].activity.next_activity if past else None


def count_roll_overs(
    opportunity: Opportunity, past: Sequence[Finding], pending: NextActivity | None
) -> int:
    """Moves of the pending activity to a later day since the last buyer commitment.

    The CRM's own history of due dates is taken where there is one; else the pending activities
    that the logged activities carried.
    """
    if opportunity.due_history:
        dues = [*opportunity.due_history, *([pending.due_on] if pending and pending.due_on else [])]
        proven = [f.activity.occurred_at.date() for f in past if f.proves_commitment]
        dues = [d for d in dues if not proven or d > proven[-1]]
        return sum(b > a for a, b in pairwise(dues))
    rolled = 0
    before: NextActivity | None = None
    for finding in past:
        following = finding.activity.next_activity
        if finding.proves_commitment:
            rolled = 0
        elif _is_moved(before, following):
            rolled += 1
        before = following or before
    return rolled + _is_moved(before, pending)


def _is_moved(before: NextActivity | None, after: NextActivity | None) -> bool:
    """Whether the same plan stands on a later day."""
    if not (before and after and before.due_on and after.due_on):
        return False
    return after.due_on > before.due_on and is_same_plan(before.subject, after.subject)


def defects_of(
    opportunity: Opportunity,
    past: Sequence[Finding],
    pending: NextActivity | None,
    rolled: int,
    as_of: date,
) -> tuple[Defect, ...]:
    """The latest verdict's defects, brought up to date with what is pending now."""
    if pending is None:
        known = opportunity.next_activity_known or bool(past)
        return (Defect.MISSING,) if known else ()
    stale = {Defect.MISSING, Defect.OVERDUE, Defect.KEPT_ROLLING}
    found = [d for d in past[-1].verdict.next_activity_defects if d not in stale]
    if pending.due_on and pending.due_on < as_of:
        found.insert(0, Defect.OVERDUE)
    if rolled >= ROLLED_OFTEN:
        found.append(Defect.KEPT_ROLLING)
    return tuple(found)
