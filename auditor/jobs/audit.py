"""Audits opportunities: judges their activities in batches and adds up each one's standing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auditor.classify.protocol import Classifier
from auditor.classify.verdicts import judge
from auditor.domain.docket import FullDocket, build_docket
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.recommendation import asked_of_deciding, recommend
from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.domain.standing import Standing, compute_standing
from auditor.domain.week import Week
from auditor.intake.dossier import Dossier

BATCH = 256
"""Records judged at once: enough to sort by length, few enough to stay flat in memory."""


@dataclass(frozen=True)
class AuditedOpportunity:
    """An opportunity with its judged activities and, as of the audit's day, its standing."""

    opportunity: Opportunity
    """The opportunity."""
    findings: tuple[Finding, ...]
    """One a record, oldest first; the deciding one's verdict carries the recommendation."""
    standing: Standing | None
    """None for a lone record and for a closed opportunity."""


@dataclass(frozen=True)
class _Adding:
    """What findings are added up by."""

    policy: Policy
    stages: tuple[Stage, ...]
    as_of: date


def audit(
    dossiers: Iterable[Dossier],
    classifier: Classifier,
    policy: Policy,
    *,
    as_of: date,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    on_judged: Callable[[int], None] = lambda _: None,
) -> Iterator[AuditedOpportunity]:
    """Audits dossiers in order, in constant memory.

    Args:
        dossiers: opportunities with their records.
        classifier: gives the opinions.
        policy: thresholds.
        as_of: the day of the audit: what is overdue, how long the clock has run.
        stages: kinds of stage.
        on_judged: called with the number of records judged since the last call.
    """
    adding = _Adding(policy, stages, as_of)
    held: list[Dossier] = []
    size = 0
    for dossier in dossiers:
        held.append(dossier)
        size += len(dossier.records)
        if size >= BATCH:
            yield from _audit_batch(held, classifier, adding, on_judged)
            held, size = [], 0
    yield from _audit_batch(held, classifier, adding, on_judged)


def _audit_batch(
    dossiers: Sequence[Dossier],
    classifier: Classifier,
    adding: _Adding,
    on_judged: Callable[[int], None],
) -> Iterator[AuditedOpportunity]:
    records = [r for d in dossiers for r in d.records]
    known = [k for d in dossiers for k in _pending_known(d)]
    judged: list[Finding] = []
    for at in range(0, len(records), BATCH):
        part = slice(at, at + BATCH)
        judged += judge(records[part], classifier, adding.policy, pending_known=known[part])
        on_judged(len(records[part]))
    start = 0
    for dossier in dossiers:
        own = judged[start : start + len(dossier.records)]
        start += len(dossier.records)
        yield _add_up(dossier, own, adding)


def _pending_known(dossier: Dossier) -> list[bool]:
    """Whether the source tells each record's pending activity: it does for the latest only."""
    earlier = max(0, len(dossier.records) - 1)
    return [False] * earlier + [dossier.opportunity.next_activity_known] * bool(dossier.records)


def _add_up(dossier: Dossier, findings: Sequence[Finding], adding: _Adding) -> AuditedOpportunity:
    """Computes the standing and writes it on the deciding verdict."""
    opportunity = dossier.opportunity
    if dossier.alone or opportunity.status is not OpportunityStatus.OPEN:
        return AuditedOpportunity(opportunity, tuple(findings), None)
    standing = compute_standing(opportunity, findings, as_of=adding.as_of, stages=adding.stages)
    done = [
        _crown(opportunity, f, standing, adding) if f.activity.id == standing.activity_id else f
        for f in findings
    ]
    return AuditedOpportunity(opportunity, tuple(done), standing)


def _crown(
    opportunity: Opportunity, finding: Finding, standing: Standing, adding: _Adding
) -> Finding:
    """The deciding finding with the recommendation that the whole history gives."""
    advice = recommend(
        opportunity,
        standing,
        participants=finding.activity.participants,
        policy=adding.policy,
        stages=adding.stages,
        asked=asked_of_deciding([finding], standing),
    )
    verdict = finding.verdict.model_copy(
        update={"recommendation": advice, "next_activity_defects": standing.defects}
    )
    return replace(finding, verdict=verdict)


def make_docket(
    audited: Iterable[AuditedOpportunity],
    *,
    week: Week,
    policy: Policy,
    shown: int,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> FullDocket:
    """Builds the week's docket of audited opportunities."""
    return build_docket(
        ((a.opportunity, a.findings) for a in audited if a.standing is not None),
        week=week,
        policy=policy,
        stages=stages,
        shown=shown,
    )
