"""What the registers of one opportunity and its activities add up to.

Everything here is a function of the registers alone: the opportunity as it is now, its activities,
the pending next activity at every moment that is known of, and the stages that were entered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from auditor.domain.records import (
    Activity,
    ActivityKind,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    PastActivity,
    StageChange,
    TextFormat,
)
from auditor.intake.crm.changes import in_utc
from auditor.intake.crm.registers import DELETED, Register, is_deleted, latest, moment_of
from auditor.intake.transcripts.text import looks_like_turns

_CARRIED = (
    "name",
    "account",
    "stage",
    "owner",
    "team",
    "value",
    "currency",
    "lead_source",
    "opened_on",
    "closed_on",
    "expected_close_on",
    "status",
    "lost_reason",
    "probability",
    "url",
)


_NEVER_EMPTY = frozenset({"name", "stage", "status"})


@dataclass(frozen=True)
class Pending:
    """The pending activity from a moment on."""

    since: datetime
    """The CRM's time of the change, in UTC."""
    plan: NextActivity | None
    """None where nothing was pending any more."""


@dataclass(frozen=True)
class Resolved:
    """An opportunity as its registers tell it."""

    opportunity: Opportunity
    """Only what was told is set."""
    activities: tuple[Activity, ...]
    """Those that were done, oldest first."""
    given: Mapping[str, tuple[PastActivity, ...]]
    """By activity: the history of those that came complete in themselves."""
    pendings: tuple[Pending, ...]
    """The pending activity through time; empty where no event told of any."""
    entered: tuple[StageChange, ...]
    """Changes of stage that were seen, but for those that the CRM itself dates."""


def resolve(
    identity: str,
    deal: Register | None,
    activities: Mapping[str, Register],
    *,
    zone: tzinfo | None,
    base: NextActivity | None = None,
) -> Resolved:
    """Adds up what was told of one opportunity.

    Args:
        identity: the source's id of it.
        deal: its own register, where events told of it.
        activities: registers of the activities that are on it now, by id.
        zone: whose calendar days count; None is the machine's.
        base: what an earlier import said was pending, until a task of that subject is told.
    """
    done = sorted(
        (a for name, r in activities.items() if (a := activity_of(name, r)) is not None),
        key=lambda a: (in_utc(a.occurred_at), a.id),
    )
    pendings = _pendings(deal, activities, done, base)
    told: dict[str, Any] = {"id": identity}
    dated: tuple[StageChange, ...] = ()
    entered: tuple[StageChange, ...] = ()
    if deal is not None:
        told |= _values(deal)
        dated, entered = _stages(deal, zone)
    if dated:
        told["stage_history"] = dated
    if pendings:
        told |= {"next_activity_known": True, "next_activity": pendings[-1].plan}
    given = {
        a.id: tuple(PastActivity.model_validate(p) for p in g["history"])
        for a in done
        if (g := latest(activities[a.id], "given")) is not None
    }
    return Resolved(Opportunity.model_validate(told), tuple(done), given, pendings, entered)


def activity_of(identity: str, register: Register) -> Activity | None:
    """The activity that a register tells; None for an open task, a deleted or an empty one."""
    if is_deleted(register) or latest(register, "is_done") is False:
        return None
    subject = (latest(register, "subject") or "").strip() or None
    text = _words(latest(register, "text")) or subject or _words(latest(register, "outcome"))
    if not text:
        return None
    stamp = register[DELETED][-1][0]  # each change tells it: this is the first one known of
    told: dict[str, Any] = {
        name: value
        for name in ("owner", "duration_seconds", "participants", "next_activity")
        if (value := latest(register, name)) is not None
    }
    is_turns = text.count("\n") >= 2 and looks_like_turns(text)
    return Activity.model_validate(
        told
        | {
            "id": identity,
            "opportunity_id": latest(register, "opportunity_id"),
            "kind": latest(register, "kind") or ActivityKind.NOTE,
            "format": latest(register, "format")
            or (TextFormat.TRANSCRIPT if is_turns else TextFormat.NOTE),
            "occurred_at": latest(register, "occurred_at") or moment_of(stamp).isoformat(),
            "text": text,
            "subject": subject,
        }
    )


