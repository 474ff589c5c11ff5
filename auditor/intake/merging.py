"""Puts together what several sources, or several rows, tell of one opportunity."""

from __future__ import annotations

from datetime import date
from typing import Any

from auditor.domain.records import NextActivity, Opportunity, StageChange


def merge_opportunities(first: Opportunity, second: Opportunity) -> Opportunity:
    """Returns one opportunity of two partial ones with the same id.

    A field that only one of them tells is taken from it.  Where they differ, the one that tells
    more fields is believed, else the second.  Stage changes and earlier due dates are united; of
    several pending activities the earliest due stands.
    """
    lesser, richer = sorted((first, second), key=lambda deal: len(deal.model_fields_set))
    told: dict[str, Any] = {}
    for deal in (lesser, richer):
        told |= {name: getattr(deal, name) for name in deal.model_fields_set}
    told["id"] = first.id
    told |= _united(first, second)
    return Opportunity.model_construct(_fields_set=set(told), **told)


def _united(first: Opportunity, second: Opportunity) -> dict[str, Any]:
    united: dict[str, Any] = {}
    changes = _union_of_changes(first.stage_history, second.stage_history)
    if changes:
        united["stage_history"] = changes
    dues = tuple(sorted({*first.due_history, *second.due_history}))
    if dues:
        united["due_history"] = dues
    if first.next_activity_known or second.next_activity_known:
        united["next_activity_known"] = True
        united["next_activity"] = earliest(first.next_activity, second.next_activity)
    return united


def _union_of_changes(
    first: tuple[StageChange, ...], second: tuple[StageChange, ...]
) -> tuple[StageChange, ...]:
    if not first or not second:
        return first or second
    return tuple(sorted(dict.fromkeys((*first, *second)), key=lambda change: change.entered_on))


def earliest(first: NextActivity | None, second: NextActivity | None) -> NextActivity | None:
    """Returns the pending activity that is due first; one without a date comes last."""
    if first is None or second is None:
        return first or second
    return min(first, second, key=lambda pending: pending.due_on or date.max)
