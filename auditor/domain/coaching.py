"""Coaching before supervision: for some days a new item is seen by its rep alone.

The days run from the first verdict that found the trouble that still stands.  Further notes of the
same kind don't start them anew, or an item could be kept from the docket by writing more of them; a
verified buyer commitment does, since what comes after it is new trouble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from auditor.domain.findings import Finding
from auditor.domain.labels import Label


def trouble_since(findings: Sequence[Finding], judged_on: Mapping[str, date]) -> date | None:
    """The day since which the rep can see the trouble; None where there is none.

    Args:
        findings: an opportunity's, oldest first.
        judged_on: by activity id, the day on which it was first judged.
    """
    since = None
    for finding in findings:
        if finding.proves_commitment:
            since = None
        elif since is None and finding.verdict.label is not Label.MEANINGFUL_NEXT_STEP:
            since = judged_on.get(finding.activity.id)
    return since


def held_until(since: date | None, *, days: int, as_of: date) -> date | None:
    """The day on which the supervisor sees it; None where that has come.

    Args:
        since: the day since which the rep can see it.
        days: how many days the rep has.
        as_of: the docket's reading day.
    """
    if since is None or not days:
        return None
    until = since + timedelta(days)
    return until if until > as_of else None
