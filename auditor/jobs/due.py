"""Work on the database: judges what is due, and builds the docket of the stored findings.

What is due follows from the data: an activity without a verdict, under the current policy, on what
is now known of it.  No list of work is kept that could be lost or grow stale.  Each batch is a
transaction of its own, so a run that is stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from auditor.classify.protocol import Classifier
from auditor.classify.verdicts import judge
from auditor.domain.docket import Docket, build_docket
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.records import Opportunity
from auditor.domain.week import Week
from auditor.intake.dossier import HISTORY_LIMIT
from auditor.jobs.audit import BATCH
from auditor.storage import Database, StoredOpportunity, due_history

_READ_AT_ONCE = 200


def count_due(database: Database, policy: Policy) -> int:
    """How many activities are due."""
    with database.read() as unit:
        return unit.activities.count_due(policy.fingerprint)


def judge_due(
    database: Database,
    classifier: Classifier,
    policy: Policy,
    *,
    on_judged: Callable[[int], None] = lambda _: None,
) -> int:
    """Judges the activities that are due and stores the findings, batch by batch.

    Args:
        database: where they are.
        classifier: gives the opinions.
        policy: thresholds; verdicts under its fingerprint count as done.
        on_judged: called with the number of activities judged since the last call.

    Returns:
        How many findings were added.

    Raises:
        StorageError: the database failed; the batches before are kept.
    """
    added = after = 0
    while True:
        with database.read() as unit:
            due = unit.activities.due(
                policy.fingerprint, after=after, limit=BATCH, history_limit=HISTORY_LIMIT
            )
        if not due:
            return added
        records = [each.record for each in due]
        known = [each.pending_known for each in due]
        findings = judge(records, classifier, policy, pending_known=known)
        with database.begin() as unit:
            pairs = zip(due, findings, strict=True)
            added += unit.verdicts.add(pairs, policy, judged_at=datetime.now(UTC))
        after = due[-1].key
        on_judged(len(due))


def stored_docket(
    database: Database, policy: Policy, *, week: Week, shown: int, team: str | None = None
) -> tuple[Docket, set[str]]:
    """Builds the week's docket of what is stored.

    Args:
        database: where it is.
        policy: whose findings count.
        week: the week it is about.
        shown: how many decisions to show.
        team: only this team's opportunities; case is ignored.

    Returns:
        The docket, and the teams that have open opportunities.
    """
    teams: set[str] = set()
    dossiers = _dossiers(database, policy.fingerprint, team, teams)
    return build_docket(dossiers, week=week, policy=policy, shown=shown), teams


def _dossiers(
    database: Database, policy: str, team: str | None, teams: set[str]
) -> Iterator[tuple[Opportunity, list[Finding]]]:
    with database.read() as unit:
        for stored in unit.opportunities.open_ones(_READ_AT_ONCE):
            teams.update(s.opportunity.team for s in stored if s.opportunity.team)
            wanted = [s for s in stored if _is_of(s.opportunity, team)]
            findings = unit.verdicts.current([s.key for s in wanted], policy)
            for each in wanted:
                own = findings.get(each.key, [])
                yield _with_dues(each, own), own


def _is_of(opportunity: Opportunity, team: str | None) -> bool:
    return team is None or (opportunity.team or "").casefold() == team.casefold()


def _with_dues(stored: StoredOpportunity, findings: list[Finding]) -> Opportunity:
    """The opportunity with the moves of its pending activity; the source's own tale goes first."""
    opportunity = stored.opportunity
    if opportunity.due_history:
        return opportunity
    activities = [f.activity for f in findings]
    dues = due_history(stored.seen, activities, opportunity.next_activity)
    return opportunity.model_copy(update={"due_history": dues})
