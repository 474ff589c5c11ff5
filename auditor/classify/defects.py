"""What is wrong with the pending next activity: what exactly is happening on that date?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from auditor.domain.findings import Commitment
from auditor.domain.labels import Label
from auditor.domain.records import NextActivity
from auditor.domain.verdict import Defect
from auditor.reading.prepared import PreparedRecord

_CONTACT_ONLY = re.compile(
    r"^\W*(?:(?:re)?-?(?:call|ring|phone|chase|ping|nudge|email|e-mail|mail|text|bump|try)(?:\s?back|\s?again|\s?in)?"
    r"|f/?u|f-up|follow[\s-]?up|follow up (?:call|email|with)|check[\s-]?(?:in|ing in|up)"
    r"|touch(?:ing)? base"
    r"|catch[\s-]?up|circle back|keep(?:ing)? in touch|see where (?:they|he|she)\S* at|reminder"
    r"|to-?do|task|next steps?"
    r"|update|status|call|cb|vm|intro|wiedervorlage|rückruf|relance|opvolgen|richiamare|llamar)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_EVENT_WORD = re.compile(
    r"\b(?:demo|workshop|board|decision|sign(?:ing|ature|s)?|contract|po|order|review|trial|pilot|survey|visit|kick-?off"
    r"|presentation|presenting|tender|award|vote|committee|redlines?|result|install|audit|interview|viewing|test|quote|proposal)\b",
    re.IGNORECASE,
)
_ROUND_DAYS = frozenset({7, 14, 21, 28, 30, 42, 56, 60, 84, 90, 91, 120, 180, 182, 364, 365})
_SLACK_DAYS = 3
ROLLED_OFTEN = 2
"""From this many roll-overs on the pending activity counts as kept rolling."""


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
    elif not meaningful and _nothing_happens(pending.subject):
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


def _nothing_happens(subject: str) -> bool:
    """A contact for its own sake: "Call back", "FU Lee", with no event named."""
    match = _CONTACT_ONLY.match(subject.strip())
    return bool(match) and not _EVENT_WORD.search(subject)


def _is_round(prepared: PreparedRecord, due: date, logged: date) -> bool:
    """A round interval after the call, on a day that the text gives no reason for."""
    days = (due - logged).days
    same_day_of_month = days >= 28 and due.day == logged.day
    if not (days in _ROUND_DAYS or same_day_of_month):
        return False
    named = [m for m in prepared.dates if m.is_diary and not m.is_interval]
    return not any(m.earliest <= due <= m.latest for m in named)
