"""Registers of CRM records: what was told of each, by the CRM's own time of change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from auditor.storage.inserting import in_parts
from auditor.storage.models import CrmRecordRow


@dataclass(frozen=True)
class StoredRecord:
    """The register of one record."""

    kind: str
    """``opportunity`` or ``activity``."""
    id: str
    """The source's id."""
    opportunity_id: str | None
    """The opportunity that it is, or is on, now."""
    told: dict[str, Any]
    """By field: its values with their stamps, newest first."""
    key: int | None = None
    """None where it is not stored yet."""


class CrmRecordRepository:
    """Registers, by source, kind and id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(
        self, source: str, records: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], StoredRecord]:
        """Finds those of the (kind, id) pairs that are stored."""
        wanted: dict[str, list[str]] = {}
        for kind, identity in records:
            wanted.setdefault(kind, []).append(identity)
        row = CrmRecordRow
        found: dict[tuple[str, str], StoredRecord] = {}
        for kind, ids in wanted.items():
            for part in in_parts(ids):
                query = select(row).where(row.source == source, row.kind == kind, row.id.in_(part))
                found |= {(r.kind, r.id): _record(r) for r in self._session.scalars(query)}
        self._session.expunge_all()
        return found

    def known(self, source: str, kind: str, ids: Sequence[str]) -> set[str]:
        """Those of the ids of which there is a register."""
        row = CrmRecordRow
        found: set[str] = set()
        for part in in_parts(ids):
            query = select(row.id).where(row.source == source, row.kind == kind, row.id.in_(part))
            found |= set(self._session.scalars(query))
        return found

    def of_opportunities(
        self, source: str, opportunities: Sequence[str]
    ) -> dict[str, list[StoredRecord]]:
        """By opportunity: the registers of itself and of what is on it now."""
        row = CrmRecordRow
        found: dict[str, list[StoredRecord]] = {name: [] for name in opportunities}
        for part in in_parts(opportunities):
            query = select(row).where(row.source == source, row.opportunity_id.in_(part))
            for each in self._session.scalars(query.order_by(row.id)):
                found[each.opportunity_id or ""].append(_record(each))
        self._session.expunge_all()
        return found

    def save(self, source: str, records: Sequence[StoredRecord]) -> None:
        """Writes registers, each named once."""
        row = CrmRecordRow
        fresh = [_values(r) | {"source": source} for r in records if r.key is None]
        known = [_values(r) | {"key": r.key} for r in records if r.key is not None]
        if fresh:
            self._session.execute(insert(row), fresh)
        if known:
            self._session.execute(update(row), known)


def _values(record: StoredRecord) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "id": record.id,
        "opportunity_id": record.opportunity_id,
        "told": record.told,
    }


def _record(row: CrmRecordRow) -> StoredRecord:
    return StoredRecord(row.kind, row.id, row.opportunity_id, row.told, row.key)
