"""Reads the shipped sample of a sales team, with its dates moved to the present.

The sample is written by hand in a compact form (see ``auditor/sample/``): day 0 is the Monday of
the week in which it is read, so that the demo is always about last week.  A calendar date in a
text is a placeholder such as ``{+10:dmon}``, which becomes that day's date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib import resources

from auditor.domain.labels import Label, Reason
from auditor.domain.records import (
    Activity,
    ActivityKind,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    Participant,
    Side,
    StageChange,
    TextFormat,
)
from auditor.errors import InputError

_PLACEHOLDER = re.compile(r"\{([+-]?\d+):(\w+)\}")
_LABELS = {
    "meaningful": Label.MEANINGFUL_NEXT_STEP,
    "vague": Label.VAGUE_CALLBACK,
    "loss": Label.IMPLICIT_LOSS,
}
_FILES = ("team_north.txt", "team_south.txt", "closed.txt")


@dataclass(frozen=True)
class SampleTeam:
    """The whole sample, dated."""

    firm: str
    """The selling firm."""
    supervisor: str
    """Name of the supervisor."""
    as_of: date
    """Day 0: the Monday on which the digest of last week is read."""
    opportunities: tuple[Opportunity, ...]
    """Open and closed ones."""
    activities: tuple[Activity, ...]
    """What was logged on the open ones."""
    meant: dict[str, tuple[Label, Reason]]
    """By activity id: the label and reason that the authors meant (latest activities only)."""


@dataclass
class _State:
    """Where the reader is, and what it has gathered."""

    monday: date
    firm: str = ""
    supervisor: str = ""
    team: str = ""
    currency: str = "GBP"
    opportunities: list[Opportunity] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    meant: dict[str, tuple[Label, Reason]] = field(default_factory=dict)
    open_now: Opportunity | None = None
    head: str | None = None
    lines: list[str] = field(default_factory=list)
    count: int = 0


def load_sample(today: date) -> SampleTeam:
    """Loads the sample as of the Monday of ``today``'s week.

    Raises:
        InputError: where a sample file breaks the form (file and line are named).
    """
    state = _State(monday=today - timedelta(days=today.weekday()))
    folder = resources.files("auditor") / "sample"
    for name in _FILES:
        for number, line in enumerate((folder / name).read_text(encoding="utf-8").splitlines(), 1):
            try:
                _feed(state, line.rstrip("\n"))
            except (ValueError, KeyError) as exc:
                raise InputError(f"{name}:{number}: {exc}; mend the sample's line") from exc
        _end_opportunity(state)
    teams = {o.owner: o.team for o in state.opportunities if o.team}
    return SampleTeam(
        firm=state.firm,
        supervisor=state.supervisor,
        as_of=state.monday,
        opportunities=tuple(
            o.model_copy(update={"team": o.team or teams.get(o.owner)}) for o in state.opportunities
        ),
        activities=tuple(state.activities),
        meant=state.meant,
    )


def _feed(state: _State, line: str) -> None:
    if not line.strip() or line.startswith("//"):
        return
    if line.startswith(":"):
        state.lines.append(line[1:].removeprefix(" "))
    elif line.startswith("@ "):
        _end_opportunity(state)
        state.open_now = _open_opportunity(state, line[2:])
    elif line.startswith("a "):
        _end_activity(state)
        state.head = line[2:]
    elif line.startswith("c "):
        state.opportunities.append(_closed_opportunity(state, line[2:]))
    else:
        key, _, value = line.partition(":")
        _setting(state, key.strip(), value.strip())


def _setting(state: _State, key: str, value: str) -> None:
    if state.open_now is not None and key in ("stages", "pending"):
        update = _stages(state, value) if key == "stages" else _pending(state, value)
        state.open_now = state.open_now.model_copy(update=update)
    elif key in ("firm", "supervisor", "team", "currency"):
        setattr(state, key, re.split(r"[<:]", value)[0].strip())
    elif key not in ("reps", "stages"):
        raise ValueError(f"unknown key {key!r}")


def _day(state: _State, offset: str) -> date:
    return state.monday + timedelta(days=int(offset))


def _stages(state: _State, value: str) -> dict[str, object]:
    changes = []
    for piece in value.split(","):
        offset, _, stage = piece.strip().partition(" ")
        changes.append(StageChange(stage=stage.strip(), entered_on=_day(state, offset)))
    return {"stage_history": tuple(changes), "opened_on": changes[0].entered_on}


def _next(state: _State, value: str, separator: str) -> NextActivity | None:
    if value.strip() == "none":
        return None
    kind, subject, due = (p.strip() for p in value.split(separator)[:3])
    return NextActivity(
        kind=ActivityKind(kind),
        subject=_dated(state, subject),
        due_on=None if due in ("", "-") else _day(state, due),
    )


def _pending(state: _State, value: str) -> dict[str, object]:
    parts = [p.strip() for p in value.split("|")]
    moved = next((p.removeprefix("moved").split() for p in parts if p.startswith("moved")), [])
    return {
        "next_activity": _next(state, value, "|"),
        "next_activity_known": True,
        "due_history": tuple(_day(state, m) for m in moved),
    }


def _pairs(parts: list[str]) -> dict[str, str]:
    return {k.strip(): v.strip() for k, _, v in (p.partition("=") for p in parts)}


def _open_opportunity(state: _State, line: str) -> Opportunity:
    parts = [p.strip() for p in line.split("|")]
    said = _pairs(parts[2:])
    return Opportunity(
        id=parts[0],
        name=parts[1],
        account=said.get("account"),
        owner=said["owner"],
        team=state.team,
        stage=said["stage"],
        value=Decimal(said["value"]),
        currency=state.currency,
        lead_source=said.get("source"),
        expected_close_on=_day(state, said["close"]) if "close" in said else None,
        url=f"https://crm.example.com/opportunities/{parts[0]}",
    )


def _closed_opportunity(state: _State, line: str) -> Opportunity:
    outcome, _, rest = line.partition(" ")
    parts = [p.strip() for p in rest.split("|")]
    said = _pairs([p for p in parts[2:] if "=" in p])
    stages = next(p.partition(":")[2] for p in parts if p.startswith("stages:"))
    history = _stages(state, stages)
    changes = history["stage_history"]
    assert isinstance(changes, tuple)  # noqa: S101 - narrows the type for the reader below
    return Opportunity(
        id=parts[0],
        name=parts[1],
        account=said.get("account"),
        owner=said["owner"],
        team=said.get("team"),
        stage=changes[-1].stage,
        value=Decimal(said["value"]),
        currency=state.currency,
        lead_source=said.get("source"),
        opened_on=changes[0].entered_on,
        stage_history=changes,
        closed_on=_day(state, said["closed"]),
        status=OpportunityStatus.WON if outcome == "won" else OpportunityStatus.LOST,
        lost_reason=said.get("reason") or None,
    )


def _end_opportunity(state: _State) -> None:
    _end_activity(state)
    if state.open_now is not None:
        state.opportunities.append(state.open_now)
    state.open_now, state.count = None, 0


def _end_activity(state: _State) -> None:
    if state.head is None or state.open_now is None:
        return
    parts = [p.strip() for p in state.head.split("|")]
    words = parts[0].split()
    said = _pairs(parts[1:])
    at = datetime.combine(_day(state, words[0]), time.fromisoformat(f"{words[1]:0>5}"))
    state.count += 1
    name = f"{state.open_now.id}-{state.count}"
    state.activities.append(
        Activity(
            id=name,
            opportunity_id=state.open_now.id,
            kind=ActivityKind(words[2]),
            format=TextFormat.TRANSCRIPT if "transcript" in words[3:] else TextFormat.NOTE,
            occurred_at=at,
            text=_dated(state, "\n".join(state.lines)),
            participants=tuple(_people(said.get("who", ""))),
            next_activity=_next(state, said["next"], ";") if "next" in said else None,
            owner=said.get("by", state.open_now.owner),
            duration_seconds=int(said["len"]) if "len" in said else None,
            source="sample",
        )
    )
    if "gold" in said:
        label, reason = said["gold"].split()
        state.meant[name] = (_LABELS[label], Reason(reason))
    state.head, state.lines = None, []


def _people(value: str) -> Iterator[Participant]:
    for piece in filter(None, (p.strip() for p in value.split(","))):
        name, _, role = piece.rpartition(":")
        yield Participant(name=name.strip(), role=Side(role.strip()))


def _ordinal(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th") if day not in (11, 12, 13) else "th"
    return f"{day}{ending}"


def _dated(state: _State, text: str) -> str:
    """Puts calendar dates in place of the placeholders."""

    def put(found: re.Match[str]) -> str:
        day = _day(state, found.group(1))
        forms = {
            "d": str(day.day),
            "th": _ordinal(day.day),
            "dmon": f"{day.day} {day:%B}",
            "mond": f"{day:%B} {day.day}",
            "dm": f"{day:%d/%m}",
            "md": f"{day:%m/%d}",
            "iso": day.isoformat(),
            "month": f"{day:%B}",
            "day": f"{day:%A}",
            "wk": str(day.isocalendar().week),
        }
        return forms[found.group(2)]

    return _PLACEHOLDER.sub(put, text)
