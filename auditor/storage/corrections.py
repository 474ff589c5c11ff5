"""Corrections of verdicts: made, taken back, never removed but by erasure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.corrections import Correction
from auditor.domain.verdict import Evidence, EvidenceRole
from auditor.storage.decision_models import CorrectionRow
from auditor.storage.inserting import in_parts
from auditor.storage.models import ActivityRow, OpportunityRow, VerdictRow

_AT_ONCE = 500


@dataclass(frozen=True)
class LabelledExample:
    """A correction that stands, with what makes it a labelled record."""

    correction: Correction
    """The label, the words and the record."""
    team: str | None
    """The team of its opportunity."""
    owner: str | None
    """The rep of its opportunity."""
    judged_label: str
    """What the auditor had said."""
    judged_reason: str
    """And why."""
    classifier: str
    """Which classifier had said so."""
    judged_quotes: tuple[str, ...]
    """The words of the activity's text that it rested on."""


@dataclass(frozen=True)
class Rightness:
    """What supervisors said of verdicts in a span of time."""

    looked_at: int
    """Verdicts that they confirmed or corrected."""
    right: int
    """Of those, confirmed."""


class CorrectionRepository:
    """Corrections, by activity."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, values: Mapping[str, Any]) -> Correction:
        """Adds a correction; an earlier one of the same activity no longer counts beside it."""
        statement = insert(CorrectionRow).returning(CorrectionRow.key)
        found = self.get(self._session.scalars(statement, [dict(values)]).one())
        assert found is not None  # noqa: S101 - it was added in this transaction
        return found

    def get(self, key: int) -> Correction | None:
        """One correction; None where there is none of that key."""
        row = self._session.execute(_with_text().where(CorrectionRow.key == key)).first()
        return None if row is None else _correction(row[0], row[1])

    def undo(self, key: int, *, by: str, at: datetime) -> bool:
        """Marks a correction as taken back; false where it was already."""
        statement = (
            update(CorrectionRow)
            .where(CorrectionRow.key == key, CorrectionRow.undone_at.is_(None))
            .values(undone_by=by, undone_at=at)
        )
        return bool(self._session.execute(statement.returning(CorrectionRow.key)).all())

    def current(self, activities: Sequence[int]) -> dict[int, Correction]:
        """By activity: the latest correction that stands and is of what is now known of it."""
        found: dict[int, Correction] = {}
        for part in in_parts(activities):
            query = (
                _with_text()
                .where(CorrectionRow.activity_key.in_(part), CorrectionRow.undone_at.is_(None))
                .where(CorrectionRow.input_hash == ActivityRow.input_hash)
                .order_by(CorrectionRow.key)
            )
            for row, text in self._session.execute(query):
                found[row.activity_key] = _correction(row, text)
        return found

    def of_activities(self, activities: Sequence[int]) -> list[Correction]:
        """All corrections of activities, oldest first, those taken back included."""
        found = []
        for part in in_parts(activities):
            query = _with_text().where(CorrectionRow.activity_key.in_(part))
            rows = self._session.execute(query.order_by(CorrectionRow.key))
            found += [_correction(row, text) for row, text in rows]
        return found

    def labelled(self) -> Iterator[LabelledExample]:
        """Those that stand, the latest of each activity, in the order in which they were made."""
        row, deal, after = CorrectionRow, OpportunityRow, 0
        latest = select(func.max(row.key)).where(row.undone_at.is_(None)).group_by(row.activity_key)
        while True:
            query = (
                _with_text()
                .add_columns(deal.team, deal.owner, VerdictRow.label, VerdictRow.reason)
                .add_columns(VerdictRow.verdict)
                .join(VerdictRow, VerdictRow.key == row.verdict_key)
                .outerjoin(deal, deal.key == ActivityRow.opportunity_key)
                .where(row.key > after, row.key.in_(latest))
                .order_by(row.key)
                .limit(_AT_ONCE)
            )
            found = self._session.execute(query).all()
            if not found:
                return
            after = found[-1][0].key
            for each, text, team, owner, label, reason, verdict in found:
                quotes = [e["quote"] for e in verdict["evidence"] if e["field"] == "text"]
                yield LabelledExample(
                    _correction(each, text),
                    team,
                    owner,
                    label,
                    reason,
                    verdict["classifier"],
                    tuple(quotes),
                )
            self._session.expunge_all()

    def stamp(self) -> tuple[int, int]:
        """Last key and how many stand: another pair after each one made, taken back or erased."""
        query = select(func.max(CorrectionRow.key), func.count()).where(
            CorrectionRow.undone_at.is_(None)
        )
        last, count = self._session.execute(query).one()
        return last or 0, count

    def rightness(self, since: datetime) -> Rightness:
        """How many verdicts were confirmed and how many corrected since a moment."""
        same = CorrectionRow.label == VerdictRow.label
        looked_at, right = self._session.execute(
            select(func.count(), func.count().filter(same))
            .select_from(CorrectionRow)
            .join(VerdictRow, VerdictRow.key == CorrectionRow.verdict_key)
            .where(and_(CorrectionRow.made_at >= since, CorrectionRow.undone_at.is_(None)))
        ).one()
        return Rightness(looked_at, right)


def _with_text() -> Select[CorrectionRow, str]:
    return select(CorrectionRow, ActivityRow.text).join(
        ActivityRow, ActivityRow.key == CorrectionRow.activity_key
    )


def _correction(row: CorrectionRow, text: str) -> Correction:
    return Correction.model_validate(
        {
            "key": row.key,
            "verdict_key": row.verdict_key,
            "activity_key": row.activity_key,
            "label": row.label,
            "reason": row.reason,
            "evidence": _evidence(row.quote, text),
            "comment": row.comment,
            "record": row.record,
            "made_by": row.made_by,
            "made_at": row.made_at,
            "undone_by": row.undone_by,
            "undone_at": row.undone_at,
        }
    )


def _evidence(quote: str | None, text: str) -> Evidence | None:
    """The quote where it stands in the activity's text; None where the text has changed."""
    at = text.find(quote) if quote else -1
    if quote is None or at < 0:
        return None
    return Evidence(
        field="text", start=at, end=at + len(quote), quote=quote, role=EvidenceRole.DECIDING
    )
