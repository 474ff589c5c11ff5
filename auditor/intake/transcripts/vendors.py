"""Vendors' JSON transcripts: Gong, Fireflies, WhisperX, Deepgram, AWS, AssemblyAI, and others.

``read_vendor`` knows them by their keys and returns None for what is no transcript.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from auditor.domain.records import Participant, side_of
from auditor.intake.dates import DateError, parse_when
from auditor.intake.transcripts.turns import Piece, Transcript, side_named

Object = dict[str, Any]

_LONGEST_SECONDS = 10**9
"""Times beyond it, and what is no finite number, are no times of a recording."""


def read_vendor(data: object) -> list[Transcript] | None:
    """Reads a JSON document as transcripts; None where it is none that is known."""
    if isinstance(data, list):
        return _read_list(data)
    if not isinstance(data, dict):
        return None
    for reader in (_gong, _fireflies, _deepgram, _contact_lens, _whisperx, _utterances, _generic):
        found = reader(data)
        if found is not None:
            return found
    inner = data.get("data")
    return read_vendor(inner) if isinstance(inner, dict) else None


def is_turn(item: object) -> bool:
    """Tells whether an object is one turn of a generic transcript: a speaker and words."""
    return (
        isinstance(item, dict)
        and _first(item, "speaker", "speaker_name", "speakerName", "speaker_id") is not None
        and isinstance(_first(item, "text", "words", "content", "sentence", "transcript"), str)
    )


def _read_list(data: list[Any]) -> list[Transcript] | None:
    if data and all(is_turn(item) for item in data):
        return [Transcript(tuple(_turn_pieces(data, 1.0)))]
    return None


def _gong(data: Object) -> list[Transcript] | None:
    calls = data.get("callTranscripts")
    if not isinstance(calls, list):
        return None
    parties = _parties(data)
    about: dict[str, Object] = {}
    for call in _objects(data, "calls"):
        inner = call.get("metaData")
        meta = inner if isinstance(inner, dict) else call
        about[str(meta.get("id", ""))] = meta
        parties |= _parties(call)
    return [
        _gong_call(call, parties, about.get(str(call.get("callId", "")), {}))
        for call in calls
        if isinstance(call, dict)
    ]


def _parties(data: Object) -> dict[str, Object]:
    return {str(p["speakerId"]): p for p in _objects(data, "parties") if p.get("speakerId")}


def _gong_call(call: Object, parties: dict[str, Object], about: Object) -> Transcript:
    pieces, people, numbers = [], {}, dict[str, int]()
    for part in _objects(call, "transcript"):
        speaker_id = str(part.get("speakerId", ""))
        party = parties.get(speaker_id, {})
        number = numbers.setdefault(speaker_id, len(numbers) + 1)
        name = str(party.get("name") or f"Speaker {number}")
        people[name] = Participant(
            name=name,
            role=side_of(str(party.get("affiliation") or "")),
            email=_string(party.get("emailAddress")),
        )
        pieces += [
            Piece(name, str(s.get("text", "")), _scaled(s.get("start"), 0.001),
                  _scaled(s.get("end"), 0.001))
            for s in _objects(part, "sentences")
        ]  # fmt: skip
    return Transcript(
        tuple(pieces),
        id=_string(call.get("callId")),
        title=_string(about.get("title")),
        occurred_at=_when(about.get("started") or about.get("scheduled")),
        duration_seconds=_whole(about.get("duration")),
        people=people,
    )


def _fireflies(data: Object) -> list[Transcript] | None:
    inner = data.get("data")
    if isinstance(inner, dict):
        for key in ("transcript", "transcripts"):
            value = inner.get(key)
            items = value if isinstance(value, list) else [value]
            found = [t for item in items if isinstance(item, dict) for t in _fireflies(item) or ()]
            if found:
                return found
    sentences = _objects(data, "sentences")
    if not sentences or ("text" not in sentences[0] and "raw_text" not in sentences[0]):
        return None
    pieces = [
        Piece(
            _speaker(s.get("speaker_name"), s.get("speaker_id")),
            str(s.get("text") or s.get("raw_text") or ""),
            _scaled(s.get("start_time")),
            _scaled(s.get("end_time")),
        )
        for s in sentences
    ]
    minutes = _scaled(data.get("duration"))
    return [
        Transcript(
            tuple(pieces),
            id=_string(data.get("id")),
            title=_string(data.get("title")),
            occurred_at=_when(data.get("date") or data.get("dateString")),
            duration_seconds=round(minutes * 60) if minutes else None,
        )
    ]


def _deepgram(data: Object) -> list[Transcript] | None:
    results = data.get("results")
    if not isinstance(results, dict) or not isinstance(results.get("channels"), list):
        return None
    told = data.get("metadata")
    meta: Object = told if isinstance(told, dict) else {}
    pieces = [
        Piece(
            _numbered(u.get("speaker"), u.get("channel")), str(u.get("transcript", "")),
            _scaled(u.get("start")), _scaled(u.get("end")),
        )
        for u in _objects(results, "utterances")
    ] or list(_deepgram_words(_objects(results, "channels")))  # fmt: skip
    return [
        Transcript(
            tuple(pieces),
            id=_string(meta.get("request_id")),
            occurred_at=_when(meta.get("created")),
            duration_seconds=_whole(meta.get("duration")),
        )
    ]


def _deepgram_words(channels: list[Object]) -> Iterator[Piece]:
    found: list[Piece] = []
    for number, channel in enumerate(channels):
        best = next(iter(_objects(channel, "alternatives")), {})
        words = _objects(best, "words")
        apart = number if len(channels) > 1 else None
        found += [
            Piece(
                _numbered(w.get("speaker"), apart), str(w.get("punctuated_word") or w.get("word")),
                _scaled(w.get("start")), _scaled(w.get("end")),
            )
            for w in words
        ]  # fmt: skip
        if not words and best.get("transcript"):
            found.append(Piece(_numbered(None, apart), str(best["transcript"])))
    if len(channels) > 1:
        found.sort(key=lambda piece: piece.start or 0.0)
    yield from found


def _contact_lens(data: Object) -> list[Transcript] | None:
    turns = data.get("Transcript")
    if not isinstance(turns, list):
        return None
    roles = {
        str(p.get("ParticipantId")): side_of(str(p.get("ParticipantRole") or ""))
        for p in _objects(data, "Participants")
    }
    pieces, people = [], {}
    for turn in _objects(data, "Transcript"):
        identity = str(turn.get("ParticipantId") or turn.get("ParticipantRole") or "")
        name = identity.capitalize() if identity.isupper() else identity or "Speaker"
        people[name] = Participant(name=name, role=roles.get(identity) or side_named(identity))
        start = _scaled(turn.get("BeginOffsetMillis"), 0.001)
        end = _scaled(turn.get("EndOffsetMillis"), 0.001)
        pieces.append(Piece(name, str(turn.get("Content", "")), start, end))
    meta = data.get("CustomerMetadata")
    contact = meta.get("ContactId") if isinstance(meta, dict) else data.get("ContactId")
    return [Transcript(tuple(pieces), id=_string(contact), people=people)]


def _whisperx(data: Object) -> list[Transcript] | None:
    segments = _objects(data, "segments")
    if not segments or not isinstance(segments[0].get("text"), str):
        return None
    pieces = [
        Piece(
            _string(s.get("speaker")) or "Unknown speaker", str(s.get("text", "")),
            _scaled(s.get("start")), _scaled(s.get("end")),
        )
        for s in segments
    ]  # fmt: skip
    return [Transcript(tuple(pieces))]


def _utterances(data: Object) -> list[Transcript] | None:
    """Reads AssemblyAI: times in milliseconds, speakers A, B and so on."""
    utterances = _objects(data, "utterances")
    if not utterances or not all(is_turn(item) for item in utterances):
        return None
    pieces = tuple(_turn_pieces(utterances, 0.001))
    length = _whole(data.get("audio_duration"))
    return [Transcript(pieces, id=_string(data.get("id")), duration_seconds=length)]


def _generic(data: Object) -> list[Transcript] | None:
    for key in ("transcript", "turns", "messages", "dialog", "dialogue", "conversation", "entries"):
        turns = _objects(data, key)
        if turns and all(is_turn(item) for item in turns):
            when = _first(data, "occurred_at", "started_at", "start_time", "date", "created_at")
            return [
                Transcript(
                    tuple(_turn_pieces(turns, 1.0)),
                    id=_string(_first(data, "id", "call_id", "callId")),
                    title=_string(_first(data, "title", "subject", "name")),
                    occurred_at=_when(when),
                )
            ]
    return None


def _turn_pieces(turns: list[Any], scale: float) -> Iterator[Piece]:
    for turn in turns:
        speaker = _first(turn, "speaker", "speaker_name", "speakerName", "speaker_id")
        if isinstance(speaker, dict):
            speaker = speaker.get("name") or speaker.get("id")
        words = _first(turn, "text", "words", "content", "sentence", "transcript")
        start = _scaled(_first(turn, "start", "start_time", "startTime", "time"), scale)
        end = _scaled(_first(turn, "end", "end_time", "endTime"), scale)
        yield Piece(_speaker(speaker, None), str(words), start, end)


def _speaker(name: object, number: object) -> str | None:
    if isinstance(name, str) and len(name.strip()) > 1:
        return name.strip()
    told = name if name not in (None, "") else number
    return None if told in (None, "") else f"Speaker {told}"


def _numbered(speaker: object, channel: object) -> str:
    told = speaker if speaker is not None else channel
    return "Speaker" if told is None else f"Speaker {told}"


def _objects(data: Object, key: str) -> list[Object]:
    value = data.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _first(data: Object, *keys: str) -> Any:
    return next((data[key] for key in keys if data.get(key) not in (None, "")), None)


def _string(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and str(value) else None


def _scaled(value: object, scale: float = 1.0) -> float | None:
    with suppress(TypeError, ValueError, OverflowError):
        number = float(value) * scale  # type: ignore[arg-type]  # the error is the check
        return number if abs(number) < _LONGEST_SECONDS else None
    return None


def _whole(value: object) -> int | None:
    number = _scaled(value)
    return None if number is None else round(number)


def _when(value: object) -> datetime | None:
    with suppress(DateError):
        return parse_when(str(value), None) if value else None
    return None
