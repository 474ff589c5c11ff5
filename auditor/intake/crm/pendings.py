"""The pending next activity of an opportunity at every moment that registers tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from auditor.domain.records import Activity, ActivityKind, NextActivity
from auditor.intake.crm.changes import in_utc
from auditor.intake.crm.registers import Register, is_listed, moment_of


@dataclass(frozen=True)
class Pending:
    """The pending activity from a moment on."""

    since: datetime
    """The CRM's time of the change, in UTC; the beginning of the day of what an import told."""
    plan: NextActivity | None
    """None where nothing was pending any more."""
    is_listed: bool = False
    """Whether an import told it, and no event."""


def pendings_of(
    deal: Register | None, activities: Mapping[str, Register], done: Sequence[Activity]
) -> tuple[Pending, ...]:
    """The pending activity through time, oldest first; empty where nothing told of any.

    What imports saw counts until events tell otherwise; these tell by tasks, else by the
    opportunity, else by activities.

    Args:
        deal: the opportunity's own register, where there is one.
        activities: registers of the activities that are on it now, by id.
        done: those of them that were done, oldest first.
    """
    entries = sorted((deal or {}).get("next_activity", []))
    tasks = {name: r for name, r in activities.items() if _was_open(r)}
    if tasks:
        return _changes(_through_tasks(tasks, [e for e in entries if is_listed(e[0])]))
    told = [Pending(moment_of(at), _read(plan), is_listed(at)) for at, plan in entries]
    if not all(each.is_listed for each in told):
        return _changes(told)
    by_events = [a for a in done if _is_told(activities[a.id])]
    if any(a.next_activity is not None for a in by_events):
        told += [Pending(in_utc(a.occurred_at), a.next_activity) for a in by_events]
    return _changes(sorted(told, key=lambda p: p.since))


def _read(plan: dict[str, Any] | None) -> NextActivity | None:
    return NextActivity.model_validate(plan) if plan else None


def _was_open(register: Register) -> bool:
    return any(value is False for _, value in register.get("is_done", []))


def _is_told(register: Register) -> bool:
    """Whether events told of it."""
    return any(not is_listed(entries[0][0]) for entries in register.values() if entries)


def _changes(told: Sequence[Pending]) -> tuple[Pending, ...]:
    kept: list[Pending] = []
    for each in told:
        if not kept or kept[-1].plan != each.plan:
            kept.append(each)
    return tuple(kept)


_PLAN_FIELDS = ("is_done", "is_deleted", "kind", "subject", "due_on")
_BASE = ("", "")
"""Name and field of what an import saw pending: goes before what is told of tasks then."""


def _through_tasks(tasks: Mapping[str, Register], seen: Sequence[list[Any]]) -> list[Pending]:
    events = [(stamp, *_BASE, plan) for stamp, plan in seen]
    events += [
        (stamp, name, field, value)
        for name, register in tasks.items()
        for field in _PLAN_FIELDS
        for stamp, value in register.get(field, [])
    ]
    events.sort(key=lambda e: e[:3])
    base: NextActivity | None = None
    state: dict[str, dict[str, Any]] = {}
    found: list[Pending] = []
    for number, (stamp, name, field, value) in enumerate(events):
        if (name, field) == _BASE:
            base = _read(value)
        else:
            state.setdefault(name, {})[field] = value
        is_last = number + 1 == len(events) or events[number + 1][0] != stamp
        # A finished task that an import lists says nothing of what else was pending then.
        is_news = bool(found) or bool(seen and stamp >= seen[0][0]) or not is_listed(stamp)
        if is_last and is_news:
            found.append(Pending(moment_of(stamp), _earliest(state, base), is_listed(stamp)))
    return found


def _earliest(
    state: Mapping[str, Mapping[str, Any]], base: NextActivity | None
) -> NextActivity | None:
    """The plan due first; what an import saw counts until a task of that subject is told."""
    plans = [
        (plan.due_on or date.max, name, plan)
        for name, fields in state.items()
        if (plan := _plan(fields)) is not None
    ]
    told = {(fields.get("subject") or "").strip().casefold() for fields in state.values()}
    if base is not None and base.subject.strip().casefold() not in told:
        plans.append((base.due_on or date.max, "", base))
    return min(plans, key=lambda p: p[:2])[2] if plans else None


def _plan(fields: Mapping[str, Any]) -> NextActivity | None:
    if fields.get("is_deleted") or fields.get("is_done") is not False:
        return None
    return NextActivity(
        kind=fields.get("kind") or ActivityKind.TASK,
        subject=(fields.get("subject") or "").strip(),
        due_on=fields.get("due_on"),
    )
