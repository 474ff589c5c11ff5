"""Audits opportunities: judges their activities in batches and adds up each one's standing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auditor.classify.protocol import Classifier
from auditor.classify.verdicts import judge
from auditor.domain.docket import Docket, build_docket
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.recommendation import recommend
from auditor.domain.records import (
    Activity,
    AuditRecord,
    Opportunity,
    OpportunityStatus,
    PastActivity,
)
from auditor.domain.standing import Standing, compute_standing
from auditor.domain.week import Week

BATCH = 256
"""Records judged at once: enough to sort by length, few enough to stay flat in memory."""
HISTORY_KEPT = 12
"""Earlier activities that a record carries at most."""


@dataclass(frozen=True)
class AuditUnit:
    """An opportunity with the records to judge on it, oldest first."""

    opportunity: Opportunity
    """The opportunity."""
    records: tuple[AuditRecord, ...]
    """One a logged activity."""
    pending_known: bool = True
    """Whether the source tells pending activities, so that none is a defect."""
    has_standing: bool = True
    """False for a lone record, whose verdict speaks for itself."""


@dataclass(frozen=True)
class AuditedOpportunity:
    """An opportunity with its judged activities and, as of the audit's day, its standing."""

    opportunity: Opportunity
    """The opportunity."""
    findings: tuple[Finding, ...]
    """One a record, oldest first; the deciding one's verdict carries the recommendation."""
    standing: Standing | None
    """None for a lone record."""


def with_history(opportunity: Opportunity, activities: Sequence[Activity]) -> AuditUnit:
    """Makes records of an opportunity's activities, each with those before it as history."""
    ordered = sorted(activities, key=lambda a: a.occurred_at.replace(tzinfo=None))
    records = []
    past: list[PastActivity] = []
    for activity in ordered:
        records.append(
            AuditRecord(
                opportunity=opportunity, activity=activity, history=tuple(past[-HISTORY_KEPT:])
            )
        )
        past.append(
            PastActivity(
                kind=activity.kind,
                occurred_at=activity.occurred_at,
                text=activity.text,
                next_activity=activity.next_activity,
                format=activity.format,
                id=activity.id,
                duration_seconds=activity.duration_seconds,
            )
        )
    return AuditUnit(opportunity=opportunity, records=tuple(records))


def audit(
    units: Iterable[AuditUnit],
    classifier: Classifier,
    policy: Policy,
    *,
    as_of: date,
    on_judged: Callable[[int], None] = lambda _: None,
) -> Iterator[AuditedOpportunity]:
    """Audits units in order, in constant memory.

    Args:
        units: opportunities with their records.
        classifier: gives the opinions.
        policy: thresholds.
        as_of: the day of the audit: what is overdue, how long the clock has run.
        on_judged: called with the number of records judged since the last call.
    """
    held: list[AuditUnit] = []
    size = 0
    for unit in units:
        held.append(unit)
        size += len(unit.records)
        if size >= BATCH:
            yield from _audit_batch(held, classifier, policy, as_of, on_judged)
            held, size = [], 0
    yield from _audit_batch(held, classifier, policy, as_of, on_judged)


def _audit_batch(
    units: Sequence[AuditUnit],
    classifier: Classifier,
    policy: Policy,
    as_of: date,
    on_judged: Callable[[int], None],
) -> Iterator[AuditedOpportunity]:
    for known in (True, False):
        those = [u for u in units if u.pending_known is known]
        records = [r for u in those for r in u.records]
        judged = []
        for at in range(0, len(records), BATCH):
            judged += judge(records[at : at + BATCH], classifier, policy, pending_known=known)
            on_judged(len(records[at : at + BATCH]))
        start = 0
        for unit in those:
            own = judged[start : start + len(unit.records)]
            start += len(unit.records)
            yield _add_up(unit, own, policy, as_of)


def _add_up(
    unit: AuditUnit, findings: Sequence[Finding], policy: Policy, as_of: date
) -> AuditedOpportunity:
    """Computes the standing and writes it on the deciding verdict."""
    if not unit.has_standing or unit.opportunity.status is not OpportunityStatus.OPEN:
        return AuditedOpportunity(unit.opportunity, tuple(findings), None)
    standing = compute_standing(unit.opportunity, findings, as_of=as_of)
    done = [
        _crown(unit.opportunity, f, standing, policy)
        if f.activity.id == standing.activity_id
        else f
        for f in findings
    ]
    return AuditedOpportunity(unit.opportunity, tuple(done), standing)


def _crown(
    opportunity: Opportunity, finding: Finding, standing: Standing, policy: Policy
) -> Finding:
    """The deciding finding with the recommendation that the whole history gives."""
    advice = recommend(
        opportunity, standing, participants=finding.activity.participants, policy=policy
    )
    verdict = finding.verdict.model_copy(
        update={"recommendation": advice, "next_activity_defects": standing.defects}
    )
    return replace(finding, verdict=verdict)


def make_docket(
    audited: Iterable[AuditedOpportunity], *, week: Week, policy: Policy, shown: int
) -> Docket:
    """Builds the week's docket of audited opportunities."""
    return build_docket(
        ((a.opportunity, a.findings) for a in audited if a.standing is not None),
        week=week,
        policy=policy,
        shown=shown,
    )
