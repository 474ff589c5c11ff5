"""Takes changes of CRM records into the database, so that their order does not matter.

Each change goes into its record's register, beside what imports told of it; then the opportunities
concerned are worked out anew, from the registers of all that is on them and from nothing else, and
the rows are made to say that.  So the rows are a function of what was told, whatever its order.

Records that imports brought have no register until the first event tells of their opportunity; what
the tables hold of them goes into registers then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from auditor.domain.erased import Forgotten, forget_in_opportunity, forget_in_record
from auditor.domain.records import Activity, AuditRecord, Opportunity, OpportunityStatus
from auditor.intake import HISTORY_LIMIT
from auditor.intake.crm.changes import Change, RecordKind
from auditor.intake.crm.listings import list_activity, list_opportunity, list_plan
from auditor.intake.crm.pendings import Pending
from auditor.intake.crm.registers import (
    Listing,
    Register,
    absorb,
    enlist,
    latest,
    moment_of,
    newest_stamp,
)
from auditor.intake.crm.resolving import (
    ResolvedActivity,
    activity_of,
    alone,
    day_of,
    resolve,
)
from auditor.storage import SeenPending, UnitOfWork
from auditor.storage.crm_records import StoredRecord
from auditor.storage.derived import Derived, DerivedActivity, DerivedOpportunity
from auditor.storage.imported import ImportedActivity, ImportedOpportunity
from auditor.storage.mapping import given_json

_Key = tuple[str, str]


@dataclass
class _Concerned:
    """What a batch concerns."""

    opportunities: set[str] = field(default_factory=set)
    """Ids of opportunities to be worked out anew."""
    activities: dict[str, Register] = field(default_factory=dict)
    """Registers of the activities that changed, by id."""


def take_changes(
    unit: UnitOfWork,
    changes: Sequence[Change | Listing],
    *,
    source: str,
    today: date,
    zone: tzinfo | None = None,
) -> Derived:
    """Takes in changes, within the unit's transaction.

    Args:
        unit: the unit of work.
        changes: of events, in any order, those taken in before do nothing; and what imports list.
        source: namespace of the ids.
        today: the supervisor's present day; nothing is told as of a later one.
        zone: whose calendar days count; None is the machine's.
    """
    unit.lock_source(source)
    calendar = _Calendar(today, zone)
    concerned = _absorb(unit, source, changes, zone)
    names = sorted(concerned.opportunities)
    _register_imported(unit, source, names, zone)
    registers = unit.crm_records.of_opportunities(source, names)
    writing = _Writing(source, calendar, unit.erasure.forgotten())
    opportunities = [writing.opportunity(name, records) for name, records in registers.items()]
    lone, gone = writing.others(concerned.activities)
    return unit.derived.write(source, opportunities, lone, gone, history_limit=HISTORY_LIMIT)


@dataclass(frozen=True)
class _Calendar:
    """Which day a moment is on."""

    today: date
    zone: tzinfo | None

    def day(self, stamp: str) -> date:
        """The day of a stamp; today for one to come."""
        return min(day_of(stamp, self.zone), self.today)

    def seen(self, pending: Pending) -> SeenPending:
        """A change of plan, by the day on which it was seen."""
        day = min(pending.since.astimezone(self.zone).date(), self.today)
        return SeenPending(day, pending.plan)


def _absorb(
    unit: UnitOfWork,
    source: str,
    changes: Sequence[Change | Listing],
    zone: tzinfo | None,
) -> _Concerned:
    concerned = _Concerned()
    keys = list(dict.fromkeys((c.kind.value, c.id) for c in changes))
    stored = unit.crm_records.find(source, keys)
    registers: dict[_Key, Register] = {key: dict(r.told) for key, r in stored.items()}
    fresh = [key for key in keys if key not in stored]
    for listing in _listings(unit, source, fresh, zone):
        key = (listing.kind.value, listing.id)
        registers[key] = enlist(registers.get(key, {}), listing)
    imported = {key: _place(key, registers[key]) for key in fresh if key in registers}
    for change in changes:
        key = (change.kind.value, change.id)
        before = registers.get(key, {})
        if isinstance(change, Listing):
            registers[key] = enlist(before, change)
        else:
            registers[key] = absorb(before, change)
    written = []
    for key in keys:
        known, register = stored.get(key), registers[key]
        if known is not None and known.told == register:
            continue
        now = _place(key, register)
        left = known.opportunity_id if known else imported.get(key)
        written.append(StoredRecord(*key, now, register, known.key if known else None))
        concerned.opportunities |= {name for name in (now, left) if name is not None}
        if key[0] == RecordKind.ACTIVITY:
            concerned.activities[key[1]] = register
    unit.crm_records.save(source, written)
    return concerned


def _place(key: _Key, register: Register) -> str | None:
    """The opportunity that a record is, or is on."""
    kind, identity = key
    if kind == RecordKind.OPPORTUNITY:
        return identity
    found: str | None = latest(register, "opportunity_id")
    return found


def _register_imported(
    unit: UnitOfWork, source: str, opportunities: Sequence[str], zone: tzinfo | None
) -> None:
    """Gives opportunities, and what imports put on them, the registers that they lack."""
    own = [(RecordKind.OPPORTUNITY.value, name) for name in opportunities]
    stored = unit.crm_records.find(source, own)
    fresh = [key for key in own if key not in stored]
    # An empty one says that imports left nothing to be taken over.
    registers: dict[_Key, Register] = {key: {} for key in fresh}
    listings = list(_listings(unit, source, fresh, zone))
    listings += [_of_activity(a, zone) for a in unit.imported.unregistered(source, opportunities)]
    for listing in listings:
        key = (listing.kind.value, listing.id)
        registers[key] = enlist(registers.get(key, {}), listing)
    unit.crm_records.save(
        source, [StoredRecord(*key, _place(key, told), told) for key, told in registers.items()]
    )


def _listings(
    unit: UnitOfWork, source: str, keys: Sequence[_Key], zone: tzinfo | None
) -> Iterator[Listing]:
    """What imports told of records without a register."""
    names: dict[str, list[str]] = {kind: [] for kind in RecordKind}
    for kind, identity in keys:
        names[kind].append(identity)
    for deal in unit.imported.opportunities(source, names[RecordKind.OPPORTUNITY]):
        yield from _of_opportunity(deal, zone)
    for activity in unit.imported.activities(source, names[RecordKind.ACTIVITY]):
        yield _of_activity(activity, zone)


def _of_opportunity(deal: ImportedOpportunity, zone: tzinfo | None) -> Iterator[Listing]:
    told = deal.opportunity
    for seen in deal.seen:
        yield list_plan(told.id, seen.pending, seen.seen_on, zone)
    yield list_opportunity(told, deal.told_on, zone, stages_seen=deal.entered)


def _of_activity(imported: ImportedActivity, zone: tzinfo | None) -> Listing:
    activity, given = imported.activity, imported.given
    return list_activity(activity, given, imported.told_on, zone, left=imported.left)


@dataclass(frozen=True)
class _Writing:
    """From registers to what is stored."""

    source: str
    calendar: _Calendar
    forgotten: Forgotten | None

    def opportunity(self, name: str, records: Sequence[StoredRecord]) -> DerivedOpportunity:
        """An opportunity with all that is on it."""
        if not any(record.told for record in records):
            # All that named it has left it: nothing is known of it any more.
            return DerivedOpportunity(Opportunity(id=name, status=OpportunityStatus.DELETED), None)
        deal = next((r.told for r in records if r.kind == RecordKind.OPPORTUNITY), None)
        on_it = {r.id: r.told for r in records if r.kind == RecordKind.ACTIVITY}
        resolved = resolve(name, deal, on_it, zone=self.calendar.zone)
        told = resolved.opportunity
        if self.forgotten is not None:
            told = forget_in_opportunity(self.forgotten, told, (self.source, name))
        return DerivedOpportunity(
            told,
            self.calendar.day(newest_stamp(r.told for r in records)),
            resolved.entered,
            tuple(map(self.calendar.seen, resolved.pendings)),
            tuple(self._activity(a, on_it[a.activity.id]) for a in resolved.activities),
        )

    def others(
        self, registers: dict[str, Register]
    ) -> tuple[list[DerivedActivity], dict[str, datetime]]:
        """Activities on no opportunity, and the moments of those that are not to be judged."""
        lone: list[DerivedActivity] = []
        gone: dict[str, datetime] = {}
        for identity, register in registers.items():
            activity = activity_of(identity, register)
            if activity is None:
                gone[identity] = moment_of(newest_stamp([register]))
            elif activity.opportunity_id is None:
                lone.append(self._activity(alone(activity), register))
        return lone, gone

    def _activity(self, placed: ResolvedActivity, register: Register) -> DerivedActivity:
        record, is_given = _record(placed.activity, register)
        if self.forgotten is not None:
            deal = placed.activity.opportunity_id
            place = (self.source, deal) if deal is not None else None
            record = forget_in_record(self.forgotten, record, place)
        return DerivedActivity(
            record.activity,
            given_json(record) if is_given else None,
            self.calendar.day(newest_stamp([register])),
            placed.place,
            placed.left,
            placed.left_known,
        )


def _record(activity: Activity, register: Register) -> tuple[AuditRecord, bool]:
    """The activity as a record, and whether it came complete in itself."""
    given = latest(register, "given")
    if given is None:
        return AuditRecord(opportunity=Opportunity(id=activity.id), activity=activity), False
    record = {"opportunity": given["opportunity"], "history": given["history"]}
    return AuditRecord.model_validate(record | {"activity": activity}), True
