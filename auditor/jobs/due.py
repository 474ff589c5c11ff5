"""Work on the database: judges what is due.

What is due follows from the data: an activity without a verdict, under the current policy, on what
is now known of it.  No list of work is kept that could be lost or grow stale.  Each batch is a
transaction of its own, so a run that is stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from auditor.classify.protocol import Classifier
from auditor.classify.verdicts import judge
from auditor.domain.policy import Policy
from auditor.intake.dossier import HISTORY_LIMIT
from auditor.jobs.audit import BATCH
from auditor.storage import Database


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
