"""What every reading of current findings has in common: which verdict holds, and who corrected."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from auditor.storage.decision_models import CorrectionRow
from auditor.storage.keys_in import keys_in
from auditor.storage.models import ActivityRow, VerdictRow


def is_current(policy: str) -> ColumnElement[bool]:
    """Joins an activity's row to its verdict under a policy, of the activity as it is now."""
    return and_(
        VerdictRow.activity_key == ActivityRow.key,
        VerdictRow.policy == policy,
        VerdictRow.input_hash == ActivityRow.input_hash,
    )


def corrected_opportunities(session: Session, opportunities: Sequence[int]) -> list[int]:
    """Keys of those on which a supervisor's correction stands."""
    query = (
        select(ActivityRow.opportunity_key)
        .distinct()
        .join(CorrectionRow, CorrectionRow.activity_key == ActivityRow.key)
        .where(keys_in(ActivityRow.opportunity_key, opportunities))
        .where(CorrectionRow.undone_at.is_(None))
    )
    return [key for key in session.scalars(query) if key is not None]