def _words(value: str | None) -> str | None:
    return value if value and value.strip() else None


def _values(deal: Register) -> dict[str, Any]:
    """The fields told; one that was emptied is told as empty."""
    values = {name: latest(deal, name) for name in _CARRIED if name in deal}
    values = {n: v for n, v in values.items() if v is not None or n not in _NEVER_EMPTY}
    if is_deleted(deal):
        values["status"] = OpportunityStatus.DELETED
    elif any(value for _, value in deal[DELETED]):
        values.setdefault("status", OpportunityStatus.OPEN)  # it came back
    if values.get("status") == OpportunityStatus.OPEN:
        values |= {"closed_on": None, "lost_reason": None}
    return values


def _stages(
    deal: Register, zone: tzinfo | None
) -> tuple[tuple[StageChange, ...], tuple[StageChange, ...]]:
    """Changes of stage that the CRM dates, and those that are dated by when it told them."""
    days: dict[str, Any] = dict(deal.get("stage_entered_on", []))
    dated: list[StageChange] = []
    entered: list[StageChange] = []
    before: str | None = None
    for number, (stamp, stage) in enumerate(reversed(deal.get("stage", []))):
        if not stage:
            continue
        if day := days.get(stamp):
            dated.append(StageChange(stage=stage, entered_on=date.fromisoformat(day)))
        elif number and stage != before:
            entered.append(StageChange(stage=stage, entered_on=day_of(stamp, zone)))
        before = stage
    return tuple(dict.fromkeys(dated)), tuple(dict.fromkeys(entered))


def day_of(stamp: str, zone: tzinfo | None) -> date:
    """The calendar day of a stamp."""
    return moment_of(stamp).astimezone(zone).date()


def _pendings(
    deal: Register | None,
    activities: Mapping[str, Register],
    done: Sequence[Activity],
    base: NextActivity | None,
) -> tuple[Pending, ...]:
    """The pending activity through time: by tasks, else by the opportunity, else by activities."""
    tasks = {name: r for name, r in activities.items() if _was_open(r)}
    if tasks:
        return _changes(_through_tasks(tasks, base))
    if deal is not None and "next_activity" in deal:
        told = [
            Pending(moment_of(stamp), NextActivity.model_validate(plan) if plan else None)
            for stamp, plan in reversed(deal["next_activity"])
        ]
        return _changes(told)
    if any(a.next_activity is not None for a in done):
        return _changes([Pending(in_utc(a.occurred_at), a.next_activity) for a in done])
    return ()


def _was_open(register: Register) -> bool:
    return any(value is False for _, value in register.get("is_done", []))


def _changes(told: Sequence[Pending]) -> tuple[Pending, ...]:
    kept: list[Pending] = []
    for each in told:
        if not kept or kept[-1].plan != each.plan:
            kept.append(each)
    return tuple(kept)


_PLAN_FIELDS = ("is_done", "is_deleted", "kind", "subject", "due_on")


def _through_tasks(tasks: Mapping[str, Register], base: NextActivity | None) -> list[Pending]:
    events = sorted(
        (stamp, name, field, value)
        for name, register in tasks.items()
        for field in _PLAN_FIELDS
        for stamp, value in register.get(field, [])
    )
    state: dict[str, dict[str, Any]] = {}
    found: list[Pending] = []
    for number, (stamp, name, field, value) in enumerate(events):
        state.setdefault(name, {})[field] = value
        is_last = number + 1 == len(events) or events[number + 1][0] != stamp
        if is_last:
            found.append(Pending(moment_of(stamp), _earliest(state, base)))
    return found


def _earliest(state: Mapping[str, Mapping[str, Any]], base: NextActivity | None) -> Any:
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
