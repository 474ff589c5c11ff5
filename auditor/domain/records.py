"""What a CRM or recorder knows: opportunities, activities, the pending next activity.

Times carry a zone where the source gave one and are naive local times where it did not; nothing
here shifts them.  ``AuditRecord`` is the unit that is judged: one activity, seen on the day it was
logged, with the opportunity and the earlier activities.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

LONGEST_SECONDS = 2**31 - 1
"""A length that every database can hold."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ActivityKind(StrEnum):
    """How the contact was made, or that it is a bare task or note."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    TASK = "task"
    NOTE = "note"


class TextFormat(StrEnum):
    """Whether a text is prose or one turn a line (``Name: words``)."""

    NOTE = "note"
    TRANSCRIPT = "transcript"


class Side(StrEnum):
    """Which side of the sale a person is on."""

    REP = "rep"
    BUYER = "buyer"
    OTHER = "other"
    UNKNOWN = "unknown"


_REP_ROLES = ("rep", "seller", "agent", "internal", "host")
_BUYER_ROLES = ("buyer", "customer", "prospect", "client", "external")
_OTHER_ROLES = ("gatekeeper", "other", "partner", "system", "third", "receptionist", "assistant")


def side_of(role: str) -> Side:
    """The side that a role names: ``rep``, ``rep's engineer``, ``CUSTOMER``, ``gatekeeper``."""
    plain = role.strip().lower()
    if plain.startswith(_REP_ROLES):
        return Side.REP
    if plain.startswith(_BUYER_ROLES):
        return Side.BUYER
    return Side.OTHER if plain.startswith(_OTHER_ROLES) else Side.UNKNOWN


class OpportunityStatus(StrEnum):
    """Open, how it was closed, or that its CRM no longer holds it."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    DELETED = "deleted"


class Participant(_Frozen):
    """A person on an activity."""

    name: str
    """As the source spells it."""
    role: Side = Side.UNKNOWN
    """Side of the sale."""
    email: str | None = None
    """Address, where the source gave one."""


class NextActivity(_Frozen):
    """The pending activity that the rep left on the opportunity."""

    kind: ActivityKind = ActivityKind.TASK
    """Kind of contact planned."""
    subject: str = ""
    """As the rep wrote it; may be empty."""
    due_on: date | None = None
    """Calendar day it is due, never shifted by a time zone."""


class PastActivity(_Frozen):
    """An earlier activity as history of a record."""

    kind: ActivityKind
    """Kind of contact."""
    occurred_at: datetime
    """When it happened or was logged."""
    text: str
    """Raw text."""
    next_activity: NextActivity | None = None
    """The pending activity left then, where known."""
    format: TextFormat = TextFormat.NOTE
    """Prose or turns."""
    id: str | None = None
    """The source's id, where known."""
    duration_seconds: int | None = Field(default=None, le=LONGEST_SECONDS)
    """Length of the call, where known."""


class Activity(_Frozen):
    """What a rep logged, with the pending next activity that it left."""

    id: str
    """Unique within its source."""
    opportunity_id: str | None = None
    """The opportunity that it is logged on."""
    kind: ActivityKind = ActivityKind.NOTE
    """Kind of contact."""
    format: TextFormat = TextFormat.NOTE
    """Prose or turns."""
    occurred_at: datetime
    """When it happened or was logged."""
    text: str
    """Raw text as received; every quote is verbatim in it."""
    participants: tuple[Participant, ...] = ()
    """People on it, where known."""
    next_activity: NextActivity | None = None
    """The pending activity, or None where the rep left none."""
    owner: str | None = None
    """The rep who logged it."""
    duration_seconds: int | None = Field(default=None, le=LONGEST_SECONDS)
    """Length of the call, where known."""
    subject: str | None = None
    """The activity's own subject line, where the source has one apart from the text."""
    source: str | None = None
    """Where it came from: a file and line, or a CRM's name."""


class StageChange(_Frozen):
    """The day an opportunity entered a stage."""

    stage: str
    """The stage's name in the CRM."""
    entered_on: date
    """Day of the change."""


class Opportunity(_Frozen):
    """An open (or closed) chance to sell."""

    id: str
    """Unique within its source."""
    name: str = ""
    """As the CRM shows it."""
    account: str | None = None
    """The buying organisation or person."""
    stage: str = ""
    """Current stage."""
    owner: str | None = None
    """The rep who holds it."""
    team: str | None = None
    """The owner's team."""
    value: Decimal | None = Field(default=None, max_digits=40)
    """Deal size in ``currency``."""
    currency: str | None = None
    """ISO 4217 code, where known."""
    lead_source: str | None = None
    """Where the lead came from."""
    opened_on: date | None = None
    """Day it was created."""
    closed_on: date | None = None
    """Day it was closed; None while open."""
    expected_close_on: date | None = None
    """The rep's forecast of the closing day."""
    status: OpportunityStatus = OpportunityStatus.OPEN
    """Open, won, lost or deleted."""
    lost_reason: str | None = None
    """As the CRM holds it."""
    probability: float | None = Field(default=None, ge=0, le=1)
    """The CRM's probability to close, 0 to 1."""
    stage_history: tuple[StageChange, ...] = ()
    """Stage changes, oldest first."""
    next_activity: NextActivity | None = None
    """The pending activity as it stands now."""
    next_activity_known: bool = False
    """True where the source tells pending activities, so that None means there is none."""
    due_history: tuple[date, ...] = ()
    """Earlier due dates of the pending activity, oldest first, where the source keeps them."""
    url: str | None = None
    """Link to the record in the CRM."""


class AuditRecord(_Frozen):
    """One activity to be judged, with what was known on the day it was logged."""

    opportunity: Opportunity
    """The opportunity (only its stage may be known)."""
    activity: Activity
    """The activity to judge."""
    history: tuple[PastActivity, ...] = ()
    """Earlier activities, oldest first."""
