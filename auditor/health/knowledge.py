"""Says what the data can't tell, and from when on it will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from auditor.domain.flow import OpenDeal
from auditor.domain.health import Knowledge
from auditor.domain.health.forecast import HORIZONS
from auditor.storage.past import Past
from auditor.storage.snapshots import SnapshotWeeks

_MOST = 0.8
_STALE_DAYS = 7


def make_knowledge(
    past: Past, weeks: SnapshotWeeks, deals: Sequence[OpenDeal], as_of: date
) -> Knowledge:
    """Puts what the data holds, and what can't be known from it, into words."""
    judged = sum(d.label is not None for d in deals)
    return Knowledge(
        open_count=past.open_count,
        closed_count=past.closed_count,
        with_stage_history=past.with_stages,
        observed_only=past.observed_only,
        with_opening=past.with_opening,
        snapshot_weeks=weeks.number,
        first_snapshot=weeks.first,
        judged_open=judged,
        told_on=past.told_on,
        words=tuple(_gaps(past, weeks, len(deals), judged, as_of)),
    )


def _gaps(past: Past, weeks: SnapshotWeeks, deals: int, judged: int, as_of: date) -> Iterator[str]:
    all_ = past.open_count + past.closed_count
    if not past.closed_count:
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
    if all_ and past.with_opening < _MOST * all_:
        yield (
            f"Only {past.with_opening} of {all_} opportunities have an opening day: ages of the "
            "others count from when they were first seen, and are longer in truth."
        )
    first = weeks.first
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
    if past.told_on and (as_of - past.told_on).days > _STALE_DAYS:
        yield f"The newest data is of {past.told_on.isoformat()}."
