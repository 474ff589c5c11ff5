"""A record as the two strings that the encoder reads, with a map from them to the raw fields.

The first string tells the context (stage, kind, day, people, pending activity, earlier activities),
the second holds the record's own text, in a transcript with the side of each speaker before the
name.  Each string is made of pieces; a piece is either verbatim from a field or put in by us.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from auditor.classify.encoder_input import EncoderInput, PastInput, PendingInput
from auditor.domain.records import Side

FIELD_TEXT, FIELD_SUBJECT, FIELD_HISTORY = 0, 1, 2
"""Numbers of the fields in maps; ``history[i].text`` is ``FIELD_HISTORY + i``."""
HISTORY_CHARS = 700
"""Budget for the texts of earlier activities together; the newest come first."""
ONE_PAST_CHARS = 260
"""Budget for one of them."""
SUBJECT_CHARS = 160
PEOPLE_NAMED = 6
TAIL_SHARE = 2 / 3
"""Where the last stretch of a text begins: endings decide calls."""
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = (
    "January February March April May June July August September October November December".split()
)


class Role(IntEnum):
    """What a token is part of; the encoder has an embedding for each."""

    CONTEXT = 0
    SUBJECT = 1
    HISTORY = 2
    NOTE = 3
    REP = 4
    BUYER = 5
    OTHER = 6
    NOTE_TAIL = 7
    REP_TAIL = 8
    BUYER_TAIL = 9
    OTHER_TAIL = 10
    HEADER = 11


_TURN_ROLES = {Side.REP: Role.REP, Side.BUYER: Role.BUYER}
_SIDE_WORDS = {Side.REP: "rep", Side.BUYER: "buyer", Side.OTHER: "other", Side.UNKNOWN: "speaker"}


@dataclass
class Composed:
    """A string with, for each piece, where it starts and what it is."""

    text: str = ""
    """The string."""
    starts: list[int] = field(default_factory=list)
    """Code point at which each piece starts, ascending from 0."""
    fields: list[int] = field(default_factory=list)
    """Field that each piece is verbatim from; -1 for words of ours."""
    shifts: list[int] = field(default_factory=list)
    """What to add to a position in the string for the position in the field."""
    roles: list[int] = field(default_factory=list)
    """Role of each piece."""


class _Builder:
    """Collects pieces."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._at = 0
        self._made = Composed()

    def add(self, text: str, role: Role, *, source: int = -1, start: int = 0) -> None:
        if not text:
            return
        made = self._made
        made.starts.append(self._at)
        made.fields.append(source)
        made.shifts.append(start - self._at)
        made.roles.append(int(role))
        self._parts.append(text)
        self._at += len(text)

    def build(self) -> Composed:
        self._made.text = "".join(self._parts)
        return self._made


def compose_context(record: EncoderInput) -> Composed:
    """The context string of a record."""
    build = _Builder()
    stage = f"{record.stage} stage." if record.stage else "no stage."
    opening = f"{stage} {record.kind} on {_day(record.occurred_at.date())}."
    people = ", ".join(
        f"{_SIDE_WORDS[side]} {name[:40]}" for name, side in record.people[:PEOPLE_NAMED]
    )
    build.add(f"{opening} {people}." if people else opening, Role.CONTEXT)
    _add_pending(build, record.pending, record.occurred_at.date())
    _add_history(build, record.history, record.occurred_at.date())
    return build.build()


def _add_pending(build: _Builder, pending: PendingInput | None, today: date) -> None:
    if pending is None:
        build.add(" nothing pending.", Role.CONTEXT)
        return
    build.add(f" next {pending.kind}: ", Role.CONTEXT)
    build.add(pending.subject[:SUBJECT_CHARS], Role.SUBJECT, source=FIELD_SUBJECT)
    if pending.due_on is None:
        build.add(", no date.", Role.CONTEXT)
        return
    days = (pending.due_on - today).days
    distance = f"in {days} days" if days >= 0 else f"{-days} days ago"
    build.add(f", due {_day(pending.due_on)}, {distance}.", Role.CONTEXT)


def _add_history(build: _Builder, history: tuple[PastInput, ...], today: date) -> None:
    if not history:
        build.add(" no earlier activities.", Role.CONTEXT)
        return
    build.add(f" {len(history)} earlier activities.", Role.CONTEXT)
    for index in _recent(history):
        past = history[index]
        days = (today - past.occurred_at.date()).days
        build.add(f" {index + 1}: {past.kind} {days} days before: ", Role.CONTEXT)
        build.add(past.text[:ONE_PAST_CHARS], Role.HISTORY, source=FIELD_HISTORY + index)


def _recent(history: tuple[PastInput, ...]) -> list[int]:
    """Indexes of the newest activities whose texts fit the budget, oldest first."""
    chosen: list[int] = []
    used = 0
    for index in range(len(history) - 1, -1, -1):
        used += min(len(history[index].text), ONE_PAST_CHARS) + 30
        if used > HISTORY_CHARS and chosen:
            break
        chosen.append(index)
    return chosen[::-1]


def compose_body(record: EncoderInput) -> Composed:
    """The record's own text; in a transcript each turn opens with the speaker's side and name."""
    build = _Builder()
    tail = int(len(record.text) * TAIL_SHARE)
    if not record.turns:
        build.add(record.text[:tail], Role.NOTE, source=FIELD_TEXT)
        build.add(record.text[tail:], Role.NOTE_TAIL, source=FIELD_TEXT, start=tail)
        return build.build()
    if record.turns[0].start > 0:
        build.add(record.text[: record.turns[0].start], Role.OTHER, source=FIELD_TEXT)
    for turn in record.turns:
        lead = "" if turn is record.turns[0] else "\n"
        build.add(f"{lead}{_SIDE_WORDS[turn.side]} {turn.speaker}: ", Role.HEADER)
        role = _TURN_ROLES.get(turn.side, Role.OTHER)
        late_role = Role(role + (Role.NOTE_TAIL - Role.NOTE)) if turn.words_start >= tail else role
        words = record.text[turn.words_start : turn.end]
        build.add(words, late_role, source=FIELD_TEXT, start=turn.words_start)
    return build.build()


def _day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
