"""The codebook's record, as the OpenAPI document tells it; reading it is intake's work."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from auditor.domain.records import ActivityKind, TextFormat


class _Given(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class GivenParticipant(_Given):
    """A person."""

    name: str
    """As the source spells it."""
    role: str | None = None
    """``rep``, ``buyer``, or what the source calls it."""


class GivenNext(_Given):
    """The pending next activity."""

    kind: ActivityKind = ActivityKind.TASK
    """Kind of contact planned."""
    subject: str = ""
    """As the rep wrote it."""
    due_on: str | None = Field(default=None, json_schema_extra={"format": "date"})
    """Day it is due."""


class GivenActivity(_Given):
    """The activity to judge."""

    kind: ActivityKind = ActivityKind.NOTE
    """Kind of contact."""
    format: TextFormat = TextFormat.NOTE
    """Prose, or one turn a line (``Name: words``)."""
    occurred_at: str = Field(examples=["2026-03-02T10:15:00"])
    """When it happened, as ISO 8601."""
    text: str
    """Raw text."""
    participants: list[GivenParticipant] = []
    """People on it."""
    next_activity: GivenNext | None = None
    """What the rep left pending; null where nothing was."""


class GivenPast(_Given):
    """An earlier activity."""

    kind: ActivityKind
    """Kind of contact."""
    occurred_at: str = Field(examples=["2026-02-03T09:00:00"])
    """When it happened, as ISO 8601."""
    text: str
    """Raw text."""


class GivenOpportunity(_Given):
    """What is known of the opportunity."""

    id: str | None = None
    """The source's id."""
    stage: str = ""
    """As the CRM names it."""


class GivenRecord(_Given):
    """One activity with what was known on the day it was logged."""

    id: str | None = None
    """Comes back as the verdict's ``activity_id``."""
    opportunity: GivenOpportunity | None = None
    """The opportunity."""
    activity: GivenActivity
    """The activity to judge."""
    history: list[GivenPast] = []
    """Earlier activities, oldest first."""
