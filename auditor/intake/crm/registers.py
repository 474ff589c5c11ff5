"""All that was told of one record, kept so that the order of deliveries does not matter.

A register holds, for each field, the values told with their stamps, newest first.  Taking in a
change is a union of sets cut to the newest entries, so any order and any repetition of the same
changes gives the same register.  The fields that plans and stages are made of keep their past,
since a date that moved is a finding; the others keep only the newest value.

What imports told stands in the same registers, as of the beginning of the import's day: so an
event of that day or later goes over it, and an earlier one does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from auditor.intake.crm.changes import Change, RecordKind

Register = dict[str, list[list[Any]]]
"""Field to ``[stamp, value]`` pairs, newest first; plain JSON."""

DELETED = "is_deleted"
"""Field that says whether the record is gone."""
_PAST = frozenset(
    {DELETED, "is_done", "kind", "subject", "due_on", "stage", "stage_entered_on", "next_activity"}
)
_LONGEST_PAST = 200
"""Entries kept of a field with a past."""
_STAMP_TIME = 27
"""Characters of a stamp's time; an event's id follows, but in what an import listed."""
_UNITED = frozenset({"stage_history", "stages_seen"})
"""Lists that only grow."""


@dataclass(frozen=True)
class Listing:
    """What an import told of one record."""

    kind: RecordKind
    """Opportunity or activity."""
    id: str
    """The source's id."""
    stamp: str
    """As ``listing_stamp`` gives it."""
    told: Mapping[str, Any]
    """Fields told, as JSON values."""


def listing_stamp(day: date, zone: tzinfo | None) -> str:
    """The stamp of what an import told as of a day.

    Args:
        day: the day.
        zone: whose calendar day; None is the machine's.
    """
    at = datetime.combine(day, time(), zone).astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def is_listed(stamp: str) -> bool:
    """Whether an import told it, and no event."""
    return len(stamp) == _STAMP_TIME


def enlist(register: Register, listing: Listing) -> Register:
    """Takes in what an import told; the register given is left as it is."""
    taken = dict(register)
    for name, value in listing.told.items():
        entries = register.get(name, [])
        if name in _UNITED:
            known = latest(register, name) or []
            stamp = max([listing.stamp, *(e[0] for e in entries)])
            taken[name] = [[stamp, known + [each for each in value if each not in known]]]
        else:
            taken[name] = _with_listed(entries, listing.stamp, value, _limit(name))
    return taken


def absorb(register: Register, change: Change) -> Register:
    """Takes in a change; the register given is left as it is."""
    taken = dict(register)
    stamp = change.stamp
    for name, value in {**change.told, DELETED: change.is_deleted}.items():
        taken[name] = _with(register.get(name, []), stamp, value, _limit(name))
    return taken


def latest(register: Mapping[str, list[list[Any]]], name: str) -> Any:
    """The newest value of a field; None where it was never told."""
    entries = register.get(name)
    return entries[0][1] if entries else None


def is_deleted(register: Register) -> bool:
    """Whether the newest word on the record is that it is gone."""
    return latest(register, DELETED) is True


def newest_stamp(registers: Iterable[Register]) -> str:
    """The newest stamp in registers; empty where nothing was told."""
    return max((e[0][0] for r in registers for e in r.values() if e), default="")


def oldest_stamp(registers: Iterable[Register]) -> str:
    """The oldest stamp in registers; empty where nothing was told."""
    return min((e[-1][0] for r in registers for e in r.values() if e), default="")


def moment_of(stamp: str) -> datetime:
    """The time of a stamp."""
    return datetime.fromisoformat(stamp[:_STAMP_TIME]).astimezone(UTC)


def _limit(name: str) -> int:
    return _LONGEST_PAST if name in _PAST else 1


def _with(entries: list[list[Any]], stamp: str, value: Any, limit: int) -> list[list[Any]]:
    known: dict[str, Any] = dict(entries)
    if stamp in known and _order(known[stamp]) >= _order(value):
        return entries  # the same, or another telling of the same moment and event
    known[stamp] = value
    return [[told, known[told]] for told in sorted(known, reverse=True)[:limit]]


def _with_listed(entries: list[list[Any]], stamp: str, value: Any, limit: int) -> list[list[Any]]:
    """The last import of a day counts; of a run of alike ones the first and the last are kept."""
    known: dict[str, Any] = dict(entries) | {stamp: value}
    ordered = [[told, known[told]] for told in sorted(known, reverse=True)]
    at = next(n for n, (told, _) in enumerate(ordered) if told == stamp)
    run = ordered[at : at + 3]
    if len(run) == 3 and all(is_listed(told) and v == value for told, v in run):
        del ordered[at + 1]
    return ordered[:limit]


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
