"""Streams the open opportunities with their standings, in the few facts that health counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from auditor.domain.findings import Finding
from auditor.domain.flow import OpenDeal, open_deal
from auditor.domain.flow.deals import FirstSeen
from auditor.domain.recommendation import recommend
from auditor.domain.records import Opportunity
from auditor.domain.standing import Standing, compute_standing
from auditor.health.rules import HealthRules
from auditor.storage import StoredOpportunity, UnitOfWork, due_history

_AT_ONCE = 500


def open_deals(
    unit: UnitOfWork,
    rules: HealthRules,
    *,
    as_of: date,
    before: date,
    owners: Sequence[str] | None = None,
    teams: Sequence[str] | None = None,
) -> Iterator[OpenDeal]:
    """Yields the open opportunities, in constant memory.

    Args:
        unit: to read with.
        rules: policy and stages.
        as_of: day of the standings.
        before: an earlier day, to tell what was parked since.
        owners: only these reps, as stored.
        teams: only these teams, as stored.
    """
    for stored in unit.opportunities.open_ones(_AT_ONCE, owners=owners, teams=teams):
        keys = [s.key for s in stored]
        findings = unit.verdicts.current(keys, rules.policy.fingerprint)
        unknown = [s.key for s in stored if not s.opportunity.stage_history]
        seen = unit.snapshots.first_seen(unknown)
        for each in stored:
            own = findings.get(each.key, [])
            yield _deal(each, own, rules, as_of, before, seen.get(each.key))


def with_dues(stored: StoredOpportunity, findings: Sequence[Finding]) -> Opportunity:
    """The opportunity with the moves of its pending activity; the source's own tale goes first."""
    opportunity = stored.opportunity
    if opportunity.due_history:
        return opportunity
    activities = [f.activity for f in findings]
    dues = due_history(stored.seen, activities, opportunity.next_activity)
    return opportunity.model_copy(update={"due_history": dues})


def _deal(
    stored: StoredOpportunity,
    findings: Sequence[Finding],
    rules: HealthRules,
    as_of: date,
    before: date,
    seen: FirstSeen | None,
) -> OpenDeal:
    opportunity = with_dues(stored, findings)
    now = compute_standing(opportunity, findings, as_of=as_of, stages=rules.stages)
    advice = recommend(opportunity, now, policy=rules.policy, stages=rules.stages)
    return open_deal(
        opportunity,
        now,
        _earlier(opportunity, findings, before, rules),
        advice,
        key=stored.key,
        source=stored.source,
        seen=seen,
        stages=rules.stages,
    )


def _earlier(
    opportunity: Opportunity, findings: Sequence[Finding], day: date, rules: HealthRules
) -> Standing | None:
    """The standing on an earlier day, where it may have been parked then; else None."""
    far = day + timedelta(1)
    known = [f for f in findings if f.activity.occurred_at.date() <= day]
    if not any(c.latest >= far for f in known for c in f.commitments):
        return None
    return compute_standing(opportunity, known, as_of=day, stages=rules.stages)
