"""Takes what intake reads into the database: first as received, then as opportunities.

Each batch is a transaction of its own.  An import that is stopped leaves whole batches, and the
same import run again finds them known and goes on with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.errors import RowError
from auditor.intake import Dossier, IntakeItem, IntakeReport, assemble
from auditor.jobs.erasing import without_erased
from auditor.jobs.listed import take_import
from auditor.storage import Database, Inbound, Taken, Told

BATCH = 500
"""Rows in one transaction."""
LONGEST_ID = 500
"""Characters; PostgreSQL can't index much longer ones."""
_MOST_DIGITS = 30
_MOST_SECONDS = 2**31 - 1


@dataclass
class Imported:
    """What an import did."""

    received: int = 0
    """Rows that had not been received before."""
    taken: Taken = field(default_factory=Taken)
    """What was made of them."""


@dataclass(frozen=True)
class Importer:
    """Imports for one source as of one day."""

    database: Database
    """Where to."""
    source: str
    """Namespace of the ids."""
    seen_on: date
    """The day as of which the sources tell."""
    report: IntakeReport
    """Takes the rows that can't be stored."""
    zone: tzinfo | None = None
    """Whose calendar days count; None is the machine's."""

    def run(
        self,
        items: Iterable[IntakeItem],
        *,
        on_read: Callable[[int], None] = lambda _: None,
        on_stored: Callable[[int], None] = lambda _: None,
    ) -> Imported:
        """Imports items, batch by batch.

        Args:
            items: what ``read_paths`` yields.
            on_read: called with the number of items read since the last call.
            on_stored: called with the number of activities stored since the last call.

        Raises:
            StorageError: the database failed; the batches before are kept.
        """
        done = Imported()
        with self.database.read() as unit:
            forgotten = unit.erasure.forgotten()
        kept = without_erased(items, forgotten, self.source)
        dossiers = assemble(self._received(kept, done, on_read), report=self.report)
        for told in _batches(map(_told, dossiers)):
            with self.database.begin() as unit:
                taken = take_import(
                    unit, told, source=self.source, seen_on=self.seen_on, zone=self.zone
                )
            done.taken.add(taken)
            on_stored(taken.activities)
        with self.database.begin() as unit:
            unit.snapshots.take(self.seen_on)
        return done

    def _received(
        self, items: Iterable[IntakeItem], done: Imported, on_read: Callable[[int], None]
    ) -> Iterator[IntakeItem]:
        """Keeps items as received, and passes on those that can be stored."""
        held: list[Inbound] = []
        for item in items:
            on_read(1)
            payload = _payload(item)
            problem = _unfit(item, payload)
            if problem is not None:
                self.report.reject(problem, file=problem.file)
                continue
            held.append(_inbound(item, payload))
            if len(held) >= BATCH:
                done.received += self._keep(held)
                held = []
            yield item
        done.received += self._keep(held)

    def _keep(self, held: list[Inbound]) -> int:
        with self.database.begin() as unit:
            return unit.inbound.keep(self.source, held, received_at=datetime.now(UTC))


def _batches(told: Iterable[Told]) -> Iterator[list[Told]]:
    held: list[Told] = []
    size = 0
    for each in told:
        held.append(each)
        size += 1 + len(each.records)
        if size >= BATCH:
            yield held
            held, size = [], 0
    if held:
        yield held


def _told(dossier: Dossier) -> Told:
    records = dossier.records
    deal = dossier.opportunity
    # Only a record that came complete begins with a history, or knows more of no opportunity.
    is_complete = bool(records) and (
        bool(records[0].history) or (dossier.alone and deal.model_fields_set > {"id"})
    )
    if dossier.alone:
        return Told(None, records, is_complete)
    named = records[0].activity.opportunity_id if records else None
    if named and named != deal.id:
        deal = deal.model_copy(update={"id": named})
    return Told(deal, records, is_complete)


def _payload(item: IntakeItem) -> str:
    """The item as intake understood it, without its place, which differs from export to export."""
    if isinstance(item, AuditRecord):
        return item.model_dump_json(exclude_unset=True, exclude={"activity": {"source"}})
    return item.model_dump_json(exclude_unset=True, exclude={"source"})


def _inbound(item: IntakeItem, payload: str) -> Inbound:
    kinds = {Opportunity: "opportunity", Activity: "activity", AuditRecord: "record"}
    return Inbound(kinds[type(item)], payload, external_id=_id(item), origin=_origin(item))


def _id(item: IntakeItem) -> str:
    return item.activity.id if isinstance(item, AuditRecord) else item.id


def _origin(item: IntakeItem) -> str | None:
    if isinstance(item, AuditRecord):
        return item.activity.source
    return item.source if isinstance(item, Activity) else None


def _unfit(item: IntakeItem, payload: str) -> RowError | None:
    """Why an item can't be stored; None where it can."""
    deal = item.opportunity if isinstance(item, AuditRecord) else item
    found: tuple[str, str, str] | None = None
    if len(_id(item)) > LONGEST_ID or len(_deal_id(item) or "") > LONGEST_ID:
        found = "id", f"is longer than {LONGEST_ID} characters", "give it a shorter one"
    elif "\\u0000" in payload and _holds_nul(json.loads(payload)):
        found = "", f"{_id(item)[:80]!r} holds a NUL character", "remove it"
    elif isinstance(deal, Opportunity) and not _is_amount(deal.value):
        found = "value", f"{_id(item)!r} has a value that is no sum of money", "correct it"
    elif _seconds(item) > _MOST_SECONDS:
        found = "duration", f"{_id(item)!r} lasted longer than a life", "correct it"
    if found is None:
        return None
    field_, problem, mend = found
    file, _, line = (_origin(item) or "(all files)").rpartition(":")
    number = int(line) if line.isdigit() else None
    return RowError(
        file=file or line, line=number, field=field_ or None, problem=problem, mend=mend
    )


def _deal_id(item: IntakeItem) -> str | None:
    if isinstance(item, Opportunity):
        return item.id
    return item.opportunity_id if isinstance(item, Activity) else item.activity.opportunity_id


def _seconds(item: IntakeItem) -> int:
    activity = item.activity if isinstance(item, AuditRecord) else item
    return abs(activity.duration_seconds or 0) if isinstance(activity, Activity) else 0


def _is_amount(value: Decimal | None) -> bool:
    return value is None or (value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_holds_nul, (*value, *value.values())))
    return isinstance(value, list) and any(map(_holds_nul, value))
