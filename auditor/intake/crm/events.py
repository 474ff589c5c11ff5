"""An event as it was received, what can be read from it, and the ids that stand for names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from auditor.domain.records import ActivityKind
from auditor.intake.crm.changes import Change, PayloadError
from auditor.intake.dates import DateError, parse_when
from auditor.intake.values import parse_kind

_NUMBER = re.compile(r"[+-]?\d{1,24}(?:\.\d{1,60})?(?:[eE][+-]?\d{1,2})?")


@dataclass(frozen=True)
class Event:
    """One event, as it lies in the database."""

    kind: str
    """The sender's name for what happened, such as ``deal.change``."""
    id: str
    """The sender's key of the delivery."""
    payload: str
    """As received."""
    received_at: datetime
    """When, in UTC."""


@dataclass(frozen=True)
class Reading:
    """What an event tells."""

    changes: tuple[Change, ...] = ()
    """Of records, in no order."""
    ignored: str | None = None
    """Why nothing is made of it; None where something is."""


@dataclass(frozen=True)
class Names:
    """What stands for a CRM's internal ids; an id without an entry is kept as it is."""

    owners: Mapping[str, str] = field(default_factory=dict)
    """User id to the rep's name."""
    teams: Mapping[str, str] = field(default_factory=dict)
    """Owner's name or id to the team."""
    stages: Mapping[str, str] = field(default_factory=dict)
    """Stage id to its name."""

    def owner(self, identity: object, told: object = None) -> str | None:
        """A rep's name: as set, else as the event tells it, else the id."""
        key = word(identity)
        return self.owners.get(key or "") or word(told) or key

    def team(self, identity: object, owner: str | None) -> str | None:
        """The team of a rep, by id or name; None where none is set."""
        return self.teams.get(word(identity) or "") or self.teams.get(owner or "")

    def stage(self, identity: object) -> str | None:
        """A stage's name."""
        key = word(identity)
        return self.stages.get(key or "") or key


def read_object(payload: str) -> dict[str, Any]:
    """Reads a payload that must be a JSON object.

    Raises:
        PayloadError: it is none.
    """
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        raise PayloadError("the body is no JSON") from None
    if not isinstance(value, dict):
        raise PayloadError("the body is no JSON object")
    return value


def part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An inner object.

    Raises:
        PayloadError: it is missing or no object.
    """
    inner = value.get(name)
    if not isinstance(inner, dict):
        raise PayloadError(f"{name!r} is missing or no object")
    return inner


def word(value: object) -> str | None:
    """A text or number as text; None for what is empty or neither."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def when(value: object, name: str) -> datetime | None:
    """A moment in UTC, of ISO 8601, Unix seconds or milliseconds; without a zone it is UTC.

    Raises:
        PayloadError: there is a value, and it is no time.
    """
    told = _parsed(value, name)
    if told is None:
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def day(value: object, name: str) -> date | None:
    """A calendar day, as it is written: never shifted by a zone.

    Raises:
        PayloadError: there is a value, and it is no date.
    """
    told = _parsed(value, name)
    return None if told is None else told.date()


def at_noted_time(on: date | None, at: object) -> datetime | None:
    """A day with a clock time such as ``14:30``, in UTC as Pipedrive keeps it; a day alone bare."""
    if on is None:
        return None
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", word(at) or "")
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        return datetime.combine(on, time())
    return datetime.combine(on, time(int(clock[1]), int(clock[2]), tzinfo=UTC))


def number(value: object, name: str) -> str | None:
    """A number as text, so that sums stay exact.

    Raises:
        PayloadError: there is a value, and it is no number.
    """
    text = word(value)
    if text is not None and not re.fullmatch(
        r"[+-]?\d{1,24}(?:\.\d{1,60})?(?:[eE][+-]?\d{1,2})?", text
    ):
        raise PayloadError(f"{name!r} is no number")
    return text


def whole(value: object, name: str, *, scale: float = 1) -> int | None:
    """A length in seconds, rounded.

    Raises:
        PayloadError: there is a value, and it is no number.
    """
    text = number(value, name)
    return None if text is None else round(abs(float(text)) * scale)


def share(value: object, name: str, *, percent: bool) -> float | None:
    """A probability from 0 to 1; None where it is out of range.

    Raises:
        PayloadError: there is a value, and it is no number.
    """
    text = number(value, name)
    if text is None:
        return None
    told = float(text) / (100 if percent else 1)
    return told if 0 <= told <= 1 else None


def yes(value: object) -> bool | None:
    """A yes or no as JSON, text or number tells it; None where it tells neither."""
    text = str(value).strip().lower()
    if text in ("true", "1", "yes"):
        return True
    return False if text in ("false", "0", "no") else None


def kind_of(told: object, subject: object, otherwise: ActivityKind) -> ActivityKind:
    """The kind of contact by its type, else by its subject, else as given."""
    by_type = parse_kind(word(told) or "")
    if by_type in (None, ActivityKind.TASK):
        return parse_kind((word(subject) or "")[:40]) or by_type or otherwise
    return by_type


def _parsed(value: object, name: str) -> datetime | None:
    text = word(value)
    if text is None:
        return None
    try:
        return parse_when(text[:64], None)
    except DateError as exc:
        raise PayloadError(f"{name!r}: {exc}") from None
