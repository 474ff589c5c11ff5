"""What the registers of one opportunity and its activities add up to.

Everything here is a function of the registers alone: the opportunity as it is now, its activities,
the pending next activity at every moment that is known of, and the stages that were entered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from auditor.domain.records import (
    Activity,
    ActivityKind,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    StageChange,
    TextFormat,
)
from auditor.intake.crm.changes import in_utc
from auditor.intake.crm.pendings import Pending, pendings_of
from auditor.intake.crm.registers import DELETED, Register, is_deleted, is_listed, latest, moment_of
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
    "due_history",
)


_NEVER_EMPTY = frozenset({"name", "stage", "status"})


_ID_WIDTH = 20


@dataclass(frozen=True)
class ResolvedActivity:
    """An activity in its place among those of its opportunity."""

    activity: Activity
    """As it was told."""
    place: datetime
    """When it happened, in UTC; those of one moment follow one another a microsecond apart."""
    left: NextActivity | None = None
    """What was pending until the next one; of the latest, what is pending now."""
    left_known: bool = False
    """Whether that is known, so that None means that nothing was."""


@dataclass(frozen=True)
class Resolved:
    """An opportunity as its registers tell it."""

    opportunity: Opportunity
    """Only what was told is set; its stage history is what the CRM itself dates."""
    activities: tuple[ResolvedActivity, ...]
    """Those that were done, oldest first."""
    pendings: tuple[Pending, ...]
    """The pending activity through time; empty where nothing told of any."""
    entered: tuple[StageChange, ...]
    """Changes of stage that were seen, but for those that the CRM itself dates."""


def resolve(
    identity: str,
    deal: Register | None,
    activities: Mapping[str, Register],
    *,
    zone: tzinfo | None,
) -> Resolved:
    """Adds up what was told of one opportunity.

    Args:
        identity: the source's id of it.
        deal: its own register, where something was told of it.
        activities: registers of the activities that are on it now, by id.
        zone: whose calendar days count; None is the machine's.
    """
    done = sorted(
        (a for name, r in activities.items() if (a := activity_of(name, r)) is not None),
        key=lambda a: (in_utc(a.occurred_at), a.id.zfill(_ID_WIDTH)),
    )
    pendings = pendings_of(deal, activities, done)
    told: dict[str, Any] = {"id": identity}
    entered: tuple[StageChange, ...] = ()
    if deal:
        told |= _values(deal)
        told["stage_history"], entered = _stages(deal, zone)
    if pendings:
        known = latest(deal or {}, "next_activity_known") or any(not p.is_listed for p in pendings)
        told |= {"next_activity_known": bool(known), "next_activity": pendings[-1].plan}
    opportunity = Opportunity.model_validate(told)
    placed = _placed(done, activities, pendings, opportunity)
    return Resolved(opportunity, placed, pendings, entered)


def alone(activity: Activity) -> ResolvedActivity:
    """An activity that is on no opportunity."""
    return ResolvedActivity(activity, in_utc(activity.occurred_at))


def activity_of(identity: str, register: Register) -> Activity | None:
    """The activity that a register tells; None for an open task, a deleted or an empty one."""
    if is_deleted(register) or latest(register, "is_done") is False:
        return None
    subject = _subject(register)
    text = _text(register, subject)
    if text is None:
        return None
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
            "occurred_at": latest(register, "occurred_at") or _first_known(register),
            "text": text,
            "subject": subject,
            "source": latest(register, "origin"),
        }
    )


def _first_known(register: Register) -> str:
    """When it was first known of: each event tells whether it was deleted."""
    return moment_of(register[DELETED][-1][0]).isoformat()


def _subject(register: Register) -> str | None:
    """As imports gave it, or without the blanks round what events told."""
    told: str | None = latest(register, "subject")
    return told if _is_listed(register, "subject") else (told or "").strip() or None


def _text(register: Register, subject: str | None) -> str | None:
    """What is judged; an import may list an activity without words."""
    text: str | None = latest(register, "text")
    if _is_listed(register, "text"):
        return text
    return _words(text) or _words(subject) or _words(latest(register, "outcome"))


def _is_listed(register: Register, name: str) -> bool:
    entries = register.get(name, [])
    return bool(entries) and is_listed(entries[0][0])


def _words(value: str | None) -> str | None:
    return value if value and value.strip() else None


def _placed(
    done: Sequence[Activity],
    registers: Mapping[str, Register],
    pendings: Sequence[Pending],
    deal: Opportunity,
) -> tuple[ResolvedActivity, ...]:
    places: list[datetime] = []
    for activity in done:
        at = in_utc(activity.occurred_at)
        places.append(at if not places or at > places[-1] else places[-1] + _NEXT)
    starts = [pending.since for pending in pendings]
    found: list[ResolvedActivity] = []
    for number, activity in enumerate(done):
        register = registers[activity.id]
        if number + 1 < len(done):
            at_next = bisect_left(starts, places[number + 1])
            left = _left(register, pendings[at_next - 1] if at_next else None)
        elif activity.next_activity is not None or latest(register, "given") is not None:
            left = _left(register, None)
        else:
            left = deal.next_activity, deal.next_activity_known or deal.next_activity is not None
        found.append(ResolvedActivity(activity, places[number], *left))
    return tuple(found)


_NEXT = timedelta(microseconds=1)


def _left(register: Register, pending: Pending | None) -> tuple[NextActivity | None, bool]:
    """What an activity left: as an import showed it, where no event knows better."""
    entries = register.get("left")
    shown_at = moment_of(entries[0][0]) if entries else None
    is_older = shown_at is None or pending is None or shown_at < pending.since
    if pending is not None and (not pending.is_listed or is_older):
        return pending.plan, True
    shown = latest(register, "left") or {"plan": None, "known": False}
    plan = shown["plan"]
    return NextActivity.model_validate(plan) if plan else None, bool(shown["known"])


def _values(deal: Register) -> dict[str, Any]:
    """The fields told; one that was emptied is told as empty."""
    values = {name: latest(deal, name) for name in _CARRIED if name in deal}
    values = {n: v for n, v in values.items() if v is not None or n not in _NEVER_EMPTY}
    if is_deleted(deal):
        values["status"] = OpportunityStatus.DELETED
    elif any(value for _, value in deal.get(DELETED, [])):
        values.setdefault("status", OpportunityStatus.OPEN)  # it came back
    elif _is_reopened(deal):
        values["status"] = OpportunityStatus.OPEN
    if values.get("status") == OpportunityStatus.OPEN:
        values |= {"closed_on": None, "lost_reason": None}
    return values


def _is_reopened(deal: Register) -> bool:
    """Whether what an import listed as closed went on to another stage, and not as closed."""
    told = deal.get("status", [])
    if not told or not is_listed(told[0][0]):
        return False
    stages = [(stamp, stage) for stamp, stage in deal.get("stage", []) if stage]
    then = next((stage for stamp, stage in stages if stamp <= told[0][0]), "")
    return bool(stages) and stages[0][0] > told[0][0] and stages[0][1] != then


def _stages(
    deal: Register, zone: tzinfo | None
) -> tuple[tuple[StageChange, ...], tuple[StageChange, ...]]:
    """Changes of stage that the source dates, and those that are dated by when it told them."""
    days: dict[str, Any] = dict(deal.get("stage_entered_on", []))
    dated = [_change(*each) for each in latest(deal, "stage_history") or ()]
    entered = [_change(*each) for each in latest(deal, "stages_seen") or ()]
    listed = {change.stage for change in dated}
    before: str | None = None
    for number, (stamp, stage) in enumerate(reversed(deal.get("stage", []))):
        if not stage:
            continue
        if day := days.get(stamp):
            dated.append(_change(stage, day))
        elif number and stage != before and not (is_listed(stamp) and stage in listed):
            entered.append(StageChange(stage=stage, entered_on=day_of(stamp, zone)))
        before = stage
    return tuple(dict.fromkeys(dated)), tuple(dict.fromkeys(entered))


def _change(stage: str, day: str) -> StageChange:
    return StageChange(stage=stage, entered_on=date.fromisoformat(day))


def day_of(stamp: str, zone: tzinfo | None) -> date:
    """The calendar day of a stamp."""
    return moment_of(stamp).astimezone(zone).date()
