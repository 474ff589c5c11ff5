"""What is wrong with the pending next activity: what exactly is happening on that date?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from auditor.domain.findings import Commitment
from auditor.domain.labels import Label
from auditor.domain.pending import ROLLED_OFTEN
from auditor.domain.records import NextActivity
from auditor.domain.subjects import is_contact_only
from auditor.domain.verdict import Defect
from auditor.reading.prepared import PreparedRecord

_ROUND_DAYS = frozenset({7, 14, 21, 28, 30, 42, 56, 60, 84, 90, 91, 120, 180, 182, 364, 365})
_SLACK_DAYS = 3


def find_defects(
    prepared: PreparedRecord,
    *,
    label: Label,
    commitments: Sequence[Commitment] = (),
    roll_overs: int = 0,
    as_of: date | None = None,
    pending_known: bool = True,
) -> tuple[Defect, ...]:
    """Lists the defects of the pending next activity, the gravest first.

    Args:
        prepared: the record.
        label: the verdict's label; a meaningful step excuses a bare subject.
        commitments: the buyer's dated commitments in the record.
        roll_overs: how often the pending activity was moved without buyer evidence.
        as_of: the day of the audit; the activity's own day where None.
        pending_known: False where the source does not tell pending activities, so that none
            is not a defect.
    """
    pending = prepared.record.activity.next_activity
    if pending is None:
        return (Defect.MISSING,) if pending_known else ()
    logged = prepared.record.activity.occurred_at.date()
    meaningful = label is Label.MEANINGFUL_NEXT_STEP
    found = []
    if _contradicts(pending, commitments):
        found.append(Defect.CONTRADICTS_NOTE)
    if pending.due_on is None:
        found.append(Defect.NO_DUE_DATE)
    elif pending.due_on < (as_of or logged):
        found.append(Defect.OVERDUE)
    if not pending.subject.strip():
        found.append(Defect.NO_SUBJECT)
    elif not meaningful and is_contact_only(pending.subject):
        found.append(Defect.NOTHING_HAPPENS)
    if not meaningful and pending.due_on and _is_round(prepared, pending.due_on, logged):
        found.append(Defect.ROUND_INTERVAL)
    if roll_overs >= ROLLED_OFTEN:
        found.append(Defect.KEPT_ROLLING)
    return tuple(found)


def _contradicts(pending: NextActivity, commitments: Sequence[Commitment]) -> bool:
    """Due well after every day that the buyer committed to."""
    if pending.due_on is None or not commitments:
        return False
    slack = timedelta(days=_SLACK_DAYS)
    return all(pending.due_on > c.latest + slack for c in commitments)


def _is_round(prepared: PreparedRecord, due: date, logged: date) -> bool:
    """A round interval after the call, on a day that the text gives no reason for."""
    days = (due - logged).days
    same_day_of_month = days >= 28 and due.day == logged.day
    if not (days in _ROUND_DAYS or same_day_of_month):
        return False
    named = [m for m in prepared.dates if m.is_diary and not m.is_interval]
    return not any(m.earliest <= due <= m.latest for m in named)
