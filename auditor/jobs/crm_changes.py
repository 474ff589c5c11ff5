"""Takes changes of CRM records into the database, so that their order does not matter.

Each change goes into its record's register; then the opportunities concerned are worked out anew
from all registers that are on them, and written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.intake import HISTORY_LIMIT
from auditor.intake.crm.changes import Change, RecordKind
from auditor.intake.crm.registers import (
    Register,
    absorb,
    latest,
    moment_of,
    newest_stamp,
    oldest_stamp,
)
from auditor.intake.crm.resolving import Resolved, activity_of, day_of, resolve
from auditor.storage import SeenPending, Taken, Told, UnitOfWork, take
from auditor.storage.crm_records import StoredRecord
from auditor.storage.timelines import Timeline

_Key = tuple[str, str]


@dataclass
class _Concerned:
    """What a batch of changes concerns."""

    opportunities: set[str] = field(default_factory=set)
    """Ids of opportunities to be worked out anew."""
    activities: dict[str, Register] = field(default_factory=dict)
    """Registers of the activities that changed, by id."""
    first: dict[str, str] = field(default_factory=dict)
    """By opportunity: the oldest stamp of what left it."""


def take_changes(
    unit: UnitOfWork,
    changes: Sequence[Change],
    *,
    source: str,
    today: date,
    zone: tzinfo | None = None,
) -> Taken:
    """Takes in changes, within the unit's transaction.

    Args:
        unit: the unit of work.
        changes: in any order; those taken in before do nothing.
        source: namespace of the ids.
        today: the supervisor's present day; nothing is told as of a later one.
        zone: whose calendar days count; None is the machine's.
    """
    unit.lock_source(source)
    calendar = _Calendar(today, zone)
    concerned = _absorb(unit, source, changes)
    taken = _take_alone(unit, source, concerned, calendar)
    registers = unit.crm_records.of_opportunities(source, sorted(concerned.opportunities))
    files = [
        _File(name, records, concerned.first.get(name), calendar)
        for name, records in registers.items()
        if records or name in concerned.first
    ]
    _write(unit, source, files, concerned, taken)
    return taken


@dataclass(frozen=True)
class _Calendar:
    """Which day a moment is on."""

    today: date
    zone: tzinfo | None

    def day(self, stamp: str) -> date:
        """The day of a stamp; today for one to come."""
        return min(day_of(stamp, self.zone), self.today)


def _absorb(unit: UnitOfWork, source: str, changes: Sequence[Change]) -> _Concerned:
    concerned = _Concerned()
    keys = list(dict.fromkeys((c.kind.value, c.id) for c in changes))
    stored = unit.crm_records.find(source, keys)
    registers: dict[_Key, Register] = {key: dict(r.told) for key, r in stored.items()}
    for change in changes:
        key = (change.kind.value, change.id)
        registers[key] = absorb(registers.get(key, {}), change)
    written = []
    for key, register in registers.items():
        before = stored.get(key)
        if before is not None and before.told == register:
            continue
        now = key[1] if key[0] == RecordKind.OPPORTUNITY else latest(register, "opportunity_id")
        written.append(StoredRecord(*key, now, register, before.key if before else None))
        _note(concerned, key, register, before, now)
    unit.crm_records.save(source, written)
    return concerned


def _note(
    concerned: _Concerned,
    key: _Key,
    register: Register,
    before: StoredRecord | None,
    now: str | None,
) -> None:
    if key[0] == RecordKind.ACTIVITY:
        concerned.activities[key[1]] = register
    if now is not None:
        concerned.opportunities.add(now)
    left = before.opportunity_id if before is not None else None
    if left is not None and left != now:
        concerned.opportunities.add(left)
        known = concerned.first.get(left)
        oldest = oldest_stamp([register])
        concerned.first[left] = oldest if known is None else min(known, oldest)


def _take_alone(unit: UnitOfWork, source: str, concerned: _Concerned, calendar: _Calendar) -> Taken:
    """Writes changed activities that are on no opportunity, or are gone."""
    taken = Taken()
    gone: dict[str, datetime | None] = {}
    alone: list[tuple[date, Told]] = []
    for identity, register in concerned.activities.items():
        activity = activity_of(identity, register)
        if activity is None:
            gone[identity] = moment_of(newest_stamp([register]))
        elif activity.opportunity_id is None:
            gone[identity] = None
            is_given = latest(register, "given") is not None
            record = _record(activity, Opportunity(id=identity), register)
            alone.append((calendar.day(newest_stamp([register])), Told(None, (record,), is_given)))
    unit.timelines.detach(source, gone)
    present = [name for name in concerned.activities if gone.get(name) is None]
    unit.timelines.restore(source, present)
    _take_by_day(unit, source, alone, taken)
    return taken


@dataclass(frozen=True)
class _File:
    """All that events told of one opportunity."""

    identity: str
    records: Sequence[StoredRecord]
    left_first: str | None
    """The oldest stamp of an activity that has left it."""
    calendar: _Calendar

    @property
    def deal(self) -> Register | None:
        """Its own register."""
        own = (r.told for r in self.records if r.kind == RecordKind.OPPORTUNITY)
        return next(own, None)

    @property
    def activities(self) -> dict[str, Register]:
        """Registers of the activities on it."""
        return {r.id: r.told for r in self.records if r.kind == RecordKind.ACTIVITY}

    @property
    def first_on(self) -> date:
        """Day of the first event on it."""
        stamps = [oldest_stamp(r.told for r in self.records), self.left_first or ""]
        return self.calendar.day(min(filter(None, stamps)))

    @property
    def last_on(self) -> date:
        """Day of the last event on it."""
        stamp = newest_stamp(r.told for r in self.records) or self.left_first or ""
        return self.calendar.day(stamp)


def _write(
    unit: UnitOfWork,
    source: str,
    files: Sequence[_File],
    concerned: _Concerned,
    taken: Taken,
) -> None:
    """Works opportunities out anew and writes them."""
    before = unit.timelines.opportunity_keys(source, [f.identity for f in files])
    days = {before[f.identity]: f.first_on for f in files if f.identity in before}
    bases = unit.timelines.pending_before(days)
    done: list[tuple[_File, Resolved, SeenPending | None]] = []
    for file in files:
        base = bases.get(before.get(file.identity, 0))
        resolved = resolve(
            file.identity,
            file.deal,
            file.activities,
            zone=file.calendar.zone,
            base=base.pending if base else None,
        )
        done.append((file, resolved, base))
    deals = [(f.last_on, Told(r.opportunity, ())) for f, r, _ in done if f.records]
    _take_by_day(unit, source, deals, taken)
    told = [(f.last_on, each) for f, r, _ in done for each in _activities(f, r, concerned)]
    _take_by_day(unit, source, told, taken)
    keys = unit.timelines.opportunity_keys(source, [f.identity for f in files])
    kept = [each for each in done if each[0].identity in keys]
    unit.timelines.rewrite([_timeline(keys[f.identity], f, r, base) for f, r, base in kept])
    settled = [keys[f.identity] for f, _, _ in kept]
    unit.activities.settle(settled, (), history_limit=HISTORY_LIMIT)


def _activities(file: _File, resolved: Resolved, concerned: _Concerned) -> Iterator[Told]:
    """What changed of an opportunity's activities."""
    deal = Opportunity(id=file.identity)
    registers = file.activities
    changed = [a for a in resolved.activities if a.id in concerned.activities]
    plain = [a for a in changed if a.id not in resolved.given]
    if plain:
        yield Told(deal, tuple(_record(a, deal, registers[a.id]) for a in plain))
    for activity in changed:
        if activity.id in resolved.given:
            yield Told(deal, (_record(activity, deal, registers[activity.id]),), is_complete=True)


