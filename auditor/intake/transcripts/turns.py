"""A transcript as turns, and the one form that all transcripts are brought to.

``[hh:mm:ss] Name: words``, one turn a line; consecutive pieces by one speaker are one turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from auditor.domain.records import Participant, Side

UNKNOWN_SPEAKER = "Speaker"
"""Name of a speaker that the source does not name."""
_SIDES = {
    "agent": Side.REP,
    "internal": Side.REP,
    "host": Side.REP,
    "rep": Side.REP,
    "seller": Side.REP,
    "customer": Side.BUYER,
    "external": Side.BUYER,
    "buyer": Side.BUYER,
    "client": Side.BUYER,
    "prospect": Side.BUYER,
    "system": Side.OTHER,
    "gatekeeper": Side.OTHER,
    "receptionist": Side.OTHER,
    "assistant": Side.OTHER,
    "other": Side.OTHER,
}


@dataclass(frozen=True)
class Piece:
    """Something said, as a cue, sentence or word of the source."""

    speaker: str | None
    """Name, or None where the source gives none."""
    text: str
    """What was said."""
    start: float | None = None
    """Seconds from the start of the recording, where known."""
    end: float | None = None
    """Seconds from the start of the recording, where known."""


@dataclass(frozen=True)
class Transcript:
    """One recording."""

    pieces: tuple[Piece, ...]
    """What was said, in order."""
    id: str | None = None
    """The source's id of the call."""
    title: str | None = None
    """The source's title of the call."""
    occurred_at: datetime | None = None
    """When it began, where the source tells."""
    duration_seconds: int | None = None
    """Its length, where the source tells."""
    people: dict[str, Participant] = field(default_factory=dict)
    """What the source tells of speakers, by name."""


def side_named(value: object) -> Side:
    """Reads a role such as AGENT, CUSTOMER, Internal or External."""
    return _SIDES.get(str(value or "").strip().lower(), Side.UNKNOWN)


def join_pieces(pieces: Iterable[Piece]) -> list[Piece]:
    """Joins consecutive pieces of one speaker; a piece without a speaker goes on the last one's."""
    turns: list[Piece] = []
    for piece in pieces:
        words = " ".join(piece.text.split())
        if not words:
            continue
        last = turns[-1] if turns else None
        if last and piece.speaker in (None, last.speaker):
            turns[-1] = replace(last, text=f"{last.text} {words}", end=piece.end or last.end)
        else:
            turns.append(replace(piece, speaker=piece.speaker or UNKNOWN_SPEAKER, text=words))
    return turns


def render_turns(turns: Sequence[Piece]) -> str:
    """Returns the turns a line each."""
    return "\n".join(
        f"{_stamp(turn.start)}{_clean_name(turn.speaker)}: {turn.text}" for turn in turns
    )


def participants_of(transcript: Transcript, turns: Sequence[Piece]) -> tuple[Participant, ...]:
    """Returns the speakers in the order they first speak, with what the source tells of them."""
    names = dict.fromkeys(_clean_name(turn.speaker) for turn in turns)
    people = {_clean_name(name): person for name, person in transcript.people.items()}
    return tuple(
        people.get(name) or Participant(name=name, role=side_named(name)) for name in names
    )


def length_of(transcript: Transcript) -> int | None:
    """Returns the recording's length: as told, else the end of the last piece."""
    if transcript.duration_seconds is not None:
        return transcript.duration_seconds
    ends = [piece.end for piece in transcript.pieces if piece.end is not None]
    return round(max(ends)) if ends else None


def _clean_name(name: str | None) -> str:
    return " ".join((name or UNKNOWN_SPEAKER).replace(":", " ").split()) or UNKNOWN_SPEAKER


def _stamp(start: float | None) -> str:
    if start is None or not 0 <= start < 360_000:
        return ""
    minutes, seconds = divmod(int(start), 60)
    hours, minutes = divmod(minutes, 60)
    return f"[{hours:02d}:{minutes:02d}:{seconds:02d}] "
