"""Works out, after news, what each activity's verdict rests on.

The latest activity of an opportunity carries the pending one as it stands now; when a later one
comes, the earlier one keeps what was pending while it was the latest.  So the plans that a rep left
behind stay on record, and a moved date is seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, null, select, update
from sqlalchemy.orm import Session

from auditor.storage.hashing import JudgedPart, input_hash
from auditor.storage.inserting import in_parts
from auditor.storage.mapping import next_json, next_of
from auditor.storage.models import ActivityRow, OpportunityRow


def settle(
    session: Session, opportunities: Sequence[int], alone: Sequence[int], *, limit: int
) -> None:
    """Brings pending activities and input hashes up to date.

    Args:
        session: the unit's.
        opportunities: keys of opportunities of which anything changed.
        alone: keys of new or changed activities without an opportunity.
        limit: most earlier activities that a record carries.
    """
    changed: list[dict[str, Any]] = []
    for part in in_parts(sorted(opportunities)):
        rows = session.execute(
            _skeletons()
            .where(ActivityRow.opportunity_key.in_(part))
            .order_by(ActivityRow.opportunity_key, ActivityRow.occurred_utc, ActivityRow.key)
        )
        for _, group in groupby(rows, key=lambda row: row.opportunity_key):
            changed += _settle_group(list(group), limit)
    for part in in_parts(sorted(alone)):
        for row in session.execute(_skeletons().where(ActivityRow.key.in_(part))):
            changed += _settle_group([row], limit)
    if changed:
        session.execute(update(ActivityRow), changed)


def _skeletons() -> Select[Any]:
    row, deal = ActivityRow, OpportunityRow
    return select(
        row.key,
        row.opportunity_key,
        row.content_hash,
        row.own_next,
        row.left_next,
        row.left_known,
        row.input_hash,
        row.given.is_not(null()).label("is_given"),
        deal.pending_known,
        deal.pending_kind,
        deal.pending_subject,
        deal.pending_due_on,
    ).outerjoin(deal, deal.key == row.opportunity_key)


def _settle_group(rows: Sequence[Row[Any]], limit: int) -> Iterator[dict[str, Any]]:
    earlier: deque[JudgedPart] = deque(maxlen=limit)
    for row in rows:
        left, known = row.left_next, row.left_known
        if row is rows[-1] and row.own_next is None and not row.is_given:
            left, known = _pending(row)
        pending = row.own_next or left
        part = JudgedPart(row.content_hash, pending)
        told = input_hash(
            part,
            known=known or pending is not None,
            earlier=() if row.is_given else tuple(earlier),
        )
        earlier.append(part)
        if (left, known, told) != (row.left_next, row.left_known, row.input_hash):
            yield {"key": row.key, "left_next": left, "left_known": known, "input_hash": told}


def _pending(row: Row[Any]) -> tuple[dict[str, Any] | None, bool]:
    """The opportunity's pending activity now, and whether it is known."""
    if row.opportunity_key is None:
        return None, False
    pending = next_of(row.pending_kind, row.pending_subject, row.pending_due_on)
    return next_json(pending), bool(row.pending_known) or pending is not None
