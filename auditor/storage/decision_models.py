"""Tables of what people decide and what becomes of it, and of work that failed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from auditor.storage.column_types import Key
from auditor.storage.models import Base


class DecisionRow(Base):
    """A supervisor's decision on an opportunity; undone ones stay, marked."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_opportunity_key_made_at", "opportunity_key", "made_at"),
        Index("ix_decisions_made_at", "made_at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which they were made."""
    opportunity_key: Mapped[int] = mapped_column(Key, ForeignKey("opportunities.key"))
    """On which."""
    action: Mapped[str]
    """``advance``, ``close``, ``park`` or ``disagree``."""
    step: Mapped[str | None]
    """Advance: the step demanded."""
    due_on: Mapped[date | None]
    """Advance: by when; park: the day on which it comes back."""
    close_reason: Mapped[str | None]
    """Close: why, one of the codebook's loss reasons."""
    event_quote: Mapped[dict[str, Any] | None]
    """Park: the evidence of the buyer's event."""
    event_activity_key: Mapped[int | None] = mapped_column(Key, ForeignKey("activities.key"))
    """Park: the activity that the evidence stands in."""
    comment: Mapped[str | None]
    """The supervisor's words."""
    verdict_key: Mapped[int | None] = mapped_column(Key, ForeignKey("verdicts.key"))
    """The verdict that stood when it was made."""
    correction_key: Mapped[int | None] = mapped_column(Key, ForeignKey("corrections.key"))
    """Disagree: the correction that it made."""
    week: Mapped[date]
    """Monday of the week of the docket in which it was made."""
    made_by: Mapped[str]
    """As in the audit log."""
    made_at: Mapped[datetime]
    """When."""
    undone_by: Mapped[str | None]
    """Who took it back."""
    undone_at: Mapped[datetime | None]
    """When it was taken back."""


class CorrectionRow(Base):
    """A label that a supervisor says is right; undone ones stay, marked."""

    __tablename__ = "corrections"
    __table_args__ = (
        Index("ix_corrections_activity_key", "activity_key"),
        Index("ix_corrections_made_at", "made_at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which they were made."""
    verdict_key: Mapped[int] = mapped_column(Key, ForeignKey("verdicts.key"))
    """The verdict that was corrected."""
    activity_key: Mapped[int] = mapped_column(Key, ForeignKey("activities.key"))
    """Its activity."""
    input_hash: Mapped[str]
    """The activity's when it was corrected; other input makes the correction moot."""
    label: Mapped[str]
    """The right label; the verdict's own where it was confirmed."""
    reason: Mapped[str | None]
    """The right reason, where told."""
    quote: Mapped[str | None]
    """The words that decide, verbatim, where told."""
    comment: Mapped[str | None]
    """The supervisor's words."""
    record: Mapped[dict[str, Any]]
    """The record in the codebook's format as it was judged, without a label."""
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)
    """For precedents: 32-bit floats, little-endian."""
    model: Mapped[str | None]
    """The encoder that made the embedding."""
    made_by: Mapped[str]
    """As in the audit log."""
    made_at: Mapped[datetime]
    """When."""
    undone_by: Mapped[str | None]
    """Who took it back."""
    undone_at: Mapped[datetime | None]
    """When it was taken back."""


class LabelRow(Base):
    """A label that a person gave blind, for labelled sets; undone ones stay, marked."""

    __tablename__ = "labels"
    __table_args__ = (
        Index("ix_labels_activity_key", "activity_key"),
        Index("ix_labels_made_by_key", "made_by", "key"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which they were given."""
    activity_key: Mapped[int] = mapped_column(Key, ForeignKey("activities.key"))
    """The activity read."""
    input_hash: Mapped[str]
    """The activity's when it was read; other input brings it back into the queue."""
    label: Mapped[str]
    """What it shows."""
    reason: Mapped[str]
    """The deciding reason."""
    reasons_ok: Mapped[list[Any] | None]
    """Reasons that would be right too."""
    quotes: Mapped[list[Any]]
    """One to four, verbatim, the deciding one first."""
    unsure: Mapped[bool]
    """Whether someone else should look again."""
    comment: Mapped[str | None]
    """For the adjudicator."""
    record: Mapped[dict[str, Any]]
    """The record in the codebook's format as it was read, without a label."""
    made_by: Mapped[str]
    """As in the audit log."""
    made_at: Mapped[datetime]
    """When."""
    undone_by: Mapped[str | None]
    """Who took it back."""
    undone_at: Mapped[datetime | None]
    """When it was taken back, or another label took its place."""


class DigestRow(Base):
    """A supervisor's digest of a week over one channel: claimed once, sent once."""

    __tablename__ = "digests"
    __table_args__ = (Unique("recipient", "week", "channel"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    recipient: Mapped[str]
    """Address of the user, or the name of the webhook."""
    week: Mapped[date]
    """Monday of the week."""
    channel: Mapped[str]
    """``email`` or ``webhook``."""
    state: Mapped[str]
    """``claimed``, ``sent``, ``skipped`` or ``failed``."""
    message_id: Mapped[str | None]
    """The mail's."""
    attempts: Mapped[int]
    """Tries so far."""
    claimed_at: Mapped[datetime]
    """When the last try began."""
    sent_at: Mapped[datetime | None]
    """When it went out."""
    error: Mapped[str | None]
    """Why the last try failed."""
    shown: Mapped[dict[str, Any] | None]
    """What it showed: items with their actions and labels, and the counts."""


class OutboxRow(Base):
    """A request to a CRM that a decision asks for, sent once its time has come."""

    __tablename__ = "outbox"
    __table_args__ = (Unique("dedup_key"), Index("ix_outbox_state_next_at", "state", "next_at"))

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    dedup_key: Mapped[str]
    """Makes a second request for the same thing the same row."""
    decision_key: Mapped[int | None] = mapped_column(Key, ForeignKey("decisions.key"))
    """The decision behind it."""
    target: Mapped[str]
    """``hubspot``, ``pipedrive`` or ``salesforce``."""
    request: Mapped[dict[str, Any]]
    """Method, address and body, without secrets."""
    state: Mapped[str]
    """``pending``, ``sent``, ``dead`` or ``cancelled``."""
    attempts: Mapped[int]
    """Tries so far."""
    next_at: Mapped[datetime]
    """Not before."""
    created_at: Mapped[datetime]
    """When it was asked for."""
    done_at: Mapped[datetime | None]
    """When it was sent or given up."""
    answer: Mapped[dict[str, Any] | None]
    """Status and body of the last answer, shortened."""
    error: Mapped[str | None]
    """Why the last try failed."""


class FailureRow(Base):
    """A piece of work that failed, with when it is tried again; a dead one waits for a person."""

    __tablename__ = "failures"
    __table_args__ = (
        Unique("kind", "subject"),
        Index("ix_failures_state_next_at", "state", "next_at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    kind: Mapped[str]
    """``judge``, ``digest``, ``readback``, …"""
    subject: Mapped[str]
    """What it was about: a key of the table that the kind implies."""
    state: Mapped[str]
    """``waiting`` or ``dead``."""
    attempts: Mapped[int]
    """Tries so far."""
    next_at: Mapped[datetime]
    """Not before."""
    error: Mapped[str]
    """What went wrong last, without note text."""
    failed_at: Mapped[datetime]
    """When last."""


class NoteVectorRow(Base):
    """The embedding of an activity's text, for search by meaning and for copied notes."""

    __tablename__ = "note_vectors"
    __table_args__ = (Index("ix_note_vectors_model_key", "model", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which they were made: an index catches up from the last one that it holds."""
    activity_key: Mapped[int] = mapped_column(Key, ForeignKey("activities.key"), unique=True)
    """Whose."""
    model: Mapped[str]
    """The encoder that made it."""
    text_hash: Mapped[str]
    """Of the text that was embedded."""
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    """16-bit floats, little-endian, of unit length."""
