"""A record as the prompts see it: clean, redacted, cut to length, days with their weekdays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from auditor.classify.redaction import Redactor
from auditor.domain.records import NextActivity, Side
from auditor.reading.prepared import SUBJECT, PreparedRecord, history_field

CUT = " [...] "
"""Stands where the middle of a long text was left out."""
_HEAD_SHARE = 0.35
_PAST_CHARS = 1_500
_PAST_SHOWN = 12
_SHORT = 120


@dataclass(frozen=True)
class Person:
    """Somebody on the activity."""

    name: str
    side: str


@dataclass(frozen=True)
class Pending:
    """The pending next activity."""

    kind: str
    due: str
    subject: str


@dataclass(frozen=True)
class Past:
    """An earlier activity."""

    logged: str
    kind: str
    text: str


@dataclass(frozen=True)
class RecordView:
    """What a prompt is given of a record."""

    stage: str
    """Stage of the opportunity, or "unknown"."""
    logged: str
    """When it was logged, with the weekday."""
    kind: str
    """call, email, meeting, task or note."""
    format: str
    """note or transcript."""
    people: tuple[Person, ...]
    """Those on it with a known side."""
    pending: Pending | None
    """The pending next activity."""
    history: tuple[Past, ...]
    """Earlier activities, oldest first."""
    text: str
    """The activity's text."""


def view_record(prepared: PreparedRecord, redactor: Redactor, *, max_chars: int) -> RecordView:
    """Makes the view.

    Args:
        prepared: the record.
        redactor: takes personal data out of every text.
        max_chars: longest text; of a longer one the middle is left out, as ends decide calls.
    """
    activity = prepared.record.activity
    return RecordView(
        stage=_short(redactor.redact(prepared.record.opportunity.stage)) or "unknown",
        logged=_say_time(activity.occurred_at),
        kind=activity.kind.value,
        format=activity.format.value,
        people=tuple(
            Person(_short(redactor.redact(p.name)), p.role.value)
            for p in activity.participants
            if p.role is not Side.UNKNOWN
        ),
        pending=_pending(prepared, activity.next_activity, redactor),
        history=_history(prepared, redactor),
        text=cut_middle(redactor.redact(prepared.text), max_chars),
    )


def _pending(
    prepared: PreparedRecord, pending: NextActivity | None, redactor: Redactor
) -> Pending | None:
    if pending is None:
        return None
    subject = prepared.fields[SUBJECT].text if SUBJECT in prepared.fields else ""
    due = _say_day(pending.due_on) if pending.due_on else "no date"
    return Pending(pending.kind.value, due, redactor.redact(subject))


def _history(prepared: PreparedRecord, redactor: Redactor) -> tuple[Past, ...]:
    past = list(enumerate(prepared.record.history))[-_PAST_SHOWN:]
    return tuple(
        Past(
            _say_time(one.occurred_at),
            one.kind.value,
            cut_middle(redactor.redact(prepared.fields[history_field(at)].text), _PAST_CHARS),
        )
        for at, one in past
    )


def cut_middle(text: str, most: int) -> str:
    """The text, or its beginning and its longer end with a mark between them."""
    if len(text) <= most:
        return text
    head = int(most * _HEAD_SHARE)
    tail = max(0, most - head - len(CUT))
    return text[:head] + CUT + text[len(text) - tail :]


def _short(text: str) -> str:
    return " ".join(text.split())[:_SHORT]


def _say_day(day: date) -> str:
    return f"{day:%A} {day.isoformat()}"


def _say_time(at: datetime) -> str:
    return f"{_say_day(at.date())} {at:%H:%M}"
