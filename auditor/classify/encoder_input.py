"""What the local encoder is given of a record, free of storage, cleaning and pydantic models.

The texts are those in which spans are reported: whoever cleans a text first maps the spans back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from auditor.domain.records import Participant, Side, side_of
from auditor.reading.turns import Turn, read_conversation

TRANSCRIPT = "transcript"


@dataclass(frozen=True)
class PendingInput:
    """The pending next activity that the rep left."""

    kind: str = "task"
    """call, email, meeting, task or note."""
    subject: str = ""
    """As the rep wrote it; may be evidence."""
    due_on: date | None = None
    """Calendar day it is due."""


@dataclass(frozen=True)
class PastInput:
    """An earlier activity."""

    kind: str
    """call, email, meeting, task or note."""
    occurred_at: datetime
    """When it happened."""
    text: str
    """Its text; may be evidence."""


@dataclass(frozen=True)
class EncoderInput:
    """One activity as the local encoder sees it."""

    text: str
    """The activity's text; spans of field ``text`` count its code points."""
    format: str
    """``note`` or ``transcript``."""
    kind: str
    """call, email, meeting, task or note."""
    stage: str
    """The opportunity's stage as the CRM names it; may be empty."""
    occurred_at: datetime
    """When the activity happened."""
    people: tuple[tuple[str, Side], ...] = ()
    """Names with their side of the sale, where known."""
    pending: PendingInput | None = None
    """The pending next activity, None where the rep left none."""
    history: tuple[PastInput, ...] = ()
    """Earlier activities, oldest first."""
    turns: tuple[Turn, ...] = ()
    """The turns of a transcript, as spans of ``text``."""


def from_record(record: Mapping[str, Any]) -> EncoderInput:
    """Reads a record in the codebook's format (labels are ignored).

    Args:
        record: keys ``activity``, ``opportunity`` and, optionally, ``history``.

    Raises:
        KeyError: where the activity lacks its text or its time.
        ValueError: where a date is not ISO 8601.
    """
    activity = cast("Mapping[str, Any]", record["activity"])
    text = str(activity["text"])
    people = tuple(
        (str(p["name"]), side_of(str(p.get("role") or "")))
        for p in activity.get("participants") or ()
    )
    layout = str(activity.get("format") or "note")
    return EncoderInput(
        text=text,
        format=layout,
        kind=str(activity.get("kind") or "note"),
        stage=str((record.get("opportunity") or {}).get("stage") or ""),
        occurred_at=datetime.fromisoformat(str(activity["occurred_at"])),
        people=people,
        pending=_pending(activity.get("next_activity")),
        history=_history(record.get("history") or ()),
        turns=_turns(text, people) if layout == TRANSCRIPT else (),
    )


def _turns(text: str, people: tuple[tuple[str, Side], ...]) -> tuple[Turn, ...]:
    known = [Participant(name=name, role=side) for name, side in people]
    return read_conversation(text, participants=known).turns


def _pending(raw: Mapping[str, Any] | None) -> PendingInput | None:
    if not raw:
        return None
    due = raw.get("due_on")
    return PendingInput(
        kind=str(raw.get("kind") or "task"),
        subject=str(raw.get("subject") or ""),
        due_on=date.fromisoformat(str(due)[:10]) if due else None,
    )


def _history(raw: Sequence[Mapping[str, Any]]) -> tuple[PastInput, ...]:
    return tuple(
        PastInput(
            kind=str(h.get("kind") or "note"),
            occurred_at=datetime.fromisoformat(str(h["occurred_at"])),
            text=str(h["text"]),
        )
        for h in raw
    )
