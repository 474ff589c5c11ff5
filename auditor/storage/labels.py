"""Labels that people give blind: kept, taken back, and what comes next to be labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from auditor.domain.labelling import GivenLabel
from auditor.domain.labels import Label, Reason
from auditor.storage.browsing import Wanted, conditions
from auditor.storage.counting import AnySelect
from auditor.storage.decision_models import CorrectionRow, LabelRow
from auditor.storage.models import ActivityRow, OpportunityRow, VerdictRow


class LabelOrder(StrEnum):
    """What comes to be labelled, and in which order."""

    UNSURE = "unsure"
    """All that is judged, the least sure first."""
    CORRECTED = "corrected"
    """What supervisors corrected or confirmed, the latest first."""
    SECOND = "second"
    """What others labelled, in the order in which they did."""


@dataclass(frozen=True)
class StoredLabel:
    """A label as it was given."""

    key: int
    """Order in which they were given."""
    activity_key: int
    """The activity read."""
    given: GivenLabel
    """The label."""
    record: dict[str, Any]
    """The record in the codebook's format, without a label."""
    made_by: str
    """As in the audit log."""
    made_at: datetime
    """When."""
    stands: bool
    """Whether it was neither taken back nor replaced."""


class LabelQueue(NamedTuple):
    """How far a person is in an order."""

    total: int
    """Activities in it."""
    labelled: int
    """Of those, labelled by them."""


class LabelRepository:
    """Labels, by activity and person."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, values: Mapping[str, Any]) -> int:
        """Adds a label; an earlier one by the same person on the activity no longer stands.

        Returns:
            Its key.
        """
        self._session.execute(
            update(LabelRow)
            .where(
                LabelRow.activity_key == values["activity_key"],
                LabelRow.made_by == values["made_by"],
                LabelRow.undone_at.is_(None),
            )
            .values(undone_by=values["made_by"], undone_at=values["made_at"])
        )
        statement = insert(LabelRow).returning(LabelRow.key)
        return self._session.scalars(statement, [dict(values)]).one()

    def get(self, key: int) -> StoredLabel | None:
        """One label; None where there is none of that key."""
        row = self._session.get(LabelRow, key, populate_existing=True)
        return None if row is None else _label(row)

    def undo(self, key: int, *, by: str, at: datetime) -> bool:
        """Marks a label as taken back; false where it no longer stood."""
        statement = (
            update(LabelRow)
            .where(LabelRow.key == key, LabelRow.undone_at.is_(None))
            .values(undone_by=by, undone_at=at)
        )
        return bool(self._session.execute(statement.returning(LabelRow.key)).all())

    def standing(
        self, wanted: Wanted, *, by: str | None = None, latest: int | None = None
    ) -> list[StoredLabel]:
        """Labels that stand on activities that a reader may see, oldest first.

        Args:
            wanted: what the reader may see.
            by: of this person only.
            latest: no more than this many, the last ones given.
        """
        query = (
            select(LabelRow)
            .join(ActivityRow, ActivityRow.key == LabelRow.activity_key)
            .outerjoin(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
            .where(LabelRow.undone_at.is_(None), *conditions(self._session, wanted))
            .order_by(LabelRow.key.desc())
        )
        if by is not None:
            query = query.where(LabelRow.made_by == by)
        found = [_label(row) for row in self._session.scalars(query.limit(latest))]
        self._session.expunge_all()
        return found[::-1]

    def upcoming(
        self, order: LabelOrder, *, by: str, policy: str, wanted: Wanted, after: int | None = None
    ) -> int | None:
        """The activity that comes next; None where all of them are labelled or were passed.

        Args:
            order: what comes.
            by: who labels; what they have labelled is left out.
            policy: fingerprint of the policy whose verdicts tell what is sure.
            wanted: what they may see.
            after: the activity passed last; the order goes on behind it.
        """
        ranked = _ranked(order, by, policy).subquery()
        query = self._seen(select(ranked.c.activity, ranked.c.rank), ranked, wanted)
        query = query.where(~_labelled_by(by))
        if after is not None:
            place = self._session.scalar(select(ranked.c.rank).where(ranked.c.activity == after))
            if place is not None:
                later = and_(ranked.c.rank == place, ranked.c.activity > after)
                query = query.where(or_(ranked.c.rank > place, later))
        found = self._session.scalar(query.order_by(ranked.c.rank, ranked.c.activity).limit(1))
        return None if found is None else int(found)

    def queue(self, order: LabelOrder, *, by: str, policy: str, wanted: Wanted) -> LabelQueue:
        """How many activities an order holds, and how many of them a person has labelled."""
        ranked = _ranked(order, by, policy).subquery()
        counts = select(func.count(), func.count().filter(_labelled_by(by)))
        return LabelQueue(*self._session.execute(self._seen(counts, ranked, wanted)).one())

    def _seen(self, query: AnySelect, ranked: Any, wanted: Wanted) -> AnySelect:
        """Activities with words in them, on what the reader may see."""
        return (
            query.select_from(ranked)
            .join(ActivityRow, ActivityRow.key == ranked.c.activity)
            .outerjoin(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
            .where(ActivityRow.deleted_at.is_(None), func.trim(ActivityRow.text) != "")
            .where(*conditions(self._session, wanted))
        )


def _labelled_by(person: str) -> ColumnElement[bool]:
    """Whether a person's label of the activity as it is known now stands."""
    return exists().where(
        LabelRow.activity_key == ActivityRow.key,
        LabelRow.input_hash == ActivityRow.input_hash,
        LabelRow.made_by == person,
        LabelRow.undone_at.is_(None),
    )


def _ranked(order: LabelOrder, person: str, policy: str) -> AnySelect:
    """Activities with their rank, the lowest to be labelled first.

    The least sure are those whose likeliest label is the least likely: D. Lewis & W. Gale (1994),
    "A sequential algorithm for training text classifiers".
    """
    if order is LabelOrder.UNSURE:
        return (
            select(VerdictRow.activity_key.label("activity"), VerdictRow.confidence.label("rank"))
            .join(ActivityRow, ActivityRow.key == VerdictRow.activity_key)
            .where(VerdictRow.policy == policy)
            .where(VerdictRow.input_hash == ActivityRow.input_hash)
        )
    if order is LabelOrder.CORRECTED:
        return (
            select(
                CorrectionRow.activity_key.label("activity"),
                (-func.max(CorrectionRow.key)).label("rank"),
            )
            .where(CorrectionRow.undone_at.is_(None))
            .group_by(CorrectionRow.activity_key)
        )
    return (
        select(LabelRow.activity_key.label("activity"), func.min(LabelRow.key).label("rank"))
        .join(ActivityRow, ActivityRow.key == LabelRow.activity_key)
        .where(LabelRow.undone_at.is_(None), LabelRow.made_by != person)
        .where(LabelRow.input_hash == ActivityRow.input_hash)
        .group_by(LabelRow.activity_key)
    )


def _label(row: LabelRow) -> StoredLabel:
    given = GivenLabel(
        label=Label(row.label),
        reason=Reason(row.reason),
        evidence=tuple(row.quotes),
        unsure=row.unsure,
        comment=row.comment or "",
        reasons_ok=tuple(Reason(r) for r in row.reasons_ok or ()),
    )
    return StoredLabel(
        row.key,
        row.activity_key,
        given,
        row.record,
        row.made_by,
        row.made_at,
        row.undone_at is None,
    )
