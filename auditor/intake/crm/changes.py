"""What an event tells of one record of a CRM, in the auditor's own words.

A change is partial: only the fields that the event told are in it.  Its ``stamp`` puts all changes
of a record in one order, whatever the order in which they are delivered: the CRM's own time of the
change first, then the event's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.domain.records import (
    ActivityKind,
    NextActivity,
    OpportunityStatus,
    Participant,
    TextFormat,
)
from auditor.errors import InputError
from auditor.intake.encoding import without_lone_surrogates

LONGEST_ID = 500
"""Characters; PostgreSQL can't index much longer ones."""
LONGEST_TEXT = 2_000_000
"""Characters of one text field, as intake takes from files."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a CRM's clock may be ahead of ours; a later time counts as the time of receipt."""
_LONGEST_NAME = 100
"""Characters of a field's name in an error: an unknown field's is the sender's own."""
_ID_DIGITS = 20
_MOST_SECONDS = 2**31 - 1


class PayloadError(InputError):
    """An event that can't be read; the message names the field, never its text."""


class RecordKind(StrEnum):
    """Sorts of CRM records that are kept; an open task is an activity too."""

    OPPORTUNITY = "opportunity"
    ACTIVITY = "activity"


class ToldOpportunity(BaseModel):
    """Fields of an opportunity that events may tell."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    """As the CRM shows it."""
    account: str | None = None
    """The buying organisation or person."""
    stage: str | None = None
    """Current stage, by its name."""
    stage_entered_on: date | None = None
    """Day on which it entered that stage, where the CRM tells it."""
    owner: str | None = None
    """The rep who holds it."""
    team: str | None = None
    """The owner's team."""
    value: Decimal | None = Field(default=None, allow_inf_nan=False, max_digits=30)
    """Deal size in ``currency``."""
    currency: str | None = None
    """ISO 4217 code."""
    lead_source: str | None = None
    """Where the lead came from."""
    opened_on: date | None = None
    """Day it was created."""
    closed_on: date | None = None
    """Day it was closed."""
    expected_close_on: date | None = None
    """The rep's forecast."""
    status: OpportunityStatus | None = None
    """Open, won or lost."""
    lost_reason: str | None = None
    """As the CRM holds it."""
    probability: float | None = Field(default=None, ge=0, le=1)
    """The CRM's, 0 to 1."""
    url: str | None = None
    """Link to the record."""
    next_activity: NextActivity | None = None
    """The pending activity, where the sender tells it on the opportunity itself."""


class ToldActivity(BaseModel):
    """Fields of an activity that events may tell; an open task has ``is_done`` false."""

    model_config = ConfigDict(extra="forbid")

    opportunity_id: str | None = Field(default=None, max_length=LONGEST_ID)
    """The opportunity that it is on."""
    is_done: bool = True
    """False for a task that is still to be done."""
    kind: ActivityKind | None = None
    """Kind of contact."""
    subject: str | None = Field(default=None, max_length=LONGEST_TEXT)
    """Its subject line."""
    due_on: date | None = None
    """Day it is due, never shifted by a time zone."""
    text: str | None = Field(default=None, max_length=LONGEST_TEXT)
    """Raw text, HTML as it came."""
    outcome: str | None = None
    """The call's outcome in words; judged where there is neither text nor subject."""
    occurred_at: datetime | None = None
    """When it happened."""
    owner: str | None = None
    """The rep who logged it."""
    duration_seconds: int | None = Field(default=None, ge=0, le=_MOST_SECONDS)
    """Length of the call."""
    participants: tuple[Participant, ...] | None = None
    """People on it."""
    format: TextFormat | None = None
    """Prose or turns; told from the text where it is not given."""
    next_activity: NextActivity | None = None
    """The pending activity that it left, where the sender tells it."""
    given: dict[str, Any] | None = None
    """Opportunity and history of a record that came complete in itself."""


_MODELS: dict[RecordKind, type[BaseModel]] = {
    RecordKind.OPPORTUNITY: ToldOpportunity,
    RecordKind.ACTIVITY: ToldActivity,
}


@dataclass(frozen=True)
class Change:
    """What one event tells of one record."""

    kind: RecordKind
    """Opportunity or activity."""
    id: str
    """The source's id."""
    at: datetime
    """When it changed in the CRM, in UTC."""
    event: str
    """The event's id: decides between changes of the same moment."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """Fields told, as JSON values."""
    is_deleted: bool = False
    """Whether the record was deleted."""

    @property
    def stamp(self) -> str:
        """Puts changes of a record in order; compares as text."""
        return f"{self.at:%Y-%m-%dT%H:%M:%S.%f}Z {order_of_id(self.event)}"


def make_change(
    kind: RecordKind,
    identity: object,
    at: datetime,
    event: str,
    told: Mapping[str, Any],
) -> Change:
    """Makes a change of what an event tells.

    Args:
        kind: opportunity or activity.
        identity: the source's id.
        at: when it changed; without a zone it is UTC.
        event: the event's id.
        told: fields of ``ToldOpportunity`` or ``ToldActivity``; others are refused.

    Raises:
        PayloadError: the id is missing, or a field does not fit.
    """
    try:
        checked = _MODELS[kind].model_validate(dict(told))
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        name = ".".join(map(str, first["loc"]))[:_LONGEST_NAME]
        raise PayloadError(f"{kind.value} field {name!r}: {first['msg']}") from None
    values = _plain(checked.model_dump(mode="json", exclude_unset=True))
    return Change(kind, identity_of(identity, kind.value), in_utc(at), event, values)


def make_deletion(kind: RecordKind, identity: object, at: datetime, event: str) -> Change:
    """Makes the change that says that a record is gone.

    Raises:
        PayloadError: the id is missing.
    """
    return Change(kind, identity_of(identity, kind.value), in_utc(at), event, is_deleted=True)


def identity_of(value: object, what: str) -> str:
    """A record's id as text.

    Raises:
        PayloadError: it is missing, no text or number, or too long.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise PayloadError(f"the {what} has no id")
    text = _plain(str(value).strip())
    if not text or len(text) > LONGEST_ID:
        raise PayloadError(f"the id of the {what} must have 1 to {LONGEST_ID} characters")
    return str(text)


def in_utc(when: datetime) -> datetime:
    """A moment in UTC; one without a zone is UTC already."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def not_ahead(when: datetime, received_at: datetime) -> datetime:
    """The time of a change, or of its receipt where the CRM's clock runs ahead of ours."""
    told = in_utc(when)
    return told if told <= received_at + CLOCK_SKEW else received_at


def order_of_id(identity: str) -> str:
    """An id so that numbers compare as numbers, as text."""
    plain = identity.isascii() and identity.isdigit()
    return identity.zfill(_ID_DIGITS) if plain else identity


def _plain(value: Any) -> Any:
    """The value without what no database keeps: NUL characters and halves of surrogates."""
    if isinstance(value, str):
        return without_lone_surrogates(value.replace("\0", ""))
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
