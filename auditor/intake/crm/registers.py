"""All that events told of one record, kept so that the order of their delivery does not matter.

A register holds, for each field, the values told with their stamps, newest first.  Taking in a
change is a union of sets cut to the newest entries, so any order and any repetition of the same
changes gives the same register.  The fields that plans and stages are made of keep their past,
since a date that moved is a finding; the others keep only the newest value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from auditor.intake.crm.changes import Change

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


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
