"""Each rep's open opportunities at a glance."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.domain.docket_lines import DocketLine
from auditor.domain.labels import Label
from auditor.domain.verdict import Action


@dataclass(frozen=True)
class RepQueue:
    """One rep's open opportunities at a glance."""

    rep: str
    """The rep."""
    team: str | None
    """Their team."""
    open_count: int
    """Open opportunities, parked ones left out."""
    parked: int
    """Those that wait for a dated buyer event."""
    by_label: dict[Label, int]
    """Open ones by what they show."""
    to_review: int
    """Open ones that the auditor could not decide."""
    value: float
    """Sum of their values."""
    value_at_risk: float
    """Of the vague ones and the losses."""
    overdue: int
    """Pending activities past their day, or missing."""
    rolled: int
    """Opportunities whose pending activity keeps rolling."""
    median_clock_days: float | None
    """Median days since the last buyer commitment."""


def rep_queues(lines: Sequence[DocketLine]) -> list[RepQueue]:
    """The queues of a docket's opportunities: by team, the most value at risk first."""
    reps: dict[str, list[DocketLine]] = {}
    for line in lines:
        reps.setdefault(line.opportunity.owner or "nobody", []).append(line)
    queues = [_queue(rep, own) for rep, own in reps.items()]
    return sorted(queues, key=lambda q: (q.team or "", -q.value_at_risk))


def _queue(rep: str, own: Sequence[DocketLine]) -> RepQueue:
    def value(those: Iterable[DocketLine]) -> float:
        return float(sum(i.opportunity.value or 0 for i in those))

    active = [i for i in own if i.action is not Action.PARK]
    labels = Counter(i.label for i in active if i.label)
    clocks = [i.clock_days for i in active if i.clock_days is not None]
    return RepQueue(
        rep=rep,
        team=own[0].opportunity.team,
        open_count=len(active),
        parked=len(own) - len(active),
        by_label={label: labels.get(label, 0) for label in Label},
        to_review=sum(i.action is Action.REVIEW for i in active),
        value=value(active),
        value_at_risk=value(i for i in active if i.label is not Label.MEANINGFUL_NEXT_STEP),
        overdue=sum(i.is_overdue or i.is_missing for i in active),
        rolled=sum(i.is_rolling for i in active),
        median_clock_days=statistics.median(clocks) if clocks else None,
    )