def _timeline(key: int, file: _File, resolved: Resolved, base: SeenPending | None) -> Timeline:
    first_on, calendar = file.first_on, file.calendar
    days = (
        min(p.since.astimezone(calendar.zone).date(), calendar.today) for p in resolved.pendings
    )
    return Timeline(
        key,
        first_on,
        file.last_on,
        tuple((p.since, p.plan) for p in resolved.pendings),
        tuple(max(day, first_on) for day in days),
        resolved.entered,
        frozenset(file.activities),
        base,
        is_left=file.left_first is not None,
    )


def _take_by_day(
    unit: UnitOfWork, source: str, told: Sequence[tuple[date, Told]], taken: Taken
) -> None:
    for seen_on in sorted({day for day, _ in told}):
        of_day = [each for day, each in told if day == seen_on]
        taken.add(
            take(
                unit,
                of_day,
                source=source,
                seen_on=seen_on,
                history_limit=HISTORY_LIMIT,
                is_settled=True,
            )
        )


def _record(activity: Activity, deal: Opportunity, register: Register) -> AuditRecord:
    given = latest(register, "given")
    if given is None:
        return AuditRecord(opportunity=deal, activity=activity)
    return AuditRecord.model_validate(
        {"opportunity": given["opportunity"], "activity": activity, "history": given["history"]}
    )
