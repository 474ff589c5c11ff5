"""Says what the data can't tell, and from when on it will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from auditor.domain.flow import OpenDeal
from auditor.domain.health import Knowledge
from auditor.domain.health.forecast import HORIZONS
from auditor.storage.health import Known
from auditor.storage.past import Past

_MOST = 0.8
_STALE_DAYS = 7


def make_knowledge(known: Known, past: Past, deals: Sequence[OpenDeal], as_of: date) -> Knowledge:
    """Puts what the data holds, and what can't be known from it, into words."""
    judged = sum(d.label is not None for d in deals)
    return Knowledge(
        open_count=known.open_count,
        closed_count=known.closed_count,
        with_stage_history=past.with_stages,
        observed_only=past.observed_only,
        with_opening=known.with_opening,
        snapshot_weeks=known.snapshot_weeks,
        first_snapshot=known.first_snapshot,
        judged_open=judged,
        told_on=known.told_on,
        words=tuple(_gaps(known, past, len(deals), judged, as_of)),
    )


def _gaps(known: Known, past: Past, deals: int, judged: int, as_of: date) -> Iterator[str]:
    all_ = known.open_count + known.closed_count
    if not known.closed_count:
        yield (
            "No opportunity is known to have closed: there are no odds, deal sizes or fallout. "
            "Import closed ones too."
        )
    if all_ and not past.with_stages:
        yield (
            "No source tells when stages were entered: time in stage, odds by stage and clogs "
            "can't be known yet. Export the stage history, or import each week: changes seen "
            "between imports build it."
        )
    elif all_ and past.with_stages < _MOST * all_:
        yield (
            f"Only {past.with_stages} of {all_} opportunities have a stage history: times in "
            "stages rest on these."
        )
    if past.observed_only:
        yield (
            f"The stages of {past.observed_only} opportunities are known from differences "
            "between imports alone: their days are late by up to the time between two imports, "
            "and the stage that they were first seen in is left out."
        )
    if all_ and known.with_opening < _MOST * all_:
        yield (
            f"Only {known.with_opening} of {all_} opportunities have an opening day: ages of the "
            "others count from when they were first seen, and are longer in truth."
        )
    first = known.first_snapshot
    if first is None:
        yield "No snapshot of the pipeline is kept yet: forecast accuracy can't be known."
    elif (as_of - first).days < max(HORIZONS):
        ready = [(first + timedelta(d)).isoformat() for d in HORIZONS]
        yield (
            f"Snapshots began on {first.isoformat()}: forecast accuracy 30, 60 and 90 days back "
            f"can be known from {ready[0]}, {ready[1]} and {ready[2]} on."
        )
    if judged < deals:
        yield (
            f"{deals - judged} of {deals} open opportunities have no judged activity: they count "
            "as neither vague nor lost."
        )
    if known.told_on and (as_of - known.told_on).days > _STALE_DAYS:
        yield f"The newest data is of {known.told_on.isoformat()}."
