"""A record made ready for judging: each field cleaned and mapped, turns and segments found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from auditor.domain.records import AuditRecord, Side, TextFormat
from auditor.reading.cleaning import clean
from auditor.reading.dates import DateMention, resolve_dates
from auditor.reading.offsets import MappedText
from auditor.reading.segments import Segment, SegmentKind, segment
from auditor.reading.turns import Conversation, read_conversation

TEXT = "text"
SUBJECT = "next_activity.subject"


def history_field(index: int) -> str:
    """The contract's name for the text of ``history[index]``."""
    return f"history[{index}].text"


class Place(NamedTuple):
    """A span of the clean text of one field."""

    field: str
    """``text``, ``next_activity.subject`` or ``history[i].text``."""
    start: int
    """First code point in the field's clean text."""
    end: int
    """One past the last."""


@dataclass(frozen=True)
class PreparedRecord:
    """A record with its fields cleaned; spans of clean text lead back to the raw fields."""

    record: AuditRecord
    """As received."""
    fields: dict[str, MappedText]
    """Each field that may hold evidence, by the contract's name, the activity's text first."""
    warnings: tuple[str, ...] = ()
    """What reading noticed, in plain words."""
    day_first: bool | None = None
    """How 03/04 in the texts is read; None is told by the text."""

    @property
    def text(self) -> str:
        """The activity's clean text."""
        return self.fields[TEXT].text

    @cached_property
    def conversation(self) -> Conversation | None:
        """The turns, where the text is a transcript."""
        activity = self.record.activity
        if activity.format is not TextFormat.TRANSCRIPT:
            return None
        return read_conversation(
            self.text, participants=activity.participants, owner=activity.owner
        )

    @cached_property
    def segments(self) -> list[Segment]:
        """Body, quoted mail, signature and so on; one body for a transcript."""
        if self.conversation is not None:
            return [Segment(SegmentKind.BODY, 0, len(self.text))]
        return segment(self.text)

    @cached_property
    def dates(self) -> list[DateMention]:
        """Dates in the activity's text, resolved against the time that it was logged."""
        return resolve_dates(
            self.text, reference=self.record.activity.occurred_at, day_first=self.day_first
        )

    def speaker_at(self, place: Place) -> tuple[str | None, Side]:
        """Who says the words at a place; (None, unknown) outside transcripts."""
        if place.field != TEXT or self.conversation is None:
            return None, Side.UNKNOWN
        turn = self.conversation.turn_at(place.start)
        return (turn.speaker, turn.side) if turn else (None, Side.UNKNOWN)


def prepare(record: AuditRecord, *, day_first: bool | None = None) -> PreparedRecord:
    """Cleans every field of a record that may hold evidence.

    Args:
        record: as received.
        day_first: how 03/04 in its texts is read: True is 3 April; None is told by the text.
    """
    return PreparedRecord(
        record=record,
        fields={name: clean(raw) for name, raw in raw_fields(record)},
        warnings=tuple(_warnings(record)),
        day_first=day_first,
    )


def raw_fields(record: AuditRecord) -> Iterator[tuple[str, str]]:
    """Each field that may hold evidence with its raw text, by the contract's names."""
    yield TEXT, record.activity.text
    if record.activity.next_activity and record.activity.next_activity.subject:
        yield SUBJECT, record.activity.next_activity.subject
    for index, past in enumerate(record.history):
        yield history_field(index), past.text


def _warnings(record: AuditRecord) -> Iterator[str]:
    activity = record.activity
    if not activity.text.strip():
        yield "the activity has no text"
    if any(p.occurred_at.date() > activity.occurred_at.date() for p in record.history):
        yield "the history holds activities later than this one"
