"""The tables.

Nothing outside this package sees these classes: repositories take and give domain objects.  A
source's own id is unique within the source only, so each table has a ``key`` of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, Date, Double, ForeignKey, Index, Integer, MetaData, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from auditor.storage.column_types import Amount, Key, UtcTime, ZonedTime

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_Json = JSON(none_as_null=True)


_PENDING = text("state = 'pending'")


class Base(DeclarativeBase):
    """Common ground of the tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: Integer,
        str: Text,
        float: Double,
        date: Date,
        Decimal: Amount,
        datetime: UtcTime,
        dict[str, Any]: _Json,
        list[Any]: _Json,
    }


class InboundRow(Base):
    """A row or event as it came in, kept before anything is made of it."""

    __tablename__ = "inbound"
    __table_args__ = (
        Unique("source", "kind", "dedup_key"),
        Index("ix_inbound_pending", "key", sqlite_where=_PENDING, postgresql_where=_PENDING),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order of arrival."""
    source: Mapped[str]
    """Which CRM or export it came from."""
    kind: Mapped[str]
    """``opportunity``, ``activity`` or ``record`` of a file, or the kind of an event."""
    dedup_key: Mapped[str]
    """What makes a second delivery the same: the sender's key, else the content hash."""
    content_hash: Mapped[str]
    """Of the payload, tagged with its algorithm."""
    external_id: Mapped[str | None]
    """The source's id of what it tells of, where known."""
    origin: Mapped[str | None]
    """File and line, where it came from a file."""
    received_at: Mapped[datetime]
    """When it came in first."""
    payload: Mapped[str]
    """As received."""
    state: Mapped[str] = mapped_column(server_default="done")
    """``pending``, ``done``, ``ignored`` or ``dead``; rows of files are done at once."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    """Tries so far to make something of it."""
    next_at: Mapped[datetime | None]
    """Not before; null for at once."""
    handled_at: Mapped[datetime | None]
    """When something was made of it."""
    error: Mapped[str | None]
    """Why the last try failed, without its text."""


class OpportunityRow(Base):
    """An opportunity as it is known now; columns are null where no source has told."""

    __tablename__ = "opportunities"
    __table_args__ = (
        Unique("source", "id"),
        Index("ix_opportunities_status_key", "status", "key"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    source: Mapped[str]
    """Which CRM or export it came from."""
    id: Mapped[str]
    """The source's id."""
    name: Mapped[str | None]
    """As the CRM shows it."""
    account: Mapped[str | None]
    """The buying organisation or person."""
    stage: Mapped[str | None]
    """Current stage."""
    owner: Mapped[str | None]
    """The rep who holds it."""
    team: Mapped[str | None]
    """The owner's team."""
    value: Mapped[Decimal | None]
    """Deal size."""
    currency: Mapped[str | None]
    """ISO 4217 code."""
    lead_source: Mapped[str | None]
    """Where the lead came from."""
    opened_on: Mapped[date | None]
    """Day it was created."""
    closed_on: Mapped[date | None]
    """Day it was closed."""
    expected_close_on: Mapped[date | None]
    """The rep's forecast."""
    status: Mapped[str]
    """Open, won, lost or deleted; open where untold."""
    lost_reason: Mapped[str | None]
    """As the CRM holds it."""
    probability: Mapped[float | None]
    """The CRM's, 0 to 1."""
    url: Mapped[str | None]
    """Link to the record."""
    pending_known: Mapped[bool]
    """Whether the source tells pending activities."""
    pending_kind: Mapped[str | None]
    """Kind of the pending activity; null where there is none."""
    pending_subject: Mapped[str | None]
    """Its subject."""
    pending_due_on: Mapped[date | None]
    """Its due day."""
    told_dues: Mapped[list[Any] | None]
    """Earlier due days that the source itself keeps, oldest first."""
    told_on: Mapped[date]
    """The day as of which a source last told something new of it."""


class StageChangeRow(Base):
    """The day an opportunity entered a stage."""

    __tablename__ = "stage_changes"
    __table_args__ = (Unique("opportunity_key", "stage", "entered_on", "observed"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    opportunity_key: Mapped[int] = mapped_column(Key, ForeignKey("opportunities.key"))
    """The opportunity."""
    stage: Mapped[str]
    """The stage."""
    entered_on: Mapped[date]
    """As the source told it, or the day as of which the change was seen."""
    observed: Mapped[bool]
    """True where no source told the change and two imports showed different stages."""


class DueChangeRow(Base):
    """The pending activity as it was first seen on a day; a row for each change."""

    __tablename__ = "due_changes"
    __table_args__ = (
        Index("ix_due_changes_opportunity_key_seen_on", "opportunity_key", "seen_on"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which they were recorded."""
    opportunity_key: Mapped[int] = mapped_column(Key, ForeignKey("opportunities.key"))
    """The opportunity."""
    seen_on: Mapped[date]
    """The day as of which it stood so."""
    kind: Mapped[str | None]
    """Kind of the pending activity; null where none was pending."""
    subject: Mapped[str | None]
    """Its subject."""
    due_on: Mapped[date | None]
    """Its due day."""


class ActivityRow(Base):
    """An activity as it is known now."""

    __tablename__ = "activities"
    __table_args__ = (
        Unique("source", "id"),
        Index("ix_activities_opportunity_key_occurred_utc", "opportunity_key", "occurred_utc"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    source: Mapped[str]
    """Which CRM or export it came from."""
    id: Mapped[str]
    """The source's id."""
    opportunity_key: Mapped[int | None] = mapped_column(Key, ForeignKey("opportunities.key"))
    """The opportunity that it is logged on, where known."""
    kind: Mapped[str]
    """Kind of contact."""
    format: Mapped[str]
    """Prose or turns."""
    occurred_at: Mapped[datetime] = mapped_column(ZonedTime)
    """As the source told it."""
    occurred_utc: Mapped[datetime]
    """The same to sort by; a time without a zone counts as UTC."""
    text: Mapped[str]
    """Raw text."""
    participants: Mapped[list[Any] | None]
    """People on it."""
    owner: Mapped[str | None]
    """The rep who logged it."""
    duration_seconds: Mapped[int | None]
    """Length of the call."""
    subject: Mapped[str | None]
    """Its own subject line."""
    origin: Mapped[str | None]
    """File and line where it was last told anew."""
    own_next: Mapped[dict[str, Any] | None]
    """The pending activity that its own row tells."""
    left_next: Mapped[dict[str, Any] | None]
    """The opportunity's pending activity while this was its latest activity."""
    left_known: Mapped[bool]
    """Whether that was known, so that null means none was pending."""
    given: Mapped[dict[str, Any] | None]
    """Opportunity and history of a record that came complete in itself."""
    content_hash: Mapped[str]
    """Of what the source tells, its pending activity and place left out."""
    input_hash: Mapped[str]
    """Of all that is judged: content, pending activity, history."""
    told_on: Mapped[date]
    """The day as of which a source last told something new of it."""
    deleted_at: Mapped[datetime | None]
    """When its CRM deleted it; it is then on no opportunity and is not judged."""


class CrmRecordRow(Base):
    """What was told of one record of a CRM, each field by the CRM's own time of change.

    Records that only imports told of have none until an event tells of their opportunity.
    """

    __tablename__ = "crm_records"
    __table_args__ = (
        Unique("source", "kind", "id"),
        Index("ix_crm_records_source_opportunity_id", "source", "opportunity_id"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    source: Mapped[str]
    """Which CRM."""
    kind: Mapped[str]
    """``opportunity`` or ``activity``; an open task is an activity too."""
    id: Mapped[str]
    """The source's id."""
    opportunity_id: Mapped[str | None]
    """The source's id of the opportunity that it is, or is on, now."""
    told: Mapped[dict[str, Any]]
    """By field: its values with the time and event that told them, newest first; empty for an
    opportunity that only its activities name."""


class PolicyRow(Base):
    """A policy that verdicts were given under, so that they can be replayed."""

    __tablename__ = "policies"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    """As stored on verdicts."""
    body: Mapped[dict[str, Any]]
    """Thresholds and versions."""
    first_used_at: Mapped[datetime]
    """When it judged first."""


class VerdictRow(Base):
    """A finding; rows are added and never changed (a trigger refuses it)."""

    __tablename__ = "verdicts"
    __table_args__ = (Unique("activity_key", "policy", "input_hash"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which they were given."""
    activity_key: Mapped[int] = mapped_column(Key, ForeignKey("activities.key"))
    """The activity judged."""
    policy: Mapped[str] = mapped_column(ForeignKey("policies.fingerprint"))
    """Fingerprint of the policy."""
    input_hash: Mapped[str]
    """The activity's ``input_hash`` when it was judged."""
    judged_at: Mapped[datetime]
    """When."""
    status: Mapped[str]
    """Decided or needs_review."""
    label: Mapped[str]
    """The label, or the best guess."""
    reason: Mapped[str]
    """The deciding reason."""
    confidence: Mapped[float]
    """Of the label."""
    verdict: Mapped[dict[str, Any]]
    """The whole verdict, as the contract has it."""
    contact: Mapped[str]
    """Talk, attempt, no-show or neither."""
    commitments: Mapped[list[Any]]
    """Dated buyer commitments with their words."""
    attempts: Mapped[int]
    """Unanswered attempts that it reports."""
    provenance: Mapped[dict[str, Any] | None]
    """What a replay needs beyond the policy: prompt, model, parameters, hash of the raw answer."""


class SnapshotRow(Base):
    """An open opportunity as it stood in a week, for forecast accuracy and flow."""

    __tablename__ = "pipeline_snapshots"

    opportunity_key: Mapped[int] = mapped_column(
        Key, ForeignKey("opportunities.key"), primary_key=True
    )
    """The opportunity."""
    week: Mapped[date] = mapped_column(primary_key=True)
    """Monday of the week."""
    taken_on: Mapped[date]
    """The day it was taken."""
    stage: Mapped[str | None]
    """Its stage then."""
    value: Mapped[Decimal | None]
    """Its value then."""
    due_on: Mapped[date | None]
    """When its pending activity was due."""
    expected_close_on: Mapped[date | None]
    """The rep's forecast then."""
    probability: Mapped[float | None]
    """The CRM's probability then."""
